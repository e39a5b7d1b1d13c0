// How often a model finds what follows: ranks of the true next fragment, and puzzle games.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "evaluation/auc.hpp"
#include "model/successor_model.hpp"

namespace segue {

struct Share {
  double value = 0;   // 0 … 1; NaN where nothing could be asked
  Interval interval;  // 95 %, bootstrap over tracks
};

// Ties count as if broken at random: each figure is the expectation over that.
struct RankingResult {
  Share r1;          // the true next comes first among all other fragments of its track
  Share r10;         // … among the first ten
  Share mrr;         // mean of 1 / rank
  Share global_r1;   // it comes first among all other fragments of all tracks
  Share g3, g6, g8;  // puzzle games of 3, 6, 8 consecutive fragments whose whole order is found
};

struct RankingTestConfig {
  Hop guard = 0;            // frames hidden at both edges of every fragment
  std::uint64_t seed = 1;   // of the bootstrap
  std::size_t threads = 0;  // 0 = all cores
};

// Fragments must be grouped by track, in order of time. Asked are all fragments but the last of each
// track of three or more, with as much of the track before them as the model looks at. A game of n
// (after Huang, Chou & Yang, AAAI 2018) is won where the true order is the best of all n! by the sum
// of the n - 1 scores of its pairs, without history; windows of n fragments begin at every first,
// second or third fragment for n = 3, 6, 8. Throws Error(input) if no track has three fragments,
// Error(interrupted).
RankingResult measure_ranking(const SuccessorModel& model, const FragmentSet& fragments,
                              const RankingTestConfig& config);

// Keys r1, r10, mrr, global_r1, g3, g6, g8 (null where not measured), each with "_interval".
void to_json(nlohmann::json& json, const RankingResult& result);

}  // namespace segue
