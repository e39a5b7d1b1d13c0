// Running independent work on all cores.
#pragma once

#include <cstddef>
#include <functional>

namespace segue {

// Calls work(0) … work(count-1), each once, on up to `workers` threads
// (0 = one per core); returns when all are done. After the first exception or an
// interrupt no further item is begun; the exception, or Error(interrupted), is
// thrown here.
void parallel_for(std::size_t count, std::size_t workers, const std::function<void(std::size_t)>& work);

// Cores this process may use (its affinity mask counts).
std::size_t core_count() noexcept;

}  // namespace segue
