// Whether two fragments sound the same: music repeats itself, often note for note.
#pragma once

#include "features/fragment_set.hpp"

namespace segue {

// Below this two fragments are taken for the same audio: re-encoded, begun up to some 5 ms later or
// 1 dB softer, a fragment stays below; two fragments of a track come below only where they repeat or
// are silent (docs/learning.md, measured by bench/tolerance.py).
inline constexpr double kSameAudio = 2;  // dB

// RMS over frames and bands of the difference of log-mel power, in dB: frame against frame from the
// beginning of both visible parts, as far as the shorter goes. Nothing is aligned, no level evened.
// NaN where the guard leaves nothing to see.
double audio_distance(const FragmentSet& fragments, std::size_t a, std::size_t b, Hop guard);

}  // namespace segue
