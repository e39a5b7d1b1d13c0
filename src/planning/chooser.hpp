// The report's greedy assembly within the rules of the collage. Internal to planning.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/successor_model.hpp"
#include "plan/output_clock.hpp"
#include "planning/availability.hpp"
#include "planning/fragment_pool.hpp"

namespace segue {

struct Candidate {
  std::size_t fragment = 0;
  std::int64_t score = 0;  // the network's × 1e6, rounded: near-ties do not hang on the BLAS
};

struct Choice {
  std::vector<Candidate> ranking;  // best first; a few of those heard
  std::size_t rank = 0;            // which of them was taken
  std::size_t heard = 0;           // how many candidates there were

  const Candidate& taken() const { return ranking[rank]; }
};

// Appends the best successor again and again. Where the rules leave nothing, it steps back and
// takes the next best, within the last choices and a bounded number of times.
class Chooser {
 public:
  Chooser(const MixConfig& config, const FragmentPool& pool, const SuccessorModel& model);

  // Enough fragments, in order, to fill the mix. Throws Error(infeasible) naming the rule.
  std::vector<Choice> choose();

 private:
  Choice start();
  Choice next();
  void rank(std::span<const std::size_t> candidates, Choice& choice);
  void append(Choice choice);
  void step_back();
  void play(std::size_t fragment, bool forward);
  void forget_old_rankings();
  [[noreturn]] void refuse() const;

  const MixConfig& config_;
  const FragmentPool& pool_;
  std::unique_ptr<ScoringSession> session_;
  std::size_t context_length_;
  PcmFrame length_;  // of the mix
  Hop limit_;        // that one track may fill
  Availability available_;
  OutputClock clock_;
  std::vector<Choice> choices_;
  std::size_t steps_back_ = 0;
  std::string dead_end_;  // the rule that first left nothing
};

}  // namespace segue
