// A step of training.
#pragma once

#include "model_torch/network.hpp"

namespace segue {

// AdamW without decay on biases is not worth its complexity: one group, all parameters.
torch::optim::AdamW make_optimizer(Network& net, const nlohmann::json& recipe);

// Of step `step` of `steps` in all: linear warm-up, then half a cosine down to 2 % of the largest.
double learning_rate(const nlohmann::json& recipe, double step, double steps);

// Backpropagates, clips and steps. Returns the loss.
double optimize(Network& net, torch::optim::Optimizer& optimizer, const torch::Tensor& loss,
                double learning_rate, const nlohmann::json& recipe);

}  // namespace segue
