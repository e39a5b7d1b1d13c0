// What the network `successor` reads of a fragment, and how it lies in time beside others. No LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "features/fragment_set.hpp"
#include "model_torch/seam_features.hpp"

namespace segue {

// Curves over time, in groups that are compared apart: what begins in the lower and in the upper bands,
// how loud 16 groups of bands are, and how neighbouring bands differ (the finest hint at pitch).
inline constexpr std::array<int, 4> kCurveChannels{3, 5, 16, 60};
inline constexpr std::size_t kCurveGroups = kCurveChannels.size();
inline constexpr int kAllCurveChannels = 84;

inline constexpr int kEdgeScales = 6;         // windows of 1, 2, 4 … 32 frames
inline constexpr Hop kNearFrames = 64;        // frames at either edge that are heard one by one, 1.5 s
inline constexpr Hop kLongestTimeline = 640;  // steps, 15 s: what lies further off is not heard
inline constexpr Hop kFirstLag = 10;          // steps, .23 s
inline constexpr Hop kLags = 290;             // lags 10 … 299, up to 7 s

// Row-major [steps × channels], one array a group.
using Curves = std::array<std::vector<float>, kCurveGroups>;

// Step i is the change from frame i to frame i + 1 and what frame i + 1 holds.
struct FragmentCurves {
  std::vector<float> entry;  // [6 × 80] z-scored mean of the first 1, 2, 4 … 32 frames
  std::vector<float> exit;   // [6 × 80] the same of the last ones
  std::vector<float> first;  // [≤ 64 × 80] z-scored first frames, in order of time
  std::vector<float> last;   // the same of the last ones
  Hop steps = 0;             // visible frames - 1
  Curves curves;             // each group without its mean over time, divided by its RMS
};

// fragment.frames ≥ 1.
FragmentCurves curves_of(const LogMel& fragment, const BandStatistics& statistics);

// A stretch of time on the hop grid; where nobody heard anything the curves are 0.
struct Timeline {
  Hop steps = 0;
  Curves curves;
  std::vector<float> known;  // [steps] 1 where there is something, else 0
};

// Hops between the last step of a fragment and the first of the one that follows it: the frames across
// the cut and those hidden at both edges.
constexpr Hop gap_between(Hop guard) { return 2 * guard + kFrameOverhang + 1; }

// Fragments as they follow each other, oldest first, cut to the latest kLongestTimeline steps.
Timeline timeline_of(std::span<const FragmentCurves* const> fragments, Hop guard);
// One fragment with time running backwards, cut to its first kLongestTimeline steps.
Timeline reversed(const FragmentCurves& fragment);

// Mean products of curves, [groups × kLags]; 0 where fewer than `least` steps meet.
struct LagProducts {
  std::vector<float> products;  // [kCurveGroups × kLags]
  std::vector<float> count;     // [kLags] steps that meet
};

inline constexpr Hop kLeastAlone = 15, kLeastBetween = 10;

// Of a timeline with itself, `lag` steps later (its autocorrelation).
LagProducts lag_products(const Timeline& timeline);
// Of what has played with what would follow it, `lag` steps later in true time.
LagProducts lag_products(const Timeline& before, const FragmentCurves& next, Hop guard);

}  // namespace segue
