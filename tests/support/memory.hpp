// What the process holds.
#pragma once

#include <cstddef>
#include <fstream>
#include <limits>
#include <string>

namespace segue::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kMemoryIsMeasurable = false;  // the sanitizer keeps what is freed
#else
inline constexpr bool kMemoryIsMeasurable = true;
#endif

// Resident bytes that are not pages of files.
inline std::size_t memory_in_use() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    std::size_t kilobytes = 0;
    status >> kilobytes;
    return 1024 * kilobytes;
  }
  return std::numeric_limits<std::size_t>::max();
}

}  // namespace segue::test
