// Loudness of parts of a track, from the momentary loudness of its 100-ms blocks.
#pragma once

#include <span>

#include "features/geometry.hpp"

namespace segue {

// The blocks whose 400-ms window lies inside the fragment, so that neighbours do not colour it;
// where it is too short for one, the single block that overlaps it most. momentary: LUFS at the end
// of every block, as feature files have it.
std::span<const float> blocks_inside(std::span<const float> momentary, const FragmentSpan& span);

// Mean energy after the gates of ITU-R BS.1770-4: blocks under -70 LUFS do not count, then those
// more than 10 LU under the mean of the others. LUFS; -inf if nothing is left.
double gated_loudness(std::span<const float> momentary);

}  // namespace segue
