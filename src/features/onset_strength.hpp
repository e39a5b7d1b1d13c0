// Where something new begins in a track.
#pragma once

#include <vector>

#include "features/feature_file.hpp"

namespace segue {

// How much begins at each hop of the track, one number ≥ 0 a hop: the spectral flux, that is the mean
// over the 80 bands of what log10 power has risen since the frame before (Bello et al., "A tutorial on
// onset detection in music signals", IEEE TSAP 2005). A rise is counted at the hop in which what causes
// it begins, or the one before. The first hops and the last are 0.
std::vector<float> onset_strength(const FeatureFile& features);

}  // namespace segue
