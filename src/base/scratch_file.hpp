// A file for a while.
#pragma once

#include <filesystem>
#include <string>

namespace segue {

// The path of a file in temporary_folder() that no other process uses; the file is gone when this is.
class ScratchFile {
 public:
  // ending: ".flac". Throws Error(output) as temporary_folder() does.
  explicit ScratchFile(const std::string& ending);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace segue
