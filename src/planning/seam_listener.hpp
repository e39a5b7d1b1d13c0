// Sound around a seam becomes what detectors and critics hear of it.
#pragma once

#include <span>
#include <utility>

#include "evaluation/seam_window.hpp"

namespace segue {

// audio: seam_window_samples(kind), mono at 22 050 Hz, the middle of the transition in its middle.
// heard: music before and after the transition that counts.
SeamWindow hear_window(std::span<const float> audio, std::pair<Seconds, Seconds> heard,
                       Seconds transition, Seconds kind);

// Which of the `frames` of such a window count.
FrameRange heard_frames(PcmFrame samples, Hop frames, std::pair<Seconds, Seconds> heard,
                        Seconds transition, Seconds kind);

}  // namespace segue
