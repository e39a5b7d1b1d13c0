// The plugin's one door.
#include "model/plugin.hpp"

#include "model_torch/detector.hpp"
#include "model_torch/systems.hpp"
#include "model_torch/trainer.hpp"

namespace {

constexpr segue::LearningPlugin kPlugin{segue::LearningPlugin::current_abi, segue::load_network,
                                        segue::train, segue::train_detector, segue::load_detector};

}  // namespace

extern "C" __attribute__((visibility("default"))) const segue::LearningPlugin* segue_learning_plugin() {
  return &kPlugin;
}
