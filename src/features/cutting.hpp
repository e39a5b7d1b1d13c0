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
// a quarter of the length; of equally strong ones to the nearest, then the earlier. `beats`, `bars` and
// `phrases` cut where the music says so, to the nearest hop; before the first and after the last beat,
// and where beats are missing, in steps of the usual length; what would be shorter than half a second
// belongs to the fragment before. A track without beats is cut at onsets.
std::vector<FragmentSpan> cut(Hop hops, const Segmentation& segmentation, const TrackId& track,
                              std::span<const float> onset_strength = {}, const TrackMusic& music = {});

// The same with what the features say. Throws Error(input) where beats are asked for that an older
// analysis did not hear.
std::vector<FragmentSpan> cut(const FeatureFile& features, const Segmentation& segmentation);

// Hops of the longest fragment that this can give; of beats, bars and phrases the longest that is usual.
Hop longest_fragment(const Segmentation& segmentation);

}  // namespace segue
