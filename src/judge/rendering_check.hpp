// Whether a recording is what a plan makes. Internal to judge.
#pragma once

#include <filesystem>
#include <vector>

#include "plan/plan.hpp"

namespace segue {

// The largest correlation of a sound with as much of a longer one; either may be turned over. What is
// rendered has .9, other music .1.
double likeness(const std::vector<float>& sound, const std::vector<float>& longer);

// By its length, and by the waveform in the middle of those placements (40 at most) that play longest by
// themselves: nine of ten must sound there, at any level, up to 30 ms early or late as encoders have it.
// Throws Error(input).
void require_rendering_of(const Plan& plan, const std::filesystem::path& file);

}  // namespace segue
