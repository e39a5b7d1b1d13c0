// Whether the rules leave enough music, found out before anything is scored. Internal to planning.
#pragma once

#include "planning/fragment_pool.hpp"

namespace segue {

// Hops that one track may fill: its share, or what an even share needs if that is more.
Hop track_limit(const MixConfig& config, const FragmentPool& pool);

// Throws Error(infeasible) where it is clear beforehand that the fragments cannot fill the mix.
void require_feasible(const MixConfig& config, const FragmentPool& pool, Hop limit);

}  // namespace segue
