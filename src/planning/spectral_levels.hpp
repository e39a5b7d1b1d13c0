// Levels of the bands of a blend, from a track's log-mel: what decides over how tracks meet needs no
// decoding. Internal to planning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "features/feature_file.hpp"
#include "plan/blend.hpp"

namespace segue {

using BandLevels = std::array<double, BlendSide::bands>;  // dB each

// In which band of a blend the middle of a mel band lies.
std::size_t blend_band_of(int mel_band);

// The powers whose logarithms feature files hold (features/feature_file.hpp), by their bits.
using Powers = std::array<float, std::size_t{1} << 16>;
const Powers& powers();

// Mean power of each band from `begin` to `end`, dB, beside an unknown that all bands of all tracks
// share. At least one frame is heard, the nearest that the track has.
BandLevels band_levels(const FeatureFile& features, Seconds begin, Seconds end);

// By how many dB the passage is louder with its bands changed by so much: power weighted by mel band as
// ITU-R BS.1770 weighs frequencies, without its gates.
double louder_by(const FeatureFile& features, Seconds begin, Seconds end, const BandLevels& change);

}  // namespace segue
