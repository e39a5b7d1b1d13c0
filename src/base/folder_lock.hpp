// One process at a time in a folder.
#pragma once

#include <filesystem>

namespace segue {

// An advisory lock (flock) on the folder itself: nothing is left behind, whatever ends the process.
class FolderLock {
 public:
  // Takes the lock or returns without it; never waits. Throws Error(output) if the folder cannot
  // be opened.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  bool held() const noexcept { return held_; }

 private:
  int descriptor_;
  bool held_;
};

}  // namespace segue
