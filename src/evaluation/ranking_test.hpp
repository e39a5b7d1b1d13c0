// How often a model finds what follows: ranks of the true next fragment, and puzzle games.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "evaluation/share.hpp"
#include "model/successor_model.hpp"

namespace segue {

// Ties count as if broken at random: each figure is the expectation over that, but for the orders of
// rebuilt3 … neighbours, which are drawn by the seed.
struct RankingResult {
  Share r1;           // the true next comes first among all other fragments of its track
  Share r1_tolerant;  // … or the first sounds like it (evaluation/same_audio.hpp)
  Share r10;          // … among the first ten
  Share mrr;          // mean of 1 / rank
  Share global_r1;    // it comes first among all other fragments of all tracks
  Share g3, g6, g8;   // puzzle games of 3, 6, 8 consecutive fragments whose whole order is found
  Share rebuilt3, rebuilt6, rebuilt8;  // the same games, as `rebuild` finds the order (find_order())
  Share neighbours;  // of the true neighbours i, i + 1 of whole tracks, shuffled and put in order
};

// What was said to one question, for people who want to hear it.
struct Prediction {
  struct Choice {
    FragmentSpan span;
    float score = 0;
  };
  std::size_t track = 0;  // number in the set
  FragmentSpan asked;     // what plays
  double rank = 1;        // of the true next in its track, from 1; ties count half
  double r1 = 0;          // 1 or 0, between where scores tie, as in RankingResult
  double r1_tolerant = 0;
  std::vector<Choice> best;  // of the track, at most kPredictionsKept; ties in order of time
};
inline constexpr std::size_t kPredictionsKept = 5;

struct RankingTestConfig {
  Hop guard = 0;                                         // frames hidden at both edges of every fragment
  std::uint64_t seed = 1;                                // of the bootstrap
  std::size_t threads = 0;                               // 0 = all cores
  std::function<void(const Prediction&)> on_prediction;  // may be empty
};

// Fragments must be grouped by track, in order of time. Asked are all fragments but the last of each
// track of three or more, with as much of the track before them as the model looks at. A game of n
// (after Huang, Chou & Yang, AAAI 2018) is won where the true order is the best of all n! by the sum
// of the n - 1 scores of its pairs, without history; windows of n fragments begin at every first,
// second or third fragment for n = 3, 6, 8. The order of whole tracks is that of find_order(). Throws
// Error(input) if no track has three fragments, Error(interrupted).
RankingResult measure_ranking(const SuccessorModel& model, const FragmentSet& fragments,
                              const RankingTestConfig& config);

// Keys r1, r1_tolerant, r10, mrr, global_r1, g3, g6, g8, rebuilt3, rebuilt6, rebuilt8, neighbours (null
// where not measured), each with
// "_interval".
void to_json(nlohmann::json& json, const RankingResult& result);
// Keys start, length (seconds), rank, r1, r1_tolerant, best: [{start, score}].
void to_json(nlohmann::json& json, const Prediction& prediction);

}  // namespace segue
