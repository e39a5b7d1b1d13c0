// A training run at the end of an epoch, on disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model_torch/network.hpp"
#include "training/curves.hpp"
#include "training/training_request.hpp"

namespace segue {

// All that a resumed run needs. Randomness is derived from (seed, epoch), so there is no
// generator state to keep.
struct Checkpoint {
  std::string run;         // identity: what must be equal for a run to be resumed
  std::string arithmetic;  // device and threads: rounding depends on them
  std::vector<EpochRecord> records;
  int best_epoch = 0;
  double best_auc = 0;
  std::optional<double> auc_before;  // of the weights that an adaptation began with
};

// What must be equal for one run to be the continuation of another: settings, seed, tracks, fragments.
// What else the run stands on (weights to begin with, an encoder) its caller adds.
std::string run_identity(const TrainingRequest& request);

// Writes folder/checkpoint.safetensors, whole or not at all. Throws Error(output).
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint,
                     const Network& net, const Network& best, const torch::optim::Optimizer& optimizer);

// Nothing if there is none. Throws Error(input) if it is damaged or of another run than `run`.
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& folder, const std::string& run,
                                          Network& net, Network& best,
                                          torch::optim::Optimizer& optimizer, torch::Device device);

std::filesystem::path checkpoint_path(const std::filesystem::path& folder);

}  // namespace segue
