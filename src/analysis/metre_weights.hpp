// What metre.hpp learned. Internal to analysis.
#pragma once

#include "analysis/metre.hpp"

namespace segue {

struct GridWeight {
  double mean;    // of the number over all grids that it learned from
  double spread;  // its standard deviation
  double weight;
};
extern const std::array<GridWeight, kGridNumbers> kGridWeights;

// For each place of a bar of three, then of four, how the cues of its beats count.
extern const std::array<BarCues, 7> kPlaceWeights;
// For lags of 2, 3, 4, 6 and 8 beats, how repetition speaks for three beats to a bar.
inline constexpr std::array<std::size_t, 5> kMetreLags = {2, 3, 4, 6, 8};
extern const std::array<BarCues, kMetreLags.size()> kLagWeights;
extern const double kThreeBias;

}  // namespace segue
