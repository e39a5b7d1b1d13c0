// What a training run is told and what it gives back. No LibTorch here: the command line fills
// these, the plugin acts on them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "features/manifest.hpp"
#include "model/model_card.hpp"

namespace segue {

struct SettingRow;  // training/recipe_table.hpp

// How weights that have learnt go on to learn from other music: briefly and in small steps, so that what
// they know is bent, not replaced.
struct Adaptation {
  static constexpr int epochs = 30;
  static constexpr double learning_rate_share = 0.25;  // of the learning rate that they were learnt with
};

// Every setting of a run, under the names that cards, `--set NAME=VALUE` and recipe files use.
// Bundled recipes: crnn-report (as the report has it), crnn-tuned, dense, autoencoder,
// successor.
class Recipe {
 public:
  // A bundled recipe's name, that of a system (its tuned recipe), or a JSON file that holds
  // {"base": NAME, settings…}.
  // Throws Error(usage) for unknown names, Error(input) for a damaged file.
  static Recipe load(const std::string& name_or_file);
  static std::vector<std::string> bundled();

  // That of a finished model, with the epochs and the learning rate of an Adaptation; set() then changes
  // nothing that defines the network. Throws Error(usage) if other music cannot teach such a network,
  // Error(model) if the card's settings are not sound.
  static Recipe adapting(const ModelCard& card);

  // Throws Error(usage) naming the settings there are, or the range that holds.
  void set(const std::string& name, const std::string& value);
  void validate() const;

  // For a pretrained encoder, which hears every fragment once and as it is: sets encoder (and
  // input=log-mel), and what would change fragments (shift, stretch, gain_db, tilt_db, extremes) to 0.
  void use_pretrained();

  const std::string& name() const { return name_; }
  const std::string& system() const { return system_; }  // that it trains
  const nlohmann::json& settings() const { return settings_; }

 private:
  const SettingRow* find_setting(const std::string& name) const;  // null: the system has none
  [[noreturn]] void refuse_name(const std::string& name) const;

  std::size_t bundled_ = 0;  // number of the bundled recipe that this is or stands on
  std::string name_;
  std::string system_;
  std::string fixed_by_;  // the model whose network this is; empty where a new one is made
  nlohmann::json settings_;
};

struct TrainingRequest {
  Manifest manifest;  // train side teaches, val side stops; the test side is not read
  Recipe recipe;
  // Weights to begin with; the recipe is then Recipe::adapting() of their card. Empty: a new network.
  std::filesystem::path from;
  std::filesystem::path encoder;  // TorchScript file, if a new network stands on a pretrained encoder
  std::filesystem::path folder;   // of the run: checkpoints, curves.csv, curves.svg, weights, card
  std::filesystem::path
      manifest_folder;  // where to leave the manifest once the run may begin; may be empty
  bool resume = false;  // go on from the newest checkpoint in `folder`
  std::uint64_t seed = 1;
  std::size_t threads = 0;     // 0 = all cores
  std::string device = "cpu";  // "cpu", "cuda", "auto"
  std::string command;         // for the card
};

struct TrainingResult {
  std::filesystem::path weights;  // NAME.safetensors in the run's folder, with its card beside it
  std::string name;
  int epochs = 0;                               // run in all
  int best_epoch = 0;                           // whose weights were kept; 0: those of `from`
  double best_validation_auc = 0;               // against random fragments of the same track
  std::optional<double> validation_auc_before;  // of the weights of `from`
  double seconds = 0;                           // of this call
};

}  // namespace segue
