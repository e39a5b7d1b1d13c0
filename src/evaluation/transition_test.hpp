// How well a model tells the true next fragment from others, by three kinds of negatives.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "evaluation/auc.hpp"
#include "model/successor_model.hpp"

namespace segue {

struct AucFigure {
  double value = 0;   // NaN if it cannot be measured (e.g. `easy` with a single track)
  Interval interval;  // 95 %, bootstrap over tracks
};

struct TransitionAuc {
  AucFigure easy;      // against random fragments of other tracks
  AucFigure hard;      // against random fragments of the same track
  AucFigure reversed;  // score(A → B) against score(B → A)
  std::size_t tracks = 0;
  std::size_t fragments = 0;
};

struct TransitionTestConfig {
  Hop guard = 0;              // frames hidden at both edges of every fragment
  std::size_t negatives = 8;  // of each kind for every true pair
  std::uint64_t seed = 1;
  std::size_t threads = 0;  // 0 = all cores
};

// Fragments must be grouped by track, in order of time. Every fragment but the last of its track
// is asked for its successor, with as many fragments before it as the model looks at; the reversed
// pair is asked without history on either side.
// Throws Error(input) if no track has three fragments, Error(interrupted).
TransitionAuc measure_transitions(const SuccessorModel& model, const FragmentSet& fragments,
                                  const TransitionTestConfig& config);

// Of it the hard AUC alone, by the same questions of that kind, without an interval: what training stops
// by. Throws as above.
double measure_hard_auc(const SuccessorModel& model, const FragmentSet& fragments,
                        const TransitionTestConfig& config);

// Keys auc_easy, auc_hard, auc_rev (null where not measured), each with "_interval" [low, high],
// n_tracks, n_fragments.
void to_json(nlohmann::json& json, const TransitionAuc& result);

}  // namespace segue
