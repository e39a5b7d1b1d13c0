// A beam search for the sequence of fragments, within the rules of the collage. Internal to planning.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plan/output_clock.hpp"
#include "planning/availability.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/ranking.hpp"

namespace segue {

class LibraryIndex;

// A fragment of the mix, and the answer that it was taken from.
struct Choice {
  std::shared_ptr<const Ranking> ranking;
  std::size_t rank = 0;  // which of them was taken

  const Candidate& taken() const { return ranking->best[rank]; }
};

// What a decision hears.
struct Hearing {
  ScoringSession& session;
  const Ranker& ranker;
  std::size_t context_length = 1;
  std::size_t candidates = 0;           // 0 = all
  const LibraryIndex* index = nullptr;  // the nearest are heard; without one, candidates are drawn
};

// Sequences grow fragment by fragment, all at the same pace, and after each step the best
// MixConfig::beam of all go on; the sum of their gains (Ranking::gain) decides. Where none of them can
// go on, the search steps back and takes the next best, within the last steps and a bounded number of
// times (beam-stack search, Zhou & Hansen, ICAPS 2005). With a beam of 1 that is the report's greedy
// assembly. Sequences of unequal numbers of fragments end with the best mean gain.
//
// One Availability and one clock are moved from sequence to sequence, back to where they part and on
// from there. Old answers are forgotten but for what the plan tells of them.
class Chooser {
 public:
  // All must outlive it.
  Chooser(const MixConfig& config, const FragmentPool& pool, const Hearing& hearing);

  // Enough fragments, in order, to fill the mix. Throws Error(infeasible) naming the rule.
  std::vector<Choice> choose();

 private:
  // The end of one sequence.
  struct Step {
    std::size_t parent = 0;  // in the layer before
    Choice choice;
    std::int64_t total = 0;  // of the gains so far
  };
  // The ends of all sequences of one length, best first.
  struct Layer {
    std::vector<Step> steps;
    std::size_t first = 0;  // those before it led nowhere
    std::size_t width = 1;

    std::size_t end() const { return std::min(first + width, steps.size()); }
  };

  Layer start();
  Layer grow();
  Ranking ask();
  std::vector<std::size_t> candidates(std::span<const std::size_t> context);
  void sort(std::vector<Step>& steps) const;

  void stand_at(std::size_t step);
  void rewind(std::size_t length);
  void play(std::size_t fragment, bool forward);
  const Step& stands() const { return layers_[at_.size() - 1].steps[at_.back()]; }

  static std::size_t seams_of(std::size_t fragments);
  void finish();
  void tell() const;
  void step_back();
  void forget();
  bool keep_parents(std::size_t layer);
  [[noreturn]] void refuse() const;

  const MixConfig& config_;
  const FragmentPool& pool_;
  Hearing hearing_;
  PcmFrame length_;  // of the mix
  Availability available_;
  OutputClock clock_;
  std::vector<Layer> layers_;
  std::vector<std::size_t> at_;   // the sequence that available_ and clock_ tell of: a step a layer
  std::size_t final_ = 0;         // layers too far back to be changed
  std::vector<Choice> finished_;  // the best sequence that fills the mix
  std::int64_t finished_total_ = 0;
  std::size_t steps_back_ = 0;
  std::string dead_end_;  // the rule that first left nothing
};

}  // namespace segue
