// Joins to be heard: where one source is left and another entered, or a passage goes on as it is.
#pragma once

#include <cstddef>
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
// untouched where there is none.
struct Join {
  JoinPlace out, in;
  Seconds fade{0};             // equal-power crossfade, centred on the seam; 0 = a hard cut
  Seconds before{kSeamFlank};  // of music that is heard ahead of the transition and after it
  Seconds after{kSeamFlank};

  bool continuous() const { return out.same_moment(in); }
};

struct JoinList {
  std::vector<PlanSource> sources;
  std::vector<Join> joins;
};

}  // namespace segue
