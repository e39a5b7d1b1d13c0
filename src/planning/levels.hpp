// How loud each placement plays. Internal to planning.
#pragma once

#include <span>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

// One placement as loudness sees it.
struct LevelledPiece {
  double fragment_lufs = 0;          // of the whole fragment, finite
  double track_lufs = 0;             // of its track; -inf if unknown
  std::span<const float> momentary;  // LUFS of the blocks that the mix plays
};

// Gains in dB, one a piece. First each fragment is brought to the target: raised by at most 12 dB, and
// at most 6 dB beyond what its whole track would need, so that a quiet intro stays quieter than the
// rest; lowered as far as needed. Then one offset for all makes the integrated loudness of the whole
// (ITU-R BS.1770-4, from the gated blocks) the target. Within -60 … 24 dB, rounded to 0.001 dB.
std::vector<double> level(std::span<const LevelledPiece> pieces, double target_lufs);

}  // namespace segue
