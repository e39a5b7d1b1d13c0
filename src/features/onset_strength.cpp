#include "features/onset_strength.hpp"

#include <algorithm>

namespace segue {
namespace {

constexpr Hop kBlock = 4096;  // frames read at once
// Frame i is the first to reach hop i + 3, but its window hardly hears its last hop: what makes it rise
// most began in hop i + 2.
constexpr Hop kDelay = kFrameOverhang - 1;

}  // namespace

std::vector<float> onset_strength(const FeatureFile& features) {
  std::vector<float> strength(static_cast<std::size_t>(features.hops()));
  std::vector<float> rows;
  for (Hop begin = 0; begin + 1 < features.frames(); begin += kBlock) {
    // One frame more, so that blocks overlap by the difference between them.
    const FrameRange range{begin, std::min(begin + kBlock + 1, features.frames())};
    rows.resize(static_cast<std::size_t>(range.size() * kBands));
    features.read_log_mel(range, rows);
    for (Hop i = 1; i < range.size(); ++i) {
      const float* now = rows.data() + i * kBands;
      float rise = 0;
      for (int band = 0; band < kBands; ++band) rise += std::max(0.0f, now[band] - now[band - kBands]);
      strength[static_cast<std::size_t>(begin + i + kDelay)] = rise / kBands;
    }
  }
  return strength;
}

}  // namespace segue
