#include "model_torch/seam_contrast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace segue {
namespace {

constexpr int kBorders[] = {0, 16, 40, 60, kBands};  // of groups of bands; multiples of 4
constexpr float kLeastDistance = 1e-4F;

using Distances = std::array<float, 5>;  // logarithms: of all bands, of each group

// Sums of all frames before each: [frames + 1 × 80].
class RunningSums {
 public:
  explicit RunningSums(std::span<const float> window)
      : frames_(static_cast<Hop>(window.size()) / kBands), sums_(window.size() + kBands) {
    for (std::size_t i = 0; i < window.size(); ++i) sums_[i + kBands] = sums_[i] + window[i];
  }

  Hop frames() const { return frames_; }

  Distances distances(Hop at, Hop gap, Hop width) const {
    const float *before = to(at - gap - width), *left = to(at - gap);
    const float *entered = to(at + gap), *after = to(at + gap + width);
    std::array<float, kBands> squares{};
    for (int band = 0; band < kBands; ++band) {
      const float difference = (left[band] - before[band]) - (after[band] - entered[band]);
      squares[band] = difference * difference;
    }
    const float scale = 1 / static_cast<float>(width * width);
    Distances distances;
    float all = 0;
    for (std::size_t group = 0; group + 1 < std::size(kBorders); ++group) {
      std::array<float, 4> sums{};  // side by side, for the processor
      for (int band = kBorders[group]; band < kBorders[group + 1]; band += 4)
        for (int i = 0; i < 4; ++i) sums[i] += squares[band + i];
      const float sum = (sums[0] + sums[1] + sums[2] + sums[3]) * scale;
      all += sum;
      const auto bands = static_cast<float>(kBorders[group + 1] - kBorders[group]);
      distances[group + 1] = std::log(sum / bands + kLeastDistance);
    }
    distances[0] = std::log(all / kBands + kLeastDistance);
    return distances;
  }

 private:
  const float* to(Hop frame) const { return sums_.data() + std::clamp<Hop>(frame, 0, frames_) * kBands; }

  Hop frames_;
  std::vector<float> sums_;
};

}  // namespace

SeamContrast::SeamContrast(Hop transition) : stride_(3 * std::max<Hop>(1, transition / 130)) {
  // The gap leaves out nothing, then the frames that straddle a hard cut, then the fade, then some more.
  constexpr Hop cut = 3;
  const Hop fade = std::max(cut, (transition + 1) / 2 + 1);
  spans_ = {{0, 2}, {0, 4}, {0, 16}, {cut, 4}, {cut, 16}, {cut, 40}};
  if (fade > cut) spans_.insert(spans_.end(), {{fade, 4}, {fade, 16}, {fade, 40}});
  spans_.insert(spans_.end(), {{fade + 5, 16}, {fade + 5, 40}});
  // Of a long transition, what lies on either side is compared as a whole as well.
  if (transition > kLongTransition)
    spans_.insert(spans_.end(), {{0, 86}, {0, 172}, {fade, 86}, {fade, 160}});
}

void SeamContrast::measure(std::span<const float> window, const FrameRange& heard,
                           std::span<float> into) const {
  const RunningSums sums(window);
  const Hop middle = sums.frames() / 2;
  const Hop side = std::min(middle - heard.begin, heard.end - middle);
  std::vector<Distances> others;
  std::size_t at_measure = 0;
  for (const Span& span : spans_) {
    // Narrower where little is heard, so that something is left to compare with.
    const Hop width = std::clamp<Hop>((side - span.gap) / 2, 1, span.width);
    const Hop first = heard.begin + span.gap + width, last = heard.end - span.gap - width;
    const Hop apart = span.gap + width / 2 + 6;  // of the seam and what it is compared with
    Distances here;
    here.fill(std::log(0.0F));
    const auto hear_seam = [&](Hop at) {
      const Distances some = sums.distances(at, span.gap, width);
      for (std::size_t group = 0; group < kGroups; ++group)
        here[group] = std::max(here[group], some[group]);
    };
    if (std::max(first, middle - 2) > std::min(last, middle + 2)) hear_seam(middle);
    for (Hop at = std::max(first, middle - 2); at <= std::min(last, middle + 2); ++at) hear_seam(at);
    others.clear();
    for (Hop at = first; at <= last; ++at)
      if (std::abs(at - middle) > apart && (at - middle) % stride_ == 0)
        others.push_back(sums.distances(at, span.gap, width));
    const auto count = static_cast<float>(others.size());
    for (std::size_t group = 0; group < kGroups; ++group, at_measure += kMeasures) {
      const std::span<float> measures = into.subspan(at_measure, kMeasures);
      std::fill(measures.begin(), measures.end(), 0.0F);
      measures[0] = here[group];
      if (others.empty()) continue;
      float mean = 0, variance = 0, exceeded = 0;
      for (const Distances& other : others) mean += other[group] / count;
      for (const Distances& other : others) {
        const float off = other[group] - mean;
        variance += off * off / count;
        exceeded += 1 / (1 + std::exp(-4 * (here[group] - other[group])));
      }
      measures[1] = here[group] - mean;
      measures[2] = measures[1] / (std::sqrt(variance) + 0.1F);
      measures[3] = exceeded / count;
    }
  }
}

}  // namespace segue
