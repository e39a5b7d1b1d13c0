// The plugin's one door.
#include "model/plugin.hpp"

#include "model_torch/crnn_model.hpp"
#include "model_torch/trainer.hpp"

namespace {

std::unique_ptr<segue::SuccessorModel> load_model(const std::filesystem::path& weights) {
  return segue::CrnnModel::load(weights);
}

constexpr segue::LearningPlugin kPlugin{segue::LearningPlugin::current_abi, load_model, segue::train};

}  // namespace

extern "C" __attribute__((visibility("default"))) const segue::LearningPlugin* segue_learning_plugin() {
  return &kPlugin;
}
