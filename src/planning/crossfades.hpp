// Fitting a crossfade to every seam of a plan. Internal to planning.
#pragma once

#include <vector>

#include "plan/plan.hpp"

namespace segue {

// One transition a seam, centred on it. Where a source has no sound before its start or after its
// end, the crossfade is shifted to the other side; where neither has, and inside placements that are
// too short for two of them, it is shortened. plan: all but `transitions` is set.
std::vector<Transition> fit_crossfades(const Plan& plan, Seconds duration);

}  // namespace segue
