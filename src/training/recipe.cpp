#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "training/recipe_table.hpp"
#include "training/training_request.hpp"

namespace segue {
namespace {

using Json = nlohmann::json;

std::string shortest(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

const SettingRow* find_setting(const std::string& name) {
  const auto rows = recipe_table();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](auto& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_name(const std::string& name) {
  std::string names;
  for (const SettingRow& row : recipe_table()) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  throw Error(ErrorKind::usage, "there is no recipe setting '" + printable(std::string_view(name)) + "'",
              {}, "use one of: " + names);
}

[[noreturn]] void refuse_value(const SettingRow& row, const std::string& value) {
  throw Error(ErrorKind::usage,
              std::string("recipe setting '") + row.name + "' cannot be '" +
                  printable(std::string_view(value)) + "'",
              {}, "give " + describe_range(row) + " (" + row.help + ")");
}

// The value as JSON if it is one that the row allows, else null.
Json allowed(const SettingRow& row, const Json& value) {
  if (row.kind == SettingKind::choice) {
    if (!value.is_string()) return nullptr;
    const std::string text = value.get<std::string>();
    const auto options = split_csv(row.choices);
    return std::find(options.begin(), options.end(), text) != options.end() ? value : Json();
  }
  if (!value.is_number()) return nullptr;
  const double number = value.get<double>();
  if (!(number >= row.low && number <= row.high)) return nullptr;
  if (row.kind == SettingKind::real) return number;
  if (number != std::floor(number)) return nullptr;
  return static_cast<std::int64_t>(number);
}

Json parse_value(const SettingRow& row, const std::string& text) {
  if (row.kind == SettingKind::choice) return allowed(row, text);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return nullptr;
  return allowed(row, number);
}

}  // namespace

std::string describe_range(const SettingRow& row) {
  if (row.kind == SettingKind::choice) return std::string("one of ") + row.choices;
  return std::string(row.kind == SettingKind::integer ? "a whole number" : "a number") + " from " +
         shortest(row.low) + " to " + shortest(row.high);
}

std::vector<std::string> Recipe::bundled() { return {"crnn-report", "crnn-tuned"}; }

Recipe Recipe::load(const std::string& name_or_file) {
  Recipe recipe;
  for (const std::string& name : bundled()) {
    if (name != name_or_file) continue;
    recipe.name_ = name;
    recipe.settings_ = Json::object();
    for (const SettingRow& row : recipe_table()) {
      const Json parsed = parse_value(row, name == "crnn-report" ? row.report : row.tuned);
      if (parsed.is_null()) throw Error(ErrorKind::internal, "a bundled recipe breaks its own table");
      recipe.settings_[row.name] = parsed;
    }
    return recipe;
  }
  std::ifstream in{std::filesystem::path(name_or_file)};
  if (!in) {
    std::string names;
    for (const std::string& name : bundled()) names += (names.empty() ? "" : ", ") + name;
    throw Error(ErrorKind::usage,
                "there is no recipe '" + printable(std::string_view(name_or_file)) + "'", {},
                "use " + names + " or a JSON file");
  }
  const Json json = Json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("base") || !json["base"].is_string()) {
    throw Error(ErrorKind::input, "is not a recipe", name_or_file,
                "write {\"base\": \"crnn-tuned\", \"epochs\": 20}");
  }
  const std::vector<std::string> bases = bundled();
  if (std::find(bases.begin(), bases.end(), json["base"].get<std::string>()) == bases.end()) {
    throw Error(ErrorKind::input, "names a base that there is not", name_or_file,
                "write \"base\": \"crnn-tuned\" or \"crnn-report\"");
  }
  recipe = load(json["base"].get<std::string>());
  recipe.name_ = std::filesystem::path(name_or_file).stem().string();
  if (recipe.name_ == "checkpoint") {
    throw Error(ErrorKind::input, "has a name that runs keep for themselves", name_or_file,
                "give the recipe another file name");
  }
  for (const auto& [key, value] : json.items()) {
    if (key == "base") continue;
    const SettingRow* row = find_setting(key);
    if (row == nullptr) refuse_name(key);
    const Json checked = allowed(*row, value);
    if (checked.is_null())
      refuse_value(*row, value.dump(-1, ' ', false, Json::error_handler_t::replace));
    recipe.settings_[key] = checked;
  }
  recipe.validate();
  return recipe;
}

void Recipe::set(const std::string& name, const std::string& value) {
  const SettingRow* row = find_setting(name);
  if (row == nullptr) refuse_name(name);
  const Json parsed = parse_value(*row, value);
  if (parsed.is_null()) refuse_value(*row, value);
  settings_[name] = parsed;
}

void Recipe::validate() const {
  for (const SettingRow& row : recipe_table()) {
    if (!settings_.contains(row.name) || allowed(row, settings_.at(row.name)).is_null()) {
      refuse_value(row, settings_.value(row.name, Json()).dump());
    }
  }
  const auto number = [&](const char* key) { return settings_.at(key).get<int>(); };
  if (number("negatives_same") + number("negatives_other") == 0 &&
      settings_.at("extremes").get<double>() < 1) {
    throw Error(ErrorKind::usage, "the recipe leaves no wrong answer to learn from", {},
                "set negatives_same, negatives_other or extremes to 1 or more");
  }
}

}  // namespace segue
