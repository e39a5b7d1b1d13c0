#include "model_torch/rhythm.hpp"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

// One step of all groups side by side.
void copy_step(const Curves& curves, Hop step, float* out) {
  for (std::size_t group = 0; group < kCurveGroups; ++group) {
    const int channels = kCurveChannels[group];
    out = std::copy_n(curves[group].data() + step * channels, channels, out);
  }
}

void fill_lags(const LagProducts& products, Hop lags, float* out, bool* allowed) {
  for (Hop i = 0; i < lags; ++i) {
    const auto column = static_cast<std::size_t>(i);
    const auto lag = static_cast<float>(kFirstLag + i);
    for (std::size_t group = 0; group < kCurveGroups; ++group)
      out[static_cast<Hop>(group) * lags + i] = products.products[group * kLags + column];
    float* more = out + static_cast<Hop>(kCurveGroups) * lags + i;
    more[0] = lag / 100;
    more[lags] = std::log(lag / 50);
    more[2 * lags] = products.count[column] / 100;
    allowed[i] = products.count[column] >= kLeastAlone;
  }
}

}  // namespace

TimelineBatch pack_timelines(std::span<const Timeline> timelines,
                             std::span<const LagProducts> products) {
  const auto count = static_cast<std::int64_t>(timelines.size());
  Hop longest = 1;
  for (const Timeline& timeline : timelines) longest = std::max(longest, timeline.steps);
  // Longer lags than any of them holds would only cost time; but what weighs the longest looks a little
  // beyond, and must see there what it sees in longer company.
  const Hop lags =
      std::clamp<Hop>(longest - kLeastAlone - kFirstLag + 1, 1, kLags - kLagReach) + kLagReach;
  TimelineBatch batch{torch::zeros({count, longest, kAllCurveChannels}), torch::zeros({count, longest}),
                      torch::zeros({count, kLagInputs, lags}),
                      torch::zeros({count, lags}, torch::kBool)};
  for (std::int64_t n = 0; n < count; ++n) {
    const Timeline& timeline = timelines[static_cast<std::size_t>(n)];
    const Hop offset = longest - timeline.steps;
    float* values = batch.values.data_ptr<float>() + (n * longest + offset) * kAllCurveChannels;
    for (Hop step = 0; step < timeline.steps; ++step, values += kAllCurveChannels)
      copy_step(timeline.curves, step, values);
    std::copy(timeline.known.begin(), timeline.known.end(),
              batch.known.data_ptr<float>() + n * longest + offset);
    fill_lags(products[static_cast<std::size_t>(n)], lags,
              batch.lags.data_ptr<float>() + n * kLagInputs * lags,
              batch.allowed.data_ptr<bool>() + n * lags);
  }
  return batch;
}

namespace {

torch::Tensor steps_of(std::span<const FragmentCurves* const> fragments, std::int64_t count, bool last) {
  const auto size = static_cast<std::int64_t>(fragments.size());
  torch::Tensor result = torch::zeros({size, count, kAllCurveChannels});
  for (std::int64_t n = 0; n < size; ++n) {
    const FragmentCurves& fragment = *fragments[static_cast<std::size_t>(n)];
    const Hop known = std::min<Hop>(count, fragment.steps);
    const Hop from = last ? fragment.steps - known : 0, to = last ? count - known : 0;
    float* out = result.data_ptr<float>() + (n * count + to) * kAllCurveChannels;
    for (Hop i = 0; i < known; ++i, out += kAllCurveChannels) copy_step(fragment.curves, from + i, out);
  }
  return result;
}

}  // namespace

torch::Tensor first_steps(std::span<const FragmentCurves* const> fragments, std::int64_t count) {
  return steps_of(fragments, count, false);
}

torch::Tensor last_steps(std::span<const FragmentCurves* const> fragments, std::int64_t count) {
  return steps_of(fragments, count, true);
}

torch::Tensor continued(const torch::Tensor& values, const torch::Tensor& known,
                        const torch::Tensor& weights, std::int64_t gap, std::int64_t count) {
  namespace F = torch::nn::functional;
  const std::int64_t lags = weights.size(1), channels = values.size(2);
  const std::int64_t reach = kFirstLag + lags - 1;  // steps back that are looked at
  const torch::Tensor backwards = weights.flip(1);
  // [N × steps × L + steps - 1]: row i weighs what lies before step i of those made at once.
  const auto band = [&](std::int64_t steps) {
    std::vector<torch::Tensor> rows;
    for (std::int64_t i = 0; i < steps; ++i)
      rows.push_back(F::pad(backwards, F::PadFuncOptions({i, steps - 1 - i})));
    return torch::stack(rows, 1);
  };
  const torch::Tensor full = band(kFirstLag);
  torch::Tensor line = torch::cat({values, known.unsqueeze(2)}, 2);
  if (line.size(1) < reach) line = F::pad(line, F::PadFuncOptions({0, 0, reach - line.size(1), 0}));
  line = line.narrow(1, line.size(1) - reach, reach);
  // As many steps at once as the shortest lag allows.
  for (std::int64_t done = 0; done < gap + count;) {
    const std::int64_t some = std::min<std::int64_t>(kFirstLag, gap + count - done);
    const torch::Tensor past = line.narrow(1, line.size(1) - reach, lags + some - 1);
    const torch::Tensor sums = torch::bmm(some == kFirstLag ? full : band(some), past);
    const torch::Tensor steps =
        sums.narrow(2, 0, channels) / sums.narrow(2, channels, 1).clamp_min(1e-3);
    line = torch::cat({line, torch::cat({steps, torch::ones_like(sums.narrow(2, channels, 1))}, 2)}, 1);
    done += some;
  }
  return line.narrow(1, line.size(1) - count, count).narrow(2, 0, channels);
}

}  // namespace segue
