// What the planner hears of the best candidates beyond the network's own score. Internal to planning and
// judge.
#pragma once

#include <memory>

#include "planning/critic.hpp"
#include "planning/ranking.hpp"

namespace segue {

struct OpinionConfig {
  // Added to a score for each unit by which the edges lie nearer: the L2 distance of four log-mel frames
  // at either side of the seam (system `edge`). The network may trade timbre and level for rhythm; this
  // takes some of it back. 0 = none.
  double edge_weight = 0;
  std::shared_ptr<const CriticSet> critics{};  // of plain crossfades; null = none
  CriticSets blends{};                         // if any, seams are heard as blends, by these
  CriticConfig critic{};
  EarConfig ear{};

  bool hears() const { return critics != nullptr || !blends.empty(); }
};

// Empty if the config asks for none. The pool must outlive it.
SecondOpinion second_opinion(const FragmentPool& pool, const OpinionConfig& config);

}  // namespace segue
