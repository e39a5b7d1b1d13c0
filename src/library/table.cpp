#include "library/table.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

std::vector<std::string> split_by(const std::string& text, const std::string& between) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t end; (end = text.find(between, at)) != std::string::npos; at = end + between.size()) {
    parts.push_back(text.substr(at, end - at));
  }
  parts.push_back(text.substr(at));
  return parts;
}

std::size_t number_in(std::string_view text, std::size_t otherwise) {
  std::size_t number = otherwise;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

Error wrong_template(const std::string& text, const std::string& what) {
  return Error(ErrorKind::usage, "'" + printable(std::string_view(text)) + "' " + what, {},
               "write {COLUMN}, {A|B}, {COLUMN>TEXT}, {COLUMN<TEXT} or {COLUMN:06.3}");
}

}  // namespace

std::span<const std::string> Row::values(const std::string& column) const {
  if (const auto added = added_.find(column); added != added_.end()) return added->second;
  if (columns_ == nullptr) return {};
  std::size_t place = 0;
  if (columns_->empty()) {
    place = number_in(column, 0) - 1;  // 0 becomes the largest number
  } else if (const auto found = columns_->find(column); found != columns_->end()) {
    place = found->second;
  } else {
    return {};
  }
  if (place >= fields_.size()) return {};
  const bool last = place + 1 == columns_->size();
  return std::span(fields_).subspan(place, last ? std::dynamic_extent : 1);
}

Table::Table(const std::filesystem::path& file, const TableFormat& format)
    : file_(file), format_(format), csv_(file) {
  std::vector<std::string> fields;
  for (int line = 0; line < format.header_lines; ++line) {
    if (!next_fields(fields)) throw Error(ErrorKind::input, "is empty", file, "give another table");
    names_.resize(std::max(names_.size(), fields.size()));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string_view part = trim(fields[i]);
      if (!part.empty()) names_[i].append(names_[i].empty() ? "" : ".").append(part);
    }
  }
  for (std::size_t i = 0; i < names_.size(); ++i) columns_.emplace(names_[i], i);
}

bool Table::next_fields(std::vector<std::string>& fields) {
  if (format_.between.empty()) return csv_.next(fields);
  std::string line;
  if (format_.between != "\n") {
    do {
      if (!csv_.next_line(line)) return false;
    } while (trim(line).empty());
    fields = split_by(line, format_.between);
    return true;
  }
  fields.clear();
  while (csv_.next_line(line)) {
    if (!trim(line).empty()) fields.emplace_back(trim(line));
    if (trim(line).empty() && !fields.empty()) break;
  }
  return !fields.empty();
}

bool Table::next(Row& row) {
  row.columns_ = &columns_;
  row.added_.clear();
  if (!next_fields(row.fields_)) return false;
  if (!names_.empty()) fit(row.fields_);
  return true;
}

void Table::fit(std::vector<std::string>& fields) const {
  const bool tabs = csv_.separator() == '\t';
  while (tabs && fields.size() > names_.size()) {  // a title may end in a TAB
    const auto empty = std::find(fields.begin(), fields.end(), "");
    if (empty == fields.end()) break;
    fields.erase(empty);
  }
  const bool fits = fields.size() == names_.size() || (tabs && fields.size() + 1 >= names_.size());
  if (fits) return;
  csv_.refuse("has " + std::to_string(fields.size()) + " fields where the header names " +
              std::to_string(names_.size()));
}

Template::Template(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = std::min(text.find('{', at), text.size());
    Piece piece{text.substr(at, open - at), {}};
    if (piece.text.find('}') != std::string::npos) throw wrong_template(text, "closes a brace too many");
    at = open;
    if (open < text.size()) {
      const std::size_t close = text.find('}', open);
      if (close == std::string::npos) throw wrong_template(text, "leaves a brace open");
      for (const std::string& value : split_by(text.substr(open + 1, close - open - 1), "|")) {
        piece.values.push_back(parse_value(value, text));
      }
      at = close + 1;
    }
    pieces_.push_back(std::move(piece));
  }
}

Template Template::of_column(const std::string& name) {
  Template result;
  result.pieces_.push_back({"", {{name, 0, "", 0, std::string::npos}}});
  return result;
}

Template::Value Template::parse_value(const std::string& text, const std::string& whole) {
  Value value;
  const std::size_t cut = text.find_first_of("<>:");
  value.column = text.substr(0, cut);
  if (value.column.empty()) throw wrong_template(whole, "names no column between its braces");
  if (cut == std::string::npos) return value;
  if (text[cut] != ':') {
    value.cut = text[cut];
    value.mark = text.substr(cut + 1);
    return value;
  }
  const std::string form = text.substr(cut + 1);
  const std::size_t stop = std::min(form.find('.'), form.size());
  const std::size_t most = 64;
  if (stop > 0) value.width = form[0] == '0' ? number_in(form.substr(0, stop), most + 1) : most + 1;
  if (stop < form.size()) value.length = number_in(form.substr(stop + 1), most + 1);
  const bool wrong = value.width > most || (stop < form.size() && value.length > most);
  if (wrong || form.empty()) throw wrong_template(whole, "has a width that is none");
  return value;
}

std::string Template::Value::of(const Row& row) const {
  for (const std::string& value : row.values(column)) {
    const std::size_t found = cut == 0 ? 0 : value.find(mark);
    if (found == std::string::npos) continue;
    std::string text = cut == '>' ? value.substr(found + mark.size()) : value;
    if (cut == '<') text.resize(found);
    text = trim(text);
    if (!text.empty() && text.size() < width) text.insert(0, width - text.size(), '0');
    return text.substr(0, length);
  }
  return {};
}

std::string Template::fill(const Row& row) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.text;
    for (const Value& value : piece.values) {
      const std::string text = value.of(row);
      if (text.empty()) continue;
      out += text;
      break;
    }
  }
  return out;
}

std::vector<std::string> Template::columns() const {
  std::vector<std::string> columns;
  for (const Piece& piece : pieces_) {
    for (const Value& value : piece.values) columns.push_back(value.column);
  }
  return columns;
}

}  // namespace segue
