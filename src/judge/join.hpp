// Joins to be heard: where one source is left and another entered, or a passage goes on as it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "evaluation/seam_window.hpp"
#include "plan/plan.hpp"

namespace segue {

// A moment of a source at which a mix may leave or enter it.
struct JoinPlace {
  std::size_t source = 0;  // index into JoinList::sources
  PcmFrame at = 0;         // at the source's own rate
  double gain_db = 0;

  bool same_moment(const JoinPlace& other) const { return source == other.source && at == other.at; }
};

// What is heard around one seam: `out` plays up to its moment, `in` from its moment on. At the same
// moment of one source the music goes on as it was made: through a fade into its own continuation, or
// untouched where `fade` is 0.
struct Join {
  JoinPlace out, in;
  Seconds fade{0};             // the transition's length; 0 = a hard cut
  Seconds before{kSeamFlank};  // of music that is heard ahead of the transition and after it
  Seconds after{kSeamFlank};
  Seconds kind{0};  // of those that hear it: their windows are wider than a transition shorter than that

  // How it goes over, in PCM frames at LogMelGeometry::sample_rate; both sides at their own speed. If
  // not set, an equal-power crossfade that is centred on the seam.
  std::optional<Transition> blend{};

  // How far the transition reaches ahead of the seam and behind it.
  Seconds lead() const {
    return blend ? to_seconds(blend->before, LogMelGeometry::sample_rate) : fade / 2;
  }
  Seconds tail() const {
    return blend ? to_seconds(blend->after, LogMelGeometry::sample_rate) : fade / 2;
  }

  // Music that a window shows ahead of the seam and behind it.
  Seconds ahead() const {
    return before < kSeamFlank ? before + lead() : before + (std::max(kind, fade) + lead() - tail()) / 2;
  }
  Seconds beyond() const {
    return after < kSeamFlank ? after + tail() : after + (std::max(kind, fade) + tail() - lead()) / 2;
  }

  bool continuous() const { return out.same_moment(in); }
};

struct JoinList {
  std::vector<PlanSource> sources;
  std::vector<Join> joins;
};

}  // namespace segue
