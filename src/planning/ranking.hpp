// How well candidates follow what plays. Internal to planning and judge.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/successor_model.hpp"
#include "planning/fragment_pool.hpp"

namespace segue {

inline constexpr double kScoreUnit = 1e-6;  // of Candidate::score

struct Candidate {
  std::size_t fragment = 0;
  std::int64_t score = 0;  // the network's × 1e6, rounded: near-ties do not hang on the BLAS
};

// What follows after a context, among these? Both as for ScoringSession::score().
struct Question {
  std::vector<std::size_t> context;
  std::vector<std::size_t> candidates;
};

// The answer.
struct Ranking {
  std::vector<Candidate> best;  // best first; at most kRanked of those heard
  std::size_t heard = 0;        // how many candidates there were
  std::int64_t par = 0;         // in the units of a score

  // What the choice of best[rank] adds to a sequence. A network that learnt to rank says nothing by the
  // height of its scores: a number may be added to all answers of one question. Held against what that
  // question could have had, they can be summed: score - ln Σ exp(score) over all that were heard, the
  // logarithm of the probability that the network gives this one, and what a second opinion adds to it.
  // It is at most 0 where that adds nothing above 0.
  std::int64_t gain(std::size_t rank) const { return best[rank].score - par; }
};

inline constexpr std::size_t kRanked = 64;

// What may follow after a fragment, best first.
struct RankedAfter {
  std::size_t last;
  std::span<Candidate> ranked;
};

// Hears the best again, with what follows and what plays side by side, and may give them other scores.
// Several questions at once, as that is faster.
using SecondOpinion = std::function<void(std::span<const RankedAfter>)>;

class Ranker {
 public:
  // Session and pool must outlive it. second_opinion: none if empty.
  Ranker(ScoringSession& session, const FragmentPool& pool, SecondOpinion second_opinion = {});

  // An answer to each question. Equal scores go by content hash. Throws Error(model) for scores that
  // are no numbers.
  std::vector<Ranking> rank(std::span<const Question> questions) const;
  Ranking rank(const Question& question) const;
  // Of one candidate, by the network alone.
  std::int64_t score(std::span<const std::size_t> context, std::size_t candidate) const;

 private:
  Ranking score(const Question& question) const;
  void sort(std::vector<Candidate>& candidates) const;

  ScoringSession& session_;
  const FragmentPool& pool_;
  SecondOpinion second_opinion_;
};

}  // namespace segue
