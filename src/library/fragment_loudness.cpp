#include "library/fragment_loudness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "features/feature_file.hpp"

namespace segue {
namespace {

constexpr double kWindow = 0.4;  // seconds
constexpr double kAbsoluteGate = -70;
constexpr double kRelativeGate = -10;

// Mean energy, as LUFS, of the blocks above `gate`.
double mean_above(std::span<const float> momentary, double gate) {
  double sum = 0;
  std::size_t count = 0;
  for (const float block : momentary) {
    if (!(block > gate)) continue;
    sum += std::pow(10.0, block / 10.0);
    ++count;
  }
  if (count == 0) return -std::numeric_limits<double>::infinity();
  return 10 * std::log10(sum / static_cast<double>(count));
}

}  // namespace

std::span<const float> blocks_inside(std::span<const float> momentary, const FragmentSpan& span) {
  if (momentary.empty()) return {};
  const double start = hops_to_seconds(span.start).count();
  const double end = hops_to_seconds(span.end()).count();
  const auto count = static_cast<std::int64_t>(momentary.size());
  // Block k hears [(k + 1) / 10 - 0.4, (k + 1) / 10); the margin forgives rounding on the grid.
  constexpr double margin = 1e-6;
  const auto first =
      static_cast<std::int64_t>(std::ceil((start + kWindow - margin) / kLoudnessBlock)) - 1;
  const auto last = static_cast<std::int64_t>(std::floor((end + margin) / kLoudnessBlock)) - 1;
  if (first <= last && first < count) {
    const auto until = std::min(last, count - 1);
    return momentary.subspan(static_cast<std::size_t>(first),
                             static_cast<std::size_t>(until - first + 1));
  }
  const double centre = (start + end) / 2;
  const auto nearest = std::llround((centre + kWindow / 2) / kLoudnessBlock) - 1;
  return momentary.subspan(static_cast<std::size_t>(std::clamp<std::int64_t>(nearest, 0, count - 1)), 1);
}

double gated_loudness(std::span<const float> momentary) {
  const double loud = mean_above(momentary, kAbsoluteGate);
  if (!std::isfinite(loud)) return loud;
  return mean_above(momentary, std::max(kAbsoluteGate, loud + kRelativeGate));
}

}  // namespace segue
