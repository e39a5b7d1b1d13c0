#include "base/scratch_file.hpp"

#include <unistd.h>

#include <atomic>

#include "base/paths.hpp"

namespace segue {

ScratchFile::ScratchFile(const std::string& ending) {
  static std::atomic<unsigned> made{0};
  path_ = temporary_folder() /
          ("segue-" + std::to_string(::getpid()) + "-" + std::to_string(made.fetch_add(1)) + ending);
}

ScratchFile::~ScratchFile() {
  std::error_code code;
  std::filesystem::remove(path_, code);
}

}  // namespace segue
