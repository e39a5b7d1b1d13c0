// Cutting a track into fragments.
#pragma once

#include <vector>

#include "base/content_hash.hpp"
#include "features/geometry.hpp"
#include "plan/segmentation.hpp"

namespace segue {

// Spans in order of time, back to back from hop 0: no PCM sample is lost or repeated between
// neighbours. What is left at the end and shorter than the shortest length allowed is not cut.
// `random` draws lengths, in hops, uniformly between its bounds from (seed, track); where the track
// ends before, the last fragment ends with it.
std::vector<FragmentSpan> cut(Hop hops, const Segmentation& segmentation, const TrackId& track);

}  // namespace segue
