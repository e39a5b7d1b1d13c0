// What a seam will sound like, made of the spectrograms of both sides: hearing dozens of alternatives
// for every choice must not cost dozens of decodings.
#pragma once

#include "evaluation/seam_window.hpp"
#include "features/feature_file.hpp"

namespace segue {

// Where a track is left or entered.
struct PreviewSide {
  const FeatureFile* features = nullptr;
  Hop at = 0;  // the seam lies at its beginning
  double gain_db = 0;

  bool goes_on_from(const PreviewSide& other) const {
    return features->track() == other.features->track() && at == other.at;
  }
};

struct PreviewConfig {
  Seconds fade{0.1};           // equal-power crossfade, centred on the seam; 0 = a hard cut
  Seconds transition{0.1};     // the window is as wide as this and a flank at both sides
  Seconds before{kSeamFlank};  // of music that is heard ahead of the fade …
  Seconds after{kSeamFlank};   // … and after it
};

// The window around the seam. Power adds: P = wa 10^(ga/10) Pa + wb 10^(gb/10) Pb, where wa and wb are
// the means of the squared fades under a frame's Hann window (coherent, (fa + fb)², where a track goes
// on by itself). Frames stand on the hop grid, so that beyond the fade they are the tracks' own. Beside
// the same seam rendered and analyzed, frames differ by less than 2 dB on average within the fade, by
// the rounding of half floats elsewhere. Outside the tracks there is silence. Any thread.
SeamWindow preview_seam(const PreviewSide& out, const PreviewSide& in, const PreviewConfig& config);

}  // namespace segue
