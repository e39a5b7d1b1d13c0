// Reading JSON that people may have edited: every wrong or missing field is named.
// Internal to the plan module.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/content_hash.hpp"

namespace segue {

// The fields of one JSON object. Unknown fields are ignored, so that a later version may add some.
// Every call throws Error(input) naming the field ("placements[3].gain_db") that is missing or of
// another type. Refers to the JSON, which must outlive it.
class JsonFields {
 public:
  // where: what the object is called in errors, "" for the outermost.
  JsonFields(const nlohmann::json& json, std::string where);

  std::int64_t integer(const char* key) const;
  std::uint64_t whole(const char* key) const;  // an integer of 0 or more
  int small_integer(const char* key) const;    // that fits an int
  double number(const char* key) const;
  bool flag(const char* key) const;
  bool has(const char* key) const;  // at all
  std::string text(const char* key) const;
  std::vector<std::string> keys() const;
  std::vector<std::string> texts(const char* key) const;
  std::vector<std::int64_t> integers(const char* key, std::size_t count) const;  // an array of so many
  std::vector<double> numbers(const char* key, std::size_t count) const;
  ContentHash hash(const char* key) const;  // 32 hex digits
  JsonFields object(const char* key) const;
  // Calls `each` for the objects of an array, in order.
  void for_each(const char* key, const std::function<void(const JsonFields&)>& each) const;

  // "'placements[3].gain_db'"
  std::string name_of(const char* key) const;

 private:
  const nlohmann::json& at(const char* key) const;
  std::string path_of(const char* key) const;

  const nlohmann::json& json_;
  std::string where_;
};

// Throws Error(input) telling the line that is no JSON, or the key that an object has twice.
nlohmann::json parse_json(std::istream& in);

// The error for JSON whose contents make no sense; the file is added by who knows it.
[[noreturn]] void refuse_json(const std::string& problem);

}  // namespace segue
