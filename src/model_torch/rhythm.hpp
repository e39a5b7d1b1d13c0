// Timelines as tensors, and how they would go on by their own repetition. Internal to model_torch.
#pragma once

#include <torch/torch.h>

#include <span>

#include "model_torch/fragment_curves.hpp"

namespace segue {

// Timelines that end together; S is the longest, L at most kLags.
struct TimelineBatch {
  torch::Tensor values;   // [N × S × 84]
  torch::Tensor known;    // [N × S]
  torch::Tensor lags;     // [N × kLagInputs × L] what there is to say of each lag
  torch::Tensor allowed;  // [N × L] true where enough steps meet
};

// How many lags further the convolutions over lags look that weigh one: two of kLagKernel.
inline constexpr std::int64_t kLagKernel = 7, kLagReach = 2 * (kLagKernel / 2);

// Of each lag: the mean product of each group, the lag twice (linear, logarithmic), the steps that meet.
inline constexpr std::int64_t kLagInputs = kCurveGroups + 3;

// On the CPU. `products` holds lag_products() of each.
TimelineBatch pack_timelines(std::span<const Timeline> timelines, std::span<const LagProducts> products);

// One step for each of N × `count`: the first `count` of each ([N × count × 84]), zero beyond its end;
// or the last, zero before its beginning.
torch::Tensor first_steps(std::span<const FragmentCurves* const> fragments, std::int64_t count);
torch::Tensor last_steps(std::span<const FragmentCurves* const> fragments, std::int64_t count);

// p(t) = Σ w(τ) p(t−τ) / Σ w(τ) k(t−τ), with k = known before the end and 1 after it: the steps after
// the end [N × count × C] as the weights of the lags [N × L] repeat them. `gap` steps come before those
// returned.
torch::Tensor continued(const torch::Tensor& values, const torch::Tensor& known,
                        const torch::Tensor& weights, std::int64_t gap, std::int64_t count);

}  // namespace segue
