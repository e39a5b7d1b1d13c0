// One track of a transition as it is rendered there, without the other.
#pragma once

#include <vector>

#include "plan/plan.hpp"
#include "render/blend_sound.hpp"

namespace segue {

struct Solo {
  std::vector<float> mono;  // at 22 050 Hz
  Seconds middle{0};        // of the transition, in it
};

// Through the renderer: transition i of a plan, and up to `around` beyond it on either side. Throws what
// Renderer throws.
Solo render_solo(const Plan& plan, std::size_t i, BlendEnd end, Seconds around);

}  // namespace segue
