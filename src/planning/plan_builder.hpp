// Turns what was chosen into the values of a plan. Internal to planning.
#pragma once

#include <span>

#include "model/model_card.hpp"
#include "plan/plan.hpp"
#include "planning/run.hpp"

namespace segue {

// Crossfades are fitted, levels evened; the plan is valid.
Plan build_plan(const MixConfig& config, const FragmentPool& pool, const ModelCard& card,
                std::span<const Run> runs);

}  // namespace segue
