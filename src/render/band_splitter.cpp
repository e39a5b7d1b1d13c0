#include "render/band_splitter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace segue {
namespace {

// A second-order Butterworth low-pass by the bilinear transform, transposed direct form II.
class LowPass {
 public:
  LowPass(double border, double sample_rate) {
    const double k = std::tan(std::numbers::pi * std::min(border, 0.49 * sample_rate) / sample_rate);
    const double norm = 1 / (1 + std::numbers::sqrt2 * k + k * k);
    b_ = k * k * norm;
    a1_ = 2 * (k * k - 1) * norm;
    a2_ = (1 - std::numbers::sqrt2 * k + k * k) * norm;
  }

  // As if the value had always been there, so that nothing settles in.
  void hold(double value) {
    s2_ = (b_ - a2_) * value;
    s1_ = (2 * b_ - a1_) * value + s2_;
  }

  double next(double x) {
    const double y = b_ * x + s1_;
    s1_ = 2 * b_ * x - a1_ * y + s2_;
    s2_ = b_ * x - a2_ * y;
    return y;
  }

 private:
  double b_ = 0, a1_ = 0, a2_ = 0;
  double s1_ = 0, s2_ = 0;
};

std::vector<float> below(std::span<const float> samples, double border, int sample_rate) {
  std::vector<double> once(samples.size());
  LowPass forward(border, sample_rate), backward(border, sample_rate);
  forward.hold(samples.front());
  for (std::size_t i = 0; i < samples.size(); ++i) once[i] = forward.next(samples[i]);
  std::vector<float> twice(samples.size());
  backward.hold(once.back());
  for (std::size_t i = samples.size(); i-- > 0;) twice[i] = static_cast<float>(backward.next(once[i]));
  return twice;
}

}  // namespace

void split_bands(std::span<const float> samples, int sample_rate, std::span<const double> borders,
                 const std::function<void(std::size_t band, std::span<const float>)>& use) {
  if (samples.empty()) return;
  std::vector<float> lower, band(samples.size());
  for (std::size_t k = 0; k <= borders.size(); ++k) {
    std::vector<float> upper(samples.begin(), samples.end());
    if (k < borders.size()) upper = below(samples, borders[k], sample_rate);
    for (std::size_t i = 0; i < band.size(); ++i) band[i] = upper[i] - (k > 0 ? lower[i] : 0);
    use(k, band);
    lower = std::move(upper);
  }
}

}  // namespace segue
