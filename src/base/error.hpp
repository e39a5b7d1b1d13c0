// One exception type for everything a caller cannot prevent.
//
// Every Error reads as one sentence that names the file (where there is one),
// what is wrong with it and what to do: "song.mp3: holds no audio; give another file".
// Errors may be thrown across the border of the learning plugin, which is why
// this module is a shared library.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace segue {

// What went wrong, as the process exit status tells it.
enum class ErrorKind {
  internal = 1,      // a defect in segue, or a system call that should not fail
  usage = 2,         // flags, lengths or settings that make no sense
  input = 3,         // a source that is missing, unreadable or not music
  output = 4,        // a place that cannot be written: permission, full disk
  library = 5,       // the catalog is damaged, locked or from a newer segue
  model = 6,         // weights that are missing, damaged or of another architecture
  infeasible = 7,    // the rules leave nothing to choose
  interrupted = 130  // Ctrl-C
};

class Error : public std::runtime_error {
 public:
  // problem: a clause without final stop ("holds no audio");
  // file: what it is about, may be empty;
  // remedy: a clause in the imperative ("give another file"), may be empty.
  Error(ErrorKind kind, const std::string& problem, std::filesystem::path file = {},
        std::string remedy = {});

  ErrorKind kind() const noexcept { return kind_; }
  int exit_status() const noexcept { return static_cast<int>(kind_); }
  const std::filesystem::path& file() const noexcept { return file_; }
  const std::string& problem() const noexcept { return problem_; }
  const std::string& remedy() const noexcept { return remedy_; }

 private:
  ErrorKind kind_;
  std::string problem_;
  std::filesystem::path file_;
  std::string remedy_;
};

// The error for a failed write, with what errno says and a remedy that fits it
// (ENOSPC, EACCES, EROFS, …).
Error write_error(const std::filesystem::path& file, int errno_value);

}  // namespace segue
