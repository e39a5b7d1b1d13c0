// Reading tables: CSV (RFC 4180) and text with TABs, UTF-8.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace segue {

// One table, read record by record, that can say where it is wrong. Fields are parted by TABs where
// the first line holds one, else by commas. Commas go with RFC 4180's quotes, in which line breaks
// may lie; between TABs a quote is text like any other (as text/tab-separated-values has it). A byte
// order mark, CRLF and blank lines mean nothing.
class CsvReader {
 public:
  // Throws Error(input) with this remedy if it cannot be read.
  explicit CsvReader(const std::filesystem::path& file,
                     const std::string& remedy = "give a table as CSV or with TABs");

  // The next record; false at the end. Throws Error(input) with the line if it holds a zero byte or
  // a quote that nothing closes.
  bool next(std::vector<std::string>& fields);
  // The next line as it is, without its end: for records of another make.
  bool next_line(std::string& line);
  std::size_t line() const noexcept { return record_; }  // where the last record begins, from 1
  char separator() const noexcept { return separator_; }
  [[noreturn]] void refuse(const std::string& what) const;  // Error(input) "line N WHAT"

 private:
  std::filesystem::path file_;
  std::ifstream in_;
  char separator_ = ',';
  std::size_t line_ = 0;
  std::size_t record_ = 0;
};

}  // namespace segue
