#include "render/interpolator.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace segue {
namespace {

constexpr std::size_t kFilterLength = 48;

std::size_t oversampling(int sample_rate) {
  if (sample_rate < 96000) return 4;
  return sample_rate < 192000 ? 2 : 1;
}

}  // namespace

PeakInterpolator::PeakInterpolator(int sample_rate) {
  const std::size_t factor = oversampling(sample_rate);
  taps_ = factor == 1 ? 0 : kFilterLength / factor;
  for (std::size_t phase = 1; phase < factor; ++phase) {
    auto& weights = weights_.emplace_back(taps_);
    double sum = 0;
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      const auto index = static_cast<double>(factor * tap + phase);
      const double x = std::numbers::pi * (index - kFilterLength / 2) / static_cast<double>(factor);
      const double window = 0.5 * (1 - std::cos(2 * std::numbers::pi * index / kFilterLength));
      const double weight = window * std::sin(x) / x;
      weights[taps_ - 1 - tap] = static_cast<float>(weight);
      sum += std::abs(weight);
    }
    largest_gain_ = std::max(largest_gain_, sum);
  }
}

void PeakInterpolator::raise(std::span<const float> samples, std::span<float> peaks) {
  const std::size_t count = peaks.size();
  for (std::size_t i = 0; i < count; ++i) {
    peaks[i] = std::max(peaks[i], std::abs(samples[i + behind()]));
  }
  for (const auto& weights : weights_) {
    points_.fill(0);
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      // Point by point in the inner loop: it vectorises, and sums do not depend on block sizes.
      const float weight = weights[tap];
      for (std::size_t i = 0; i < count; ++i) points_[i] += weight * samples[i + tap];
    }
    for (std::size_t i = 0; i < count; ++i) peaks[i] = std::max(peaks[i], std::abs(points_[i]));
  }
}

}  // namespace segue
