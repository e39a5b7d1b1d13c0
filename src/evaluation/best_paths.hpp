// The best orders of a few pieces, over all subsets. Internal to evaluation.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace segue {

// Of the orders of one subset that end with one piece.
struct BestPath {
  double sum = 0;   // the most an order is worth
  double ways = 0;  // how many are worth that; 0 where the piece is not in the subset
};

// Entry subset * n + last, for all 2ⁿ subsets (bit i: piece i): dynamic programming (Held & Karp
// 1962), O(2ⁿ n²). scores: [n × n], row a, column b: how well b follows a; no NaN. n from 1 to 12.
std::vector<BestPath> best_paths(std::span<const double> scores, std::size_t n);

}  // namespace segue
