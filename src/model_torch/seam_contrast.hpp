// How much music differs before a seam and after it, beside the same difference at other moments of the
// window: what the detector `contrast` decides by. Nothing here is learnt.
#pragma once

#include <span>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

inline constexpr Hop kLongTransition = 60;  // hops, 1.4 s: its middle is not all that matters

class SeamContrast {
 public:
  // Hops of the transitions whose windows are measured.
  explicit SeamContrast(Hop transition);

  std::size_t size() const { return spans_.size() * kGroups * kMeasures; }  // numbers of a window

  // window: [frames × 80], the seam in the middle; only frames inside `heard` count. into: size()
  // numbers. Of each span of time and group of bands: the log distance of the mean spectra before and
  // after the seam, and how it stands among the distances at other moments: less their mean, that in
  // their standard deviations, and the share of them that it exceeds, softly. 0 where there are none.
  void measure(std::span<const float> window, const FrameRange& heard, std::span<float> into) const;

 private:
  static constexpr std::size_t kGroups = 5, kMeasures = 4;
  // Mean spectra of `width` frames before and after a cut, `gap` frames off it.
  struct Span {
    Hop gap, width;
  };

  std::vector<Span> spans_;
  Hop stride_;  // between other moments; neighbours tell the same
};

}  // namespace segue
