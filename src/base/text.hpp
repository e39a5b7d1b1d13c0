// Small text helpers: showing odd file names and figures, CSV and JSON-safe strings.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

// A path as a person may see it on one line: control characters and bytes that
// are not UTF-8 come as \n, \t or \xNN, control characters of two bytes and more as U+FFFD. Lossy; never
// use it to open a file.
std::string printable(const std::filesystem::path& path);
std::string printable(std::string_view text);

// Replaces bytes that are not valid UTF-8 by U+FFFD, for JSON, tags and SQL text.
std::string to_valid_utf8(std::string_view text);

// ISO 8859-1 as UTF-8; every byte is valid.
std::string utf8_from_latin1(std::string_view text);
// Text of unknown make: as it is where it is UTF-8, else read as ISO 8859-1.
std::string utf8_or_latin1(std::string_view text);

// File names as JSON strings without loss: bytes that are not UTF-8 and '%' become %NN.
std::string path_to_json(const std::filesystem::path& path);
std::filesystem::path path_from_json(std::string_view text);

// One field of a CSV line (RFC 4180): quoted where it must be.
std::string csv_field(std::string_view text);
// Splits one CSV record (RFC 4180) into its fields.
std::vector<std::string> split_csv(std::string_view record);
// Adds the fields of one CSV line to `fields`; true where it ends inside quotes, so that the record
// goes on in the next line. `open`: it goes on here, in the last of `fields`.
bool add_csv_line(std::string_view line, bool open, std::vector<std::string>& fields);

// With so many decimals, a true minus sign and no "−0"; "unknown" where it is not finite.
std::string describe_figure(double value, int decimals);

std::string lower_ascii(std::string_view text);
std::string_view trim(std::string_view text);

}  // namespace segue
