// Cutting a track into fragments.
#pragma once

#include <span>
#include <vector>

#include "base/content_hash.hpp"
#include "features/feature_file.hpp"
#include "features/geometry.hpp"
#include "plan/segmentation.hpp"

namespace segue {

// Spans in order of time, back to back from hop 0: no PCM sample is lost or repeated between
// neighbours. What is left at the end and shorter than the shortest length allowed is not cut.
// `random` draws lengths, in hops, uniformly between its bounds from (seed, track); where the track
// ends before, the last fragment ends with it. `onsets` moves each inner cut of equal lengths to the hop
// of the greatest `onset_strength` (features/onset_strength.hpp, one number a hop) within kOnsetReach or
// a quarter of the length; of equally strong ones to the nearest, then the earlier.
std::vector<FragmentSpan> cut(Hop hops, const Segmentation& segmentation, const TrackId& track,
                              std::span<const float> onset_strength = {});

// The same with what the features say.
std::vector<FragmentSpan> cut(const FeatureFile& features, const Segmentation& segmentation);

// Hops of the longest fragment that this can give.
Hop longest_fragment(const Segmentation& segmentation);

}  // namespace segue
