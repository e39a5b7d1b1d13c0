#include "render/band_splitter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace segue {
namespace {

constexpr std::size_t kTogether = 4;  // filters that run side by side, in the lanes of a register

// Second-order Butterworth low-passes by the bilinear transform, transposed direct form II.
class LowPasses {
 public:
  LowPasses(std::span<const double> borders, double sample_rate) {
    for (std::size_t k = 0; k < kTogether; ++k) {
      const double border = borders[std::min(k, borders.size() - 1)];
      const double w = std::tan(std::numbers::pi * std::min(border, 0.49 * sample_rate) / sample_rate);
      const double norm = 1 / (1 + std::numbers::sqrt2 * w + w * w);
      b_[k] = w * w * norm;
      a1_[k] = 2 * (w * w - 1) * norm;
      a2_[k] = (1 - std::numbers::sqrt2 * w + w * w) * norm;
    }
  }

  // As if the values had always been there, so that nothing settles in.
  void hold(const float* values) {
    for (std::size_t k = 0; k < kTogether; ++k) {
      s2_[k] = (b_[k] - a2_[k]) * static_cast<double>(values[k]);
      s1_[k] = (2 * b_[k] - a1_[k]) * static_cast<double>(values[k]) + s2_[k];
    }
  }

  // In place.
  void next(float* values) {
    for (std::size_t k = 0; k < kTogether; ++k) {
      const auto x = static_cast<double>(values[k]);
      const double y = b_[k] * x + s1_[k];
      s1_[k] = 2 * b_[k] * x - a1_[k] * y + s2_[k];
      s2_[k] = b_[k] * x - a2_[k] * y;
      values[k] = static_cast<float>(y);
    }
  }

 private:
  double b_[kTogether] = {}, a1_[kTogether] = {}, a2_[kTogether] = {};
  double s1_[kTogether] = {}, s2_[kTogether] = {};
};

// What lies below each of up to kTogether borders: [samples × kTogether].
std::vector<float> below(std::span<const float> samples, std::span<const double> borders,
                         int sample_rate) {
  std::vector<float> lanes(samples.size() * kTogether);
  for (std::size_t i = 0; i < samples.size(); ++i)
    std::fill_n(lanes.begin() + static_cast<std::ptrdiff_t>(i * kTogether), kTogether, samples[i]);
  LowPasses forward(borders, sample_rate), backward(borders, sample_rate);
  forward.hold(lanes.data());
  for (std::size_t i = 0; i < samples.size(); ++i) forward.next(lanes.data() + i * kTogether);
  backward.hold(lanes.data() + (samples.size() - 1) * kTogether);
  for (std::size_t i = samples.size(); i-- > 0;) backward.next(lanes.data() + i * kTogether);
  return lanes;
}

}  // namespace

void split_bands(std::span<const float> samples, int sample_rate, std::span<const double> borders,
                 const std::function<void(std::size_t band, std::span<const float>)>& use) {
  if (samples.empty()) return;
  std::vector<float> lower(samples.size()), band(samples.size());
  for (std::size_t first = 0; first <= borders.size(); first += kTogether) {
    const auto some = borders.subspan(first, std::min(kTogether, borders.size() - first));
    std::vector<float> lanes;
    if (!some.empty()) lanes = below(samples, some, sample_rate);
    for (std::size_t k = 0; k < kTogether && first + k <= borders.size(); ++k) {
      for (std::size_t i = 0; i < band.size(); ++i) {
        const float upper = k < some.size() ? lanes[i * kTogether + k] : samples[i];
        band[i] = upper - lower[i];
        lower[i] = upper;
      }
      use(first + k, band);
      if (k == some.size()) return;
    }
  }
}

}  // namespace segue
