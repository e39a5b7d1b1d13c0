#include "model/registry.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "model/baselines.hpp"
#include "model/plugin.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

struct System {
  const char* name;
  const char* best;                           // its bundled weights that `--model NAME` means, or
  std::unique_ptr<SuccessorModel> (*make)();  // what needs none
};
constexpr System kSystems[] = {
    {"crnn", "crnn-tuned", nullptr},
    {"edge", nullptr, make_edge_model},
    {"random", nullptr, make_random_model},
};

const System* find_system(const std::string& name) {
  const auto found = std::find_if(std::begin(kSystems), std::end(kSystems),
                                  [&](const System& system) { return name == system.name; });
  return found == std::end(kSystems) ? nullptr : found;
}

bool needs_no_weights(const std::string& name) {
  const System* system = find_system(name);
  return system != nullptr && system->make != nullptr;
}

constexpr const char* kWeightsEnding = ".safetensors";

}  // namespace

std::vector<std::string> bundled_models() {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator it(find_shipped("models"), code), end; !code && it != end;
       it.increment(code)) {
    if (it->path().extension() == kWeightsEnding) names.push_back(it->path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path find_weights(const std::string& name_or_path) {
  if (name_or_path.ends_with(kWeightsEnding)) {
    std::error_code code;
    if (!fs::is_regular_file(name_or_path, code)) {
      throw Error(ErrorKind::model, "no such weights file", name_or_path, "check its name");
    }
    return name_or_path;
  }
  std::string name = name_or_path;
  if (const System* system = find_system(name); system != nullptr && system->best != nullptr) {
    name = system->best;
  }
  const bool plain = name.find('/') == std::string::npos;
  const fs::path file = plain ? find_shipped("models/" + name + kWeightsEnding) : fs::path();
  if (!file.empty()) return file;
  std::error_code code;
  if (fs::exists(name_or_path, code)) {
    throw Error(ErrorKind::model, "is not a weights file", name_or_path, "give a .safetensors file");
  }
  std::string names;
  for (const std::string& bundled : bundled_models()) names += (names.empty() ? "" : ", ") + bundled;
  for (const System& system : kSystems) {
    if (system.make != nullptr) names += std::string(names.empty() ? "" : ", ") + system.name;
  }
  throw Error(ErrorKind::model, "there is no model '" + printable(std::string_view(name_or_path)) + "'",
              {}, "choose one of " + names + ", or give a .safetensors file");
}

ModelCard find_card(const std::string& name_or_path) {
  if (needs_no_weights(name_or_path)) return find_system(name_or_path)->make()->card();
  const fs::path weights = find_weights(name_or_path);
  ModelCard card = ModelCard::read(card_path(weights));
  if (find_system(card.system) == nullptr) {
    throw Error(ErrorKind::model, "is of a system that this segue does not know ('" + card.system + "')",
                weights, "choose another model or update segue");
  }
  return card;
}

std::unique_ptr<SuccessorModel> load_model(const std::string& name_or_path) {
  if (needs_no_weights(name_or_path)) return find_system(name_or_path)->make();
  find_card(name_or_path);
  return learning_plugin().load_model(find_weights(name_or_path));
}

}  // namespace segue
