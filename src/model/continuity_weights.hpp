// Learned by scripts/fit_continuity.py. Internal to model.
#pragma once

#include <array>
#include <cstddef>

#include "model/continuity.hpp"

namespace segue {

// Each surprise, and the lesser and the greater of both directions, is weighed piecewise linearly: what
// it exceeds each knot by.
inline constexpr std::array<float, 6> kSurpriseKnots{-3, 0, 1, 2, 4, 7};
inline constexpr std::size_t kSurpriseCues = 4 * kSurpriseLengths.size();

extern const std::array<std::array<float, kSurpriseKnots.size()>, kSurpriseCues> kContinuityWeights;

}  // namespace segue
