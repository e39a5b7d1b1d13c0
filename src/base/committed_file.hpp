// A file that either comes into being whole under its final name or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace segue {

// Writes to a temporary beside the target; commit() syncs and renames it.
// Destroyed without commit(), it leaves nothing behind and an older file untouched.
// After a kill -9 only a file named ".NAME.PID-N.partial" remains, which
// remove_stale_partials() clears.
class CommittedFile {
 public:
  // Of a symbolic link, the file that it leads to is the target. Throws Error(output) if the folder
  // cannot be written, or the target is there and no regular file.
  explicit CommittedFile(std::filesystem::path target);
  ~CommittedFile();
  CommittedFile(const CommittedFile&) = delete;
  CommittedFile& operator=(const CommittedFile&) = delete;

  const std::filesystem::path& target() const noexcept { return target_; }
  // Where to write, for libraries that open files by descriptor or name.
  const std::filesystem::path& temporary() const noexcept { return temporary_; }
  int descriptor() const noexcept { return descriptor_; }

  void write(std::span<const std::byte> bytes);  // throws Error(output)
  void write(std::string_view text);
  void write_at(std::size_t offset, std::span<const std::byte> bytes);  // throws Error(output)
  // Changes the final name before commit(), in the same folder.
  void retarget(std::filesystem::path target);
  void commit();  // throws Error(output)

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

// Writes a whole text file in one go.
void write_text_file(const std::filesystem::path& target, std::string_view text);

// Removes partial files in `folder` whose process no longer runs.
void remove_stale_partials(const std::filesystem::path& folder) noexcept;

}  // namespace segue
