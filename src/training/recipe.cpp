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

// Number of a bundled recipe; one past the last if there is none of this name.
std::size_t find_bundled(const std::string& name) {
  std::size_t system = kBundledRecipes.size();
  for (std::size_t i = 0; i < kBundledRecipes.size(); ++i) {
    if (name == kBundledRecipes[i].name) return i;
    if (name == kBundledRecipes[i].system) system = i;
  }
  return system;
}

std::string bundled_names() {
  std::string names;
  for (const BundledRecipe& recipe : kBundledRecipes)
    names += (names.empty() ? "" : ", ") + std::string(recipe.name);
  return names;
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

std::vector<std::string> Recipe::bundled() {
  std::vector<std::string> names;
  names.reserve(kBundledRecipes.size());
  for (const BundledRecipe& recipe : kBundledRecipes) names.emplace_back(recipe.name);
  return names;
}

const SettingRow* Recipe::find_setting(const std::string& name) const {
  for (const SettingRow& row : recipe_table()) {
    if (row.name == name && row.values[bundled_] != std::string_view()) return &row;
  }
  return nullptr;
}

void Recipe::refuse_name(const std::string& name) const {
  std::string names;
  for (const auto& [setting, value] : settings_.items()) {
    names += (names.empty() ? "" : ", ") + setting;
  }
  throw Error(ErrorKind::usage,
              "recipes for " + system_ + " have no setting '" + printable(std::string_view(name)) + "'",
              {}, "use one of: " + names);
}

Recipe Recipe::load(const std::string& name_or_file) {
  Recipe recipe;
  recipe.bundled_ = find_bundled(name_or_file);
  if (recipe.bundled_ < kBundledRecipes.size()) {
    recipe.name_ = kBundledRecipes[recipe.bundled_].name;
    recipe.system_ = kBundledRecipes[recipe.bundled_].system;
    recipe.settings_ = Json::object();
    for (const SettingRow& row : recipe_table()) {
      const std::string value = row.values[recipe.bundled_];
      if (value.empty()) continue;
      recipe.settings_[row.name] = parse_value(row, value);
      if (recipe.settings_[row.name].is_null())
        throw Error(ErrorKind::internal, "a bundled recipe breaks its own table");
    }
    return recipe;
  }
  std::ifstream in{std::filesystem::path(name_or_file)};
  if (!in) {
    throw Error(ErrorKind::usage,
                "there is no recipe '" + printable(std::string_view(name_or_file)) + "'", {},
                "use " + bundled_names() + " or a JSON file");
  }
  const Json json = Json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("base") || !json["base"].is_string()) {
    throw Error(ErrorKind::input, "is not a recipe", name_or_file,
                "write {\"base\": \"crnn-tuned\", \"epochs\": 20}");
  }
  const std::string base = json["base"].get<std::string>();
  if (find_bundled(base) == kBundledRecipes.size()) {
    throw Error(ErrorKind::input, "names a base that there is not", name_or_file,
                "write \"base\": and one of " + bundled_names());
  }
  recipe = load(base);
  recipe.name_ = std::filesystem::path(name_or_file).stem().string();
  if (recipe.name_ == "checkpoint") {
    throw Error(ErrorKind::input, "has a name that runs keep for themselves", name_or_file,
                "give the recipe another file name");
  }
  for (const auto& [key, value] : json.items()) {
    if (key == "base") continue;
    const SettingRow* row = recipe.find_setting(key);
    if (row == nullptr) recipe.refuse_name(key);
    const Json checked = allowed(*row, value);
    if (checked.is_null())
      refuse_value(*row, value.dump(-1, ' ', false, Json::error_handler_t::replace));
    recipe.settings_[key] = checked;
  }
  recipe.validate();
  return recipe;
}

Recipe Recipe::adapting(const ModelCard& card) {
  const auto unsound = [&](const std::string& problem) {
    return Error(ErrorKind::model, "the card of " + card.name + " " + problem, {}, "train it again");
  };
  if (find_bundled(card.system) == kBundledRecipes.size() || !card.recipe.is_object())
    throw unsound("is of a system that this segue does not know");
  if (card.recipe.value("label", "") == "song") {
    throw Error(ErrorKind::usage,
                card.name + " tells apart the songs that it learnt from, which other music cannot teach",
                {}, "train anew, without --from");
  }
  Recipe recipe = load(card.system);
  for (const SettingRow& row : recipe_table()) {
    if (recipe.find_setting(row.name) == nullptr) continue;
    const auto found = card.recipe.find(row.name);
    if (found == card.recipe.end()) {  // of before there was such a setting
      if (defines_network(row)) throw unsound(std::string("has no '") + row.name + "'");
      continue;
    }
    recipe.settings_[row.name] = allowed(row, *found);
    if (recipe.settings_[row.name].is_null())
      throw unsound(std::string("has no sound '") + row.name + "'");
  }
  recipe.settings_["epochs"] = std::min(Adaptation::epochs, recipe.settings_["epochs"].get<int>());
  // Adapting must not make a network worse by its own measure.
  if (recipe.settings_.contains("keep")) recipe.settings_["keep"] = "best";
  if (!card.from) {  // what was adapted once has small steps already
    recipe.settings_["learning_rate"] =
        Adaptation::learning_rate_share * recipe.settings_["learning_rate"].get<double>();
  }
  constexpr std::string_view ending = "-adapted";
  recipe.name_ = card.name.ends_with(ending) ? card.name : card.name + std::string(ending);
  recipe.fixed_by_ = card.name;
  return recipe;
}

void Recipe::set(const std::string& name, const std::string& value) {
  const SettingRow* row = find_setting(name);
  if (row == nullptr) refuse_name(name);
  const Json parsed = parse_value(*row, value);
  if (parsed.is_null()) refuse_value(*row, value);
  if (!fixed_by_.empty() && defines_network(*row) && parsed != settings_[name]) {
    throw Error(ErrorKind::usage,
                "recipe setting '" + name + "' is fixed by the weights of " + fixed_by_ + " at " +
                    settings_[name].dump(),
                {}, "leave it out, or train anew, without --from");
  }
  settings_[name] = parsed;
}

void Recipe::use_pretrained() {
  if (find_setting("encoder") == nullptr) {
    throw Error(ErrorKind::usage, system_ + " hears log-mel itself and takes no encoder", {},
                "add --system dense, autoencoder or crnn");
  }
  set("encoder", "pretrained");
  if (settings_.contains("input")) settings_["input"] = "log-mel";
  for (const char* name : {"shift", "stretch", "gain_db", "tilt_db", "extremes"}) {
    if (settings_.contains(name)) settings_[name] = 0.0;
  }
}

void Recipe::validate() const {
  for (const auto& [name, value] : settings_.items()) {
    const SettingRow* row = find_setting(name);
    if (row == nullptr) refuse_name(name);
    if (allowed(*row, value).is_null()) refuse_value(*row, value.dump());
  }
  const auto number = [&](const char* key) { return settings_.value(key, 0.0); };
  if (number("negatives_same") + number("negatives_other") == 0 && number("extremes") < 1) {
    throw Error(ErrorKind::usage, "the recipe leaves no wrong answer to learn from", {},
                system_ == "crnn" ? "set negatives_same, negatives_other or extremes to 1 or more"
                                  : "set negatives_same to 1 or more");
  }
  if (settings_.value("keep", "") == "last" && !fixed_by_.empty()) {
    throw Error(ErrorKind::usage, "adapting keeps the best epoch, so that no network gets worse", {},
                "leave keep out");
  }
  if (settings_.value("keep", "") == "last" && number("patience") > 0) {
    throw Error(ErrorKind::usage, "patience waits for a better epoch, but the last one is kept", {},
                "set keep=best or patience=0");
  }
  if (settings_.value("input", "") == "seam" &&
      (settings_.value("encoder", "") != "conv1d" || settings_.value("activation", "") != "relu")) {
    throw Error(ErrorKind::usage, "input seam has its own encoder", {},
                "set input=log-mel to choose another encoder or activation");
  }
}

}  // namespace segue
