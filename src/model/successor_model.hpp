// The one face of every system that says which fragment follows which.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"
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

  // From now on a context counts as what led to its last fragment although it lies elsewhere, as pieces
  // of a puzzle do whose order is supposed. Most systems take every context so.
  virtual void suppose_contexts() {}

  // For systems that read a fragment's place off the fragment itself: these fragments in the order that
  // they find, what cannot be told apart as given. Empty for systems that only score.
  virtual std::vector<std::size_t> sorted(std::span<const std::size_t> fragments);

  // For systems with exits and entries in one space: the nearer an entry lies to an exit (L2), the
  // better it may follow, so what may follow is found without hearing all. score() then tells the
  // nearest apart. D, the numbers of an embedding; 0 for systems that have none, of which nothing more
  // may be asked.
  virtual std::size_t embedding_size() const { return 0; }
  // Row-major [fragments.size() × D], finite; each row depends on its fragment alone.
  virtual std::vector<float> entries(std::span<const std::size_t> fragments);
  // [D]: what `context` (as for score()) leads to.
  virtual std::vector<float> exit(std::span<const std::size_t> context);
  // [D] of each of several contexts, the same as exit() gives; on several threads where that is faster.
  virtual std::vector<std::vector<float>> exits(std::span<const std::vector<std::size_t>> contexts);
};

inline std::vector<std::size_t> ScoringSession::sorted(std::span<const std::size_t>) { return {}; }
inline std::vector<float> ScoringSession::entries(std::span<const std::size_t>) {
  throw Error(ErrorKind::internal, "this system has no embeddings");
}
inline std::vector<float> ScoringSession::exit(std::span<const std::size_t>) {
  throw Error(ErrorKind::internal, "this system has no embeddings");
}

inline std::vector<std::vector<float>> ScoringSession::exits(
    std::span<const std::vector<std::size_t>> contexts) {
  std::vector<std::vector<float>> rows;
  for (const std::vector<std::size_t>& context : contexts) rows.push_back(exit(context));
  return rows;
}

// For scores that are not finite, or NaN.
inline Error score_is_no_number() {
  return Error(ErrorKind::model, "the network gave a score that is no number", {},
               "train it again, or choose another with --model");
}

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
