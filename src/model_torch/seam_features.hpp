// What the network `crnn` with input `seam` hears of a fragment: its beginning and end on a
// logarithmic time axis, and its rhythm carried on past its end. No LibTorch.
#pragma once

#include <span>
#include <vector>

#include "features/fragment_set.hpp"

namespace segue {

// Windows from the edge inwards: 1, 2, 4 … 128 frames (23 ms … 3 s), or all frames there are.
inline constexpr int kSeamScales = 8;
// Onset flux is taken in groups of 10 bands.
inline constexpr int kFluxGroups = 8;

// Mean and standard deviation of each band over the train side.
struct BandStatistics {
  std::vector<float> mean;   // [80]
  std::vector<float> scale;  // [80], > 0
};

// [scales × 80]: means over windows of 1, 2, 4 … frames from the beginning or the end of a fragment of
// one frame or more, or over all frames there are, z-scored.
std::vector<float> edge_means(const LogMel& fragment, const BandStatistics& statistics, int scales,
                              bool exit);

struct SeamFeatures {
  std::vector<float> entry;       // [8 × 80] z-scored mean of the first 1 … 128 frames
  std::vector<float> exit;        // [8 × 80] the same of the last ones
  std::vector<float> entry_flux;  // [flux_frames × 8] onset flux of the first frames
  std::vector<float> exit_flux;   // [flux_frames × 8] onset flux as it would go on after the end
  int entry_flux_frames = 0;      // how many the fragment really has; the rest is zero
  bool exit_flux_known = false;   // false if the fragment is too short to have a rhythm
};

// Onset flux: the rise of each band from frame to frame, averaged in groups, less its mean over
// time, divided by its RMS. The exit is continued by its own autocorrelation,
// p(t) = Σ w(τ) p(t−τ) with w = softmax(10 r(τ)), beyond the frames that straddle the cut
// (2·guard + 4 changes from frame to frame). At most the nearest 12 s are used. fragment.frames ≥ 1.
SeamFeatures seam_features(const LogMel& fragment, Hop guard, int flux_frames,
                           const BandStatistics& statistics);

// Over all frames of all tracks of the set. scale is at least 0.01.
BandStatistics band_statistics(const FragmentSet& fragments);

}  // namespace segue
