// Fragments of unequal length as one tensor. Internal to model_torch.
#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

#include "features/fragment_set.hpp"
#include "model_torch/seam_features.hpp"

namespace segue {

struct FrameBatch {
  torch::Tensor frames;               // [N × 80 × longest], z-scored, zero after the end of each
  std::vector<std::int64_t> lengths;  // frames of each, ≥ 1
  torch::Tensor embeddings;           // [N × D] of a pretrained encoder, else undefined
};

// On the CPU. Throws Error(usage) if a fragment has fewer than `shortest` frames (≥ 1).
FrameBatch pack_frames(std::span<const LogMel> fragments, const BandStatistics& bands, Hop shortest,
                       std::size_t threads);

// values [steps × channels] → target[row], [channels × steps].
void copy_row(torch::Tensor& target, std::int64_t row, std::span<const float> values,
              std::int64_t channels);

// [N × length], true where a fragment of `lengths` still is.
torch::Tensor real_steps(const std::vector<std::int64_t>& lengths, std::int64_t length);

// [N × slots × longest] on the CPU: means over equal parts of each length, as adaptive pooling takes
// them: part j of L steps is [⌊jL/slots⌋, ⌈(j+1)L/slots⌉).
torch::Tensor slot_weights(const std::vector<std::int64_t>& lengths, std::int64_t slots);

// [N × longest × slots] on the CPU: the way back, by linear interpolation between the slots' middles;
// zero after the end of each.
torch::Tensor spread_weights(const std::vector<std::int64_t>& lengths, std::int64_t slots);

}  // namespace segue
