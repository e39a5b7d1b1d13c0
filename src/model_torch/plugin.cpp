// The plugin's one door.
#include "model/plugin.hpp"

#include "model_torch/systems.hpp"
#include "model_torch/trainer.hpp"

namespace {

constexpr segue::LearningPlugin kPlugin{segue::LearningPlugin::current_abi, segue::load_network,
                                        segue::train};

}  // namespace

extern "C" __attribute__((visibility("default"))) const segue::LearningPlugin* segue_learning_plugin() {
  return &kPlugin;
}
