// What a blend will sound like, made of the spectrograms of both sides, as planning/seam_preview.hpp
// does for crossfades: hundreds can be heard while one is rendered. Internal to planning.
#pragma once

#include <utility>

#include "evaluation/seam_window.hpp"
#include "features/feature_file.hpp"
#include "plan/plan.hpp"

namespace segue {

// A track of the blend.
struct SketchSide {
  const FeatureFile* features = nullptr;
  Seconds at{0};  // where it is left or entered, in its own time
  double gain_db = 0;
};

struct BlendSketch {
  SeamWindow window;
  // For how long, of the transition, neither track covers the other by 6 dB between 200 and 2500 Hz,
  // where voices and melodies are. With two that are equally loud all the time that is .41 of the time
  // in which the middle fades.
  Seconds both_busy{0};
};

// As hear_window() of the rendered blend (planning/seam_listener.hpp, where `heard` and `kind` are
// explained). transition: in PCM frames at the log-mel's rate. Frames are taken where the source is
// then, the nearest of its grid, so that what is stretched keeps its pitch; their powers, faded and
// changed as the blend says by the mean over a frame's window, add up. Any thread.
BlendSketch sketch_blend(const SketchSide& out, const SketchSide& in, const Transition& transition,
                         std::pair<Seconds, Seconds> heard, Seconds kind);

}  // namespace segue
