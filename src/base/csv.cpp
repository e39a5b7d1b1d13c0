#include "base/csv.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvReader::CsvReader(const std::filesystem::path& file, const std::string& remedy)
    : file_(file), in_(file, std::ios::binary) {
  std::error_code code;
  if (!in_ || std::filesystem::is_directory(file, code)) {
    throw Error(ErrorKind::input, "cannot be read", file, remedy);
  }
  std::string first;
  std::getline(in_, first);
  if (first.find('\t') != std::string::npos) separator_ = '\t';
  in_.clear();
  in_.seekg(first.starts_with(kByteOrderMark) ? static_cast<std::streamoff>(kByteOrderMark.size()) : 0);
}

bool CsvReader::next_line(std::string& line) {
  if (!std::getline(in_, line)) return false;
  record_ = ++line_;
  if (line.find('\0') != std::string::npos) refuse("holds a zero byte: this is no text in UTF-8");
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

bool CsvReader::next(std::vector<std::string>& fields) {
  std::string line;
  do {
    if (!next_line(line)) return false;
  } while (trim(line).empty());
  fields.clear();
  if (separator_ == '\t') {
    for (std::size_t at = 0; at <= line.size();) {
      const std::size_t end = std::min(line.find('\t', at), line.size());
      fields.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    return true;
  }
  const std::size_t first = line_;
  bool open = add_csv_line(line, false, fields);
  while (open) {
    const bool goes_on = next_line(line);
    record_ = first;
    if (!goes_on) refuse("opens a quote that nothing closes");
    fields.back() += '\n';
    open = add_csv_line(line, true, fields);
  }
  return true;
}

void CsvReader::refuse(const std::string& what) const {
  throw Error(ErrorKind::input, "line " + std::to_string(record_) + " " + what, file_, "mend that line");
}

}  // namespace segue
