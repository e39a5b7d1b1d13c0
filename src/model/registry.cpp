#include "model/registry.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "model/baselines.hpp"
#include "model/continuity.hpp"
#include "model/plugin.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

// Systems that learn nothing; networks are known by the cards of their weights.
struct Baseline {
  const char* name;
  std::unique_ptr<SuccessorModel> (*make)();
};
constexpr Baseline kBaselines[] = {
    {"edge", make_edge_model},
    {"random", make_random_model},
};

const Baseline* find_baseline(const std::string& name) {
  const auto found = std::find_if(std::begin(kBaselines), std::end(kBaselines),
                                  [&](const Baseline& system) { return name == system.name; });
  return found == std::end(kBaselines) ? nullptr : found;
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

namespace {

// The bundled weights of a system that tell best what follows, by their cards.
fs::path best_of(const std::string& system) {
  fs::path best;
  double best_auc = -1;
  for (const std::string& name : bundled_models()) {
    const fs::path weights = find_shipped("models/" + name + kWeightsEnding);
    const ModelCard card = ModelCard::read(card_path(weights));
    const double auc = card.metrics.is_object() ? card.metrics.value("best_validation_auc", 0.0) : 0;
    if (card.system == system && auc > best_auc) {
      best = weights;
      best_auc = auc;
    }
  }
  return best;
}

}  // namespace

fs::path find_weights(const std::string& name_or_path) {
  if (name_or_path.ends_with(kWeightsEnding)) {
    std::error_code code;
    if (!fs::is_regular_file(name_or_path, code)) {
      throw Error(ErrorKind::model, "no such weights file", name_or_path, "check its name");
    }
    return name_or_path;
  }
  if (name_or_path.find('/') == std::string::npos) {
    fs::path file = find_shipped("models/" + name_or_path + kWeightsEnding);
    if (file.empty()) file = best_of(name_or_path);
    if (!file.empty()) return file;
  }
  std::error_code code;
  if (fs::exists(name_or_path, code)) {
    throw Error(ErrorKind::model, "is not a weights file", name_or_path, "give a .safetensors file");
  }
  std::string names;
  for (const std::string& bundled : bundled_models()) names += (names.empty() ? "" : ", ") + bundled;
  for (const Baseline& system : kBaselines)
    names += std::string(names.empty() ? "" : ", ") + system.name;
  throw Error(ErrorKind::model, "there is no model '" + printable(std::string_view(name_or_path)) + "'",
              {}, "choose one of " + names + ", or give a .safetensors file");
}

fs::path find_weights_to_adapt(const std::string& name_or_path) {
  if (find_baseline(name_or_path) != nullptr) {
    throw Error(ErrorKind::usage, "'" + name_or_path + "' learns nothing, so it cannot be adapted", {},
                "choose a network, such as " + std::string(kDefaultModel));
  }
  return find_weights(name_or_path == "bundled" ? kDefaultModel : name_or_path);
}

ModelCard find_card(const std::string& name_or_path) {
  if (const Baseline* baseline = find_baseline(name_or_path)) return baseline->make()->card();
  return ModelCard::read(card_path(find_weights(name_or_path)));
}

bool can_hear_waveform(const ModelCard& card) { return card.system == kDefaultModel; }

std::unique_ptr<SuccessorModel> load_model(const std::string& name_or_path, bool waveform) {
  if (const Baseline* baseline = find_baseline(name_or_path)) return baseline->make();
  auto model = learning_plugin().load_model(find_weights(name_or_path));
  if (waveform && can_hear_waveform(model->card())) return hearing_the_waveform(std::move(model));
  return model;
}

}  // namespace segue
