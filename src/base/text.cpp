#include "base/text.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>

namespace segue {
namespace {

// Length of the valid UTF-8 sequence at `at`, or 0 (RFC 3629: no surrogates, no overlong forms).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const std::uint8_t second = byte(at + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

// C1 controls, which terminals obey (U+0080 – 9F), and what ends a line for some readers (U+2028, 2029).
bool is_control(std::string_view sequence) {
  if (sequence.size() == 2)
    return sequence[0] == '\xC2' && static_cast<std::uint8_t>(sequence[1]) < 0xA0;
  return sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9";
}

std::string escaped_byte(const char* format, char c) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(static_cast<std::uint8_t>(c)));
  return buffer;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const char c = text[at];
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (length == 0 || static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F) {
      out += escaped_byte("\\x%02X", c);
    } else if (is_control(text.substr(at, length))) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  return out;
}

std::string printable(const std::filesystem::path& path) {
  return printable(std::string_view(path.native()));
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

std::string utf8_from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string utf8_or_latin1(std::string_view text) {
  std::string valid = to_valid_utf8(text);
  return valid == text ? valid : utf8_from_latin1(text);
}

std::string path_to_json(const std::filesystem::path& path) {
  const std::string_view text = path.native();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0 || text[at] == '%') {
      out += escaped_byte("%%%02X", text[at]);
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

std::filesystem::path path_from_json(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
                        hex_digit(text[at + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      out += text[at];
    }
  }
  return std::filesystem::path(out);
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::vector<std::string> split_csv(std::string_view record) {
  std::vector<std::string> fields;
  add_csv_line(record, false, fields);
  return fields;
}

bool add_csv_line(std::string_view line, bool open, std::vector<std::string>& fields) {
  bool quoted = open;
  bool begins = !open;  // a field: only here a quote opens
  if (!open) fields.emplace_back();
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quoted && c == '"' && at + 1 < line.size() && line[at + 1] == '"') {
      fields.back() += '"';
      ++at;
    } else if (c == '"' && (quoted || begins)) {
      quoted = !quoted;
      begins = false;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
      begins = true;
    } else if (c != '\r' || quoted) {
      fields.back() += c;
      begins = false;
    }
  }
  return quoted;
}

std::string describe_figure(double value, int decimals) {
  if (!std::isfinite(value)) return "unknown";
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string figure = text;
  if (figure.starts_with('-')) {
    const bool is_zero = figure.find_first_not_of("-0.") == std::string::npos;
    figure.replace(0, 1, is_zero ? "" : "−");
  }
  return figure;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const auto blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace segue
