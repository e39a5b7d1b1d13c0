#include "model_torch/trainer_step.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace segue {

torch::optim::AdamW make_optimizer(Network& net, const nlohmann::json& recipe) {
  return torch::optim::AdamW(net.parameters(),
                             torch::optim::AdamWOptions(recipe.at("learning_rate").get<double>())
                                 .weight_decay(recipe.at("weight_decay").get<double>()));
}

double learning_rate(const nlohmann::json& recipe, double step, double steps) {
  const double warm = std::min(1.0, (step + 1) / std::max(1.0, recipe.at("warmup").get<double>()));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, step / steps)));
  return recipe.at("learning_rate").get<double>() * warm * (0.02 + 0.98 * cosine);
}

double optimize(Network& net, torch::optim::Optimizer& optimizer, const torch::Tensor& loss,
                double learning_rate, const nlohmann::json& recipe) {
  for (auto& group : optimizer.param_groups()) {
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learning_rate);
  }
  optimizer.zero_grad();
  loss.backward();
  const double norm =
      torch::nn::utils::clip_grad_norm_(net.parameters(), recipe.at("clip_gradient").get<double>());
  optimizer.step();
  return std::isfinite(norm) ? loss.item<double>() : norm;  // weights are no numbers from here on
}

}  // namespace segue
