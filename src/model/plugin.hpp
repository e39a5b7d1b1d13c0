// The border to LibTorch: a shared object that is loaded when a network is first needed,
// because linking LibTorch costs a third of a second at every start.
#pragma once

#include <filesystem>
#include <memory>

#include "model/successor_model.hpp"

namespace segue {

struct TrainingRequest;  // training/training_request.hpp
struct TrainingResult;
struct DetectorLesson;  // evaluation/seam_detector.hpp
class SeamDetector;

// What the plugin offers; found through its one C symbol `segue_learning_plugin`.
struct LearningPlugin {
  static constexpr int current_abi = 4;
  int abi;
  // Throws Error(model) if the weights are missing, damaged or of another architecture.
  std::unique_ptr<SuccessorModel> (*load_model)(const std::filesystem::path& weights);
  // Throws Error; see training/training_request.hpp.
  TrainingResult (*train)(const TrainingRequest& request);
  // Throw Error; see model_torch/detector.hpp.
  void (*train_detector)(const DetectorLesson& lesson, const std::filesystem::path& weights);
  std::unique_ptr<SeamDetector> (*load_detector)(const std::filesystem::path& weights);
};

// Loads the plugin on first use. Throws Error(internal) if it is not installed or too old.
const LearningPlugin& learning_plugin();

}  // namespace segue
