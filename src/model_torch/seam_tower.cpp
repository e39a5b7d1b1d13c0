#include "model_torch/seam_tower.hpp"

#include <algorithm>

#include "model_torch/layers.hpp"

namespace segue {

torch::Tensor near_frames(std::span<const FragmentCurves* const> fragments, bool last) {
  torch::Tensor result =
      torch::zeros({static_cast<std::int64_t>(fragments.size()), kNearFrames, kBands});
  float* out = result.data_ptr<float>();
  for (const FragmentCurves* fragment : fragments) {
    const std::vector<float>& frames = last ? fragment->last : fragment->first;
    const auto missing =
        static_cast<std::ptrdiff_t>(kNearFrames * kBands) - static_cast<std::ptrdiff_t>(frames.size());
    std::copy(frames.begin(), frames.end(), out + (last ? missing : 0));
    out += kNearFrames * kBands;
  }
  return result;
}

SeamTower::SeamTower(std::int64_t hidden, std::int64_t channels) {
  const auto norm = [](std::int64_t width) { return torch::nn::BatchNorm1d(width); };
  read_ = register_module("read", convolution(kBands, hidden, 5, 1));
  read_norm_ = register_module("read_norm", norm(hidden));
  halve_ = register_module("halve", convolution(hidden, hidden, 3, 2));
  halve_norm_ = register_module("halve_norm", norm(hidden));
  deepen_ = register_module("deepen", convolution(hidden, hidden, 3, 1));
  deepen_norm_ = register_module("deepen_norm", norm(hidden));
  out_ = register_module("out", convolution(hidden, channels, 3, 2));
  out_norm_ = register_module("out_norm", norm(channels));
}

torch::Tensor SeamTower::forward(const torch::Tensor& frames) {
  torch::Tensor x = frames.transpose(1, 2);
  x = torch::relu(read_norm_->forward(read_->forward(x)));
  x = torch::relu(halve_norm_->forward(halve_->forward(x)));
  x = x + torch::relu(deepen_norm_->forward(deepen_->forward(x)));
  return torch::relu(out_norm_->forward(out_->forward(x)));
}

TowerPair::TowerPair(std::int64_t channels, std::int64_t pair_channels, double dropout)
    : dropout_(dropout) {
  across_ = register_module("across", convolution(channels, pair_channels, 5, 1));
  halve_ = register_module("halve", convolution(pair_channels, pair_channels, 5, 2));
  hidden_ = register_module("hidden",
                            torch::nn::Linear(pair_channels * kNearSteps + kNearSteps * kNearSteps, 64));
  out_ = register_module("out", torch::nn::Linear(64, 1));
  // Begins as a small correction of what the others say.
  const torch::NoGradGuard no_grad;
  out_->weight.mul_(0.1);
  out_->bias.zero_();
}

torch::Tensor TowerPair::forward(const torch::Tensor& before, const torch::Tensor& after) {
  torch::Tensor x = torch::relu(across_->forward(torch::cat({before, after}, 2)));
  x = torch::relu(halve_->forward(x)).flatten(1);
  const auto unit = [](const torch::Tensor& steps) {
    return steps / (steps.square().sum(1, true) + 1e-4).sqrt();
  };
  const torch::Tensor alike = torch::bmm(unit(before).transpose(1, 2), unit(after)).flatten(1);
  x = torch::relu(hidden_->forward(torch::cat({x, alike}, 1)));
  return out_->forward(torch::dropout(x, dropout_, is_training())).squeeze(1);
}

}  // namespace segue
