#include "render/band_splitter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace segue {
namespace {

constexpr std::size_t kTogether = 4;  // filters that run side by side, in the lanes of a register
using Values = float __attribute__((vector_size(kTogether * sizeof(float))));
using Lanes = double __attribute__((vector_size(kTogether * sizeof(double))));

// Second-order Butterworth low-passes by the bilinear transform, transposed direct form II:
// y = b x + s1; s1 = 2 b x - a1 y + s2; s2 = b x - a2 y.
struct LowPasses {
  Lanes b{}, a1{}, a2{};

  LowPasses(std::span<const double> borders, double sample_rate) {
    for (std::size_t k = 0; k < kTogether; ++k) {
      const double border = borders[std::min(k, borders.size() - 1)];
      const double w = std::tan(std::numbers::pi * std::min(border, 0.49 * sample_rate) / sample_rate);
      const double norm = 1 / (1 + std::numbers::sqrt2 * w + w * w);
      b[k] = w * w * norm;
      a1[k] = 2 * (w * w - 1) * norm;
      a2[k] = (1 - std::numbers::sqrt2 * w + w * w) * norm;
    }
  }
};

// What lies below each of up to kTogether borders, by filters that run on and then back:
// [samples × kTogether]. The compiler makes a version for processors with wide registers, too.
#if defined(__x86_64__)
__attribute__((target_clones("arch=haswell", "default")))
#endif
void below(const LowPasses& filters, std::span<const float> samples, float* rows) {
  const Lanes b = filters.b, a1 = filters.a1, a2 = filters.a2;
  // With y in them, a sample waits for as little of the one before as can be.
  const Lanes c1 = (2 - a1) * b, c2 = (1 - a2) * b;
  Lanes s1{}, s2{};
  const auto hold = [&](const Lanes& x) {  // as if it had always been there: nothing settles in
    s2 = (b - a2) * x;
    s1 = (2 * b - a1) * x + s2;
  };
  const auto next = [&](const Lanes& x, float* row) {
    const Values y = __builtin_convertvector(b * x + s1, Values);
    std::memcpy(row, &y, sizeof y);
    const Lanes s = (c1 * x + s2) - a1 * s1;
    s2 = c2 * x - a2 * s1;
    s1 = s;
  };
  hold(Lanes{} + static_cast<double>(samples.front()));
  for (std::size_t i = 0; i < samples.size(); ++i)
    next(Lanes{} + static_cast<double>(samples[i]), rows + i * kTogether);
  for (std::size_t i = samples.size(); i-- > 0;) {
    Values once;
    std::memcpy(&once, rows + i * kTogether, sizeof once);
    const Lanes x = __builtin_convertvector(once, Lanes);
    if (i + 1 == samples.size()) hold(x);
    next(x, rows + i * kTogether);
  }
}

}  // namespace

void split_bands(std::span<const float> samples, int sample_rate, std::span<const double> borders,
                 const std::function<void(std::size_t band, std::span<const float>)>& use) {
  if (samples.empty()) return;
  std::vector<float> band(samples.size()), lower(samples.size()), rows;
  for (std::size_t k = 0; k <= borders.size(); ++k) {
    if (k % kTogether == 0 && k < borders.size()) {
      rows.resize(samples.size() * kTogether);
      below(LowPasses(borders.subspan(k), sample_rate), samples, rows.data());
    }
    const bool last = k == borders.size();
    const float* upper = last ? samples.data() : rows.data() + k % kTogether;
    for (std::size_t i = 0; i < band.size(); ++i, upper += last ? 1 : kTogether) {
      band[i] = *upper - lower[i];
      lower[i] = *upper;
    }
    use(k, band);
  }
}

}  // namespace segue
