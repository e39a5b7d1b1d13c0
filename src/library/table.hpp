// A table whose columns have names, and text with places for their values.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/csv.hpp"

namespace segue {

struct TableFormat {
  // 0: columns are called 1, 2, … With several lines a column's name is all that they say of it, joined
  // by full stops ("track.title").
  int header_lines = 1;
  // What parts fields in lines that are neither CSV nor have TABs (" ::: "). A line break: records are
  // paragraphs, fields their lines.
  std::string between;
};

// One record. Values added to it come before the table's.
class Row {
 public:
  // None where the record has no such column; more than one only in the last column of a table with
  // TABs, where it repeats.
  std::span<const std::string> values(const std::string& column) const;
  void add(const std::string& column, const std::string& value) { added_[column] = {value}; }

 private:
  friend class Table;
  const std::map<std::string, std::size_t>* columns_ = nullptr;
  std::vector<std::string> fields_;
  std::map<std::string, std::vector<std::string>> added_;
};

class Table {
 public:
  // Throws Error(input) if it cannot be read or is empty.
  Table(const std::filesystem::path& file, const TableFormat& format);

  // Throws Error(input) naming a line whose number of fields is not the header's. Between TABs the last
  // column may repeat or be missing, and an empty field too many is left out.
  bool next(Row& row);
  const std::vector<std::string>& columns() const { return names_; }  // none without header lines
  const std::filesystem::path& file() const { return file_; }
  [[noreturn]] void refuse(const std::string& what) const { csv_.refuse(what); }

 private:
  bool next_fields(std::vector<std::string>& fields);
  void fit(std::vector<std::string>& fields) const;

  std::filesystem::path file_;
  TableFormat format_;
  CsvReader csv_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t> columns_;
};

// Text in which braces stand for a row's values:
//   {NAME}       the value of that column
//   {A|B}        the first of these that is not empty
//   {NAME>TEXT}  what stands behind TEXT, in the first of the column's values that holds it
//   {NAME<TEXT}  what stands before TEXT
//   {NAME:06}    with zeros in front, six characters at least
//   {NAME:.4}    its first four characters; {NAME:06.3} fills first
class Template {
 public:
  Template() = default;
  Template(const std::string& text);  // throws Error(usage) where a brace is wrong
  Template(const char* text) : Template(std::string(text)) {}
  static Template of_column(const std::string& name);  // whatever characters it is made of

  std::string fill(const Row& row) const;
  std::vector<std::string> columns() const;  // that it asks for

 private:
  struct Value {
    std::string column;
    char cut = 0;  // '>' or '<' or nothing
    std::string mark;
    std::size_t width = 0;
    std::size_t length = std::string::npos;

    std::string of(const Row& row) const;
  };
  struct Piece {
    std::string text;
    std::vector<Value> values;  // one of them follows the text
  };
  static Value parse_value(const std::string& text, const std::string& whole);

  std::vector<Piece> pieces_;
};

}  // namespace segue
