// Whether a recording is what a plan makes. Internal to judge.
#pragma once

#include <filesystem>

#include "plan/plan.hpp"

namespace segue {

// By its length, and by the waveform in the middle of those placements (40 at most) that play longest by
// themselves: nine of ten must sound there, at any level, up to 30 ms early or late as encoders have it.
// Throws Error(input), also as verify_sources().
void require_rendering_of(const Plan& plan, const std::filesystem::path& file);

}  // namespace segue
