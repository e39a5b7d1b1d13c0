#include "plan/json_fields.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kMostText = std::size_t{1} << 29;  // bytes; a day of fragments has a tenth

bool fits_integer(const nlohmann::json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() ||
          value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
}

}  // namespace

void refuse_json(const std::string& problem) {
  throw Error(ErrorKind::input, problem, {}, "mend it, or make a new plan with 'segue mix'");
}

nlohmann::json parse_json(std::istream& in) {
  using Json = nlohmann::json;
  std::string text;
  std::vector<char> some(1 << 20);
  while (in.read(some.data(), static_cast<std::streamsize>(some.size())) || in.gcount() > 0) {
    throw_if_interrupted();
    text.append(some.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostText) refuse_json("is larger than any plan");
  }
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::string twice;
  const auto note = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepest) refuse_json("is not a plan: it is nested too deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  };
  Json json;
  try {
    json = Json::parse(text, note);
  } catch (const Json::parse_error& error) {
    const std::size_t at = std::min(text.size(), std::max<std::size_t>(1, error.byte) - 1);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    refuse_json("is not a plan: line " + std::to_string(line) + " is not JSON");
  } catch (const Json::out_of_range&) {
    refuse_json("is not a plan: it holds a number that is too large");
  }
  if (!twice.empty())
    refuse_json("says '" + printable(std::string_view(twice)) + "' twice in one place");
  return json;
}

JsonFields::JsonFields(const nlohmann::json& json, std::string where)
    : json_(json), where_(std::move(where)) {
  if (!json.is_object()) {
    refuse_json(where_.empty() ? "is not a plan" : "'" + where_ + "' is not an object");
  }
}

std::string JsonFields::path_of(const char* key) const {
  std::string path = where_;
  if (!path.empty()) path += '.';
  return path += key;
}

std::string JsonFields::name_of(const char* key) const {
  std::string name(1, '\'');
  name += path_of(key);
  return name += '\'';
}

const nlohmann::json& JsonFields::at(const char* key) const {
  const auto found = json_.find(key);
  if (found == json_.end()) refuse_json("has no " + name_of(key));
  return *found;
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : json_.items()) keys.push_back(entry.key());
  return keys;
}

bool JsonFields::has(const char* key) const { return json_.contains(key); }

std::int64_t JsonFields::integer(const char* key) const {
  const nlohmann::json& value = at(key);
  if (!fits_integer(value)) refuse_json(name_of(key) + " is not a whole number");
  return value.get<std::int64_t>();
}

std::uint64_t JsonFields::whole(const char* key) const {
  const nlohmann::json& value = at(key);
  if (!value.is_number_unsigned()) refuse_json(name_of(key) + " is not a whole number of 0 or more");
  return value.get<std::uint64_t>();
}

int JsonFields::small_integer(const char* key) const {
  const std::int64_t value = integer(key);
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    refuse_json(name_of(key) + " is out of range");
  }
  return static_cast<int>(value);
}

double JsonFields::number(const char* key) const {
  const nlohmann::json& value = at(key);
  if (!value.is_number()) refuse_json(name_of(key) + " is not a number");
  return value.get<double>();
}

bool JsonFields::flag(const char* key) const {
  const nlohmann::json& value = at(key);
  if (!value.is_boolean()) refuse_json(name_of(key) + " is neither true nor false");
  return value.get<bool>();
}

std::string JsonFields::text(const char* key) const {
  const nlohmann::json& value = at(key);
  if (!value.is_string()) refuse_json(name_of(key) + " is not text");
  return value.get<std::string>();
}

std::vector<std::string> JsonFields::texts(const char* key) const {
  const nlohmann::json& array = at(key);
  if (!array.is_array() ||
      !std::all_of(array.begin(), array.end(), [](auto& entry) { return entry.is_string(); }))
    refuse_json(name_of(key) + " is not a list of texts");
  return array.get<std::vector<std::string>>();
}

std::vector<std::int64_t> JsonFields::integers(const char* key, std::size_t count) const {
  const nlohmann::json& array = at(key);
  if (!array.is_array() || array.size() != count ||
      !std::all_of(array.begin(), array.end(), [](auto& entry) { return fits_integer(entry); }))
    refuse_json(name_of(key) + " is not a list of " + std::to_string(count) + " whole numbers");
  return array.get<std::vector<std::int64_t>>();
}

std::vector<double> JsonFields::numbers(const char* key, std::size_t count) const {
  const nlohmann::json& array = at(key);
  if (!array.is_array() || array.size() != count ||
      !std::all_of(array.begin(), array.end(), [](auto& entry) { return entry.is_number(); }))
    refuse_json(name_of(key) + " is not a list of " + std::to_string(count) + " numbers");
  return array.get<std::vector<double>>();
}

ContentHash JsonFields::hash(const char* key) const {
  const auto value = ContentHash::from_hex(text(key));
  if (!value) refuse_json(name_of(key) + " is not 32 hexadecimal digits");
  return *value;
}

JsonFields JsonFields::object(const char* key) const { return JsonFields(at(key), path_of(key)); }

void JsonFields::for_each(const char* key, const std::function<void(const JsonFields&)>& each) const {
  const nlohmann::json& array = at(key);
  if (!array.is_array()) refuse_json(name_of(key) + " is not a list");
  const std::string where = path_of(key);
  for (std::size_t i = 0; i < array.size(); ++i) {
    each(JsonFields(array[i], where + "[" + std::to_string(i) + "]"));
  }
}

}  // namespace segue
