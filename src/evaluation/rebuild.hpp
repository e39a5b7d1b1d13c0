// Rebuilding what was cut: the order found of shuffled pieces, and how much of it is right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/progress.hpp"
#include "model/successor_model.hpp"

namespace segue {

enum class Assembly {
  own,    // as the system sorts (ScoringSession::sorted()), best for systems that only score
  best,   // best_order(): the best sum over all seams
  greedy  // greedy_order() from the first piece: the report's assembly
};

struct FoundOrder {
  std::vector<std::size_t> order;  // pieces 0 … n-1
  std::vector<float> seams;        // the score of each, n - 1
};

inline constexpr int kRehearings = 3;

// Of the fragments [begin, begin + n), shuffled by the seed. Pairs alone give a first order; a system
// that listens to a longer past (history = its context_length()) then hears each seam again after the
// pieces that the order puts before it, all possible next ones as well, and goes on with the best order
// of these scores; until the order stays. If it does not in kRehearings rounds, that of those heard
// which is worth most is taken; few pieces begin with the best order of their triples. What lies where
// is never told: the session is made to suppose contexts. Assembly::greedy, and systems that sort, take
// no second look. progress: advanced by 1 + kRehearings for each fragment. Throws as best_order() does.
FoundOrder find_order(ScoringSession& session, std::size_t begin, std::size_t n, Assembly assembly,
                      std::uint64_t seed, std::size_t history, Progress* progress = nullptr);

// Of an order of pieces 0 … n-1 with the true one, 0, 1 … n-1.
struct Agreement {
  std::size_t pairs = 0;        // true neighbours i, i + 1 there are: n - 1
  std::size_t right = 0;        // that are neighbours, in this order, in the order found
  bool whole = false;           // the order is the true one
  double rank_correlation = 1;  // Spearman's, of true and found places, -1 … 1; 1 where n < 2

  double neighbours() const;  // right / pairs; 1 where n < 2
};
Agreement compare_with_truth(std::span<const std::size_t> order);

}  // namespace segue
