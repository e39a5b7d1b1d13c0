// What a detector hears of a seam.
#pragma once

#include <cstdint>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

// Log-mel frames around a seam, which lies in the middle: as many frames before the transition as
// after it. Frames outside `heard` count for nothing, because another seam is there, or no sound.
struct SeamWindow {
  Hop frames = 0;
  std::vector<std::uint16_t> log_mel;  // [frames × 80], float16, as feature files hold it
  FrameRange heard;
};

// The music that is heard on either side of a transition.
inline constexpr Seconds kSeamFlank{4};

// PCM samples at 22 050 Hz, and frames, of the window around a transition of this length.
inline PcmFrame seam_window_samples(Seconds transition) {
  return to_pcm_frames(transition + 2 * kSeamFlank, LogMelGeometry::sample_rate);
}
inline Hop seam_window_frames(Seconds transition) {
  return (seam_window_samples(transition) - LogMelGeometry::window_length) / LogMelGeometry::hop_length +
         1;
}

}  // namespace segue
