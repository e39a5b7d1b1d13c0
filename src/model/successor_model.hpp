// The one face of every system that says which fragment follows which.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "features/fragment_set.hpp"
#include "model/model_card.hpp"

namespace segue {

// Scores transitions between the fragments of one set. What can be computed once per fragment
// is kept. Not thread-safe; use one session per thread.
class ScoringSession {
 public:
  virtual ~ScoringSession() = default;

  // scores[i] = how well candidates[i] follows after `context` (fragment numbers, oldest
  // first, the last one is playing now; at least one). Higher is better; a probability in
  // 0 … 1 for classifiers. The same input gives the same scores, whatever was asked before.
  virtual void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
                     std::span<float> scores) = 0;
};

class SuccessorModel {
 public:
  virtual ~SuccessorModel() = default;

  virtual const ModelCard& card() const = 0;
  // How many fragments of the past, the one now playing included, score() makes use of.
  virtual std::size_t context_length() const = 0;
  // guard: frames hidden at both edges of every fragment (0 or kGuard116Frames).
  // The set and the model must outlive the session. threads: 0 = all cores.
  virtual std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard = 0,
                                                       std::size_t threads = 0) const = 0;
};

}  // namespace segue
