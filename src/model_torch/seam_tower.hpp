// The frames nearest to a seam, through convolutions: what the music does as it ends or begins.
// Internal to model_torch.
#pragma once

#include <torch/torch.h>

#include <span>

#include "model_torch/fragment_curves.hpp"

namespace segue {

// A tower reads kNearFrames frames and gives kNearSteps steps of `channels` numbers.
inline constexpr std::int64_t kNearSteps = kNearFrames / 4;

// [N × kNearFrames × 80] z-scored, in order of time: the last frames of each fragment, zero before its
// beginning, or its first ones, zero beyond its end.
torch::Tensor near_frames(std::span<const FragmentCurves* const> fragments, bool last);

// Two convolutions halve time twice, one more deepens (He et al. 2016), each normalised over the batch
// (Ioffe & Szegedy 2015).
class SeamTower : public torch::nn::Module {
 public:
  SeamTower(std::int64_t hidden, std::int64_t channels);

  // [N × kNearFrames × 80] → [N × channels × kNearSteps].
  torch::Tensor forward(const torch::Tensor& frames);

 private:
  torch::nn::Conv1d read_{nullptr}, halve_{nullptr}, deepen_{nullptr}, out_{nullptr};
  torch::nn::BatchNorm1d read_norm_{nullptr}, halve_norm_{nullptr}, deepen_norm_{nullptr},
      out_norm_{nullptr};
};

// What both towers say of a pair: a convolution over both sides in order of time, and how alike each
// step before the seam is to each after it (the similarity matrix of Huang, Chou & Yang, AAAI 2018).
class TowerPair : public torch::nn::Module {
 public:
  TowerPair(std::int64_t channels, std::int64_t pair_channels, double dropout);

  // [P × channels × kNearSteps] each → [P].
  torch::Tensor forward(const torch::Tensor& before, const torch::Tensor& after);

 private:
  double dropout_;
  torch::nn::Conv1d across_{nullptr}, halve_{nullptr};
  torch::nn::Linear hidden_{nullptr}, out_{nullptr};
};

}  // namespace segue
