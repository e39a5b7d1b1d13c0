// Putting a few pieces in order, exactly.
#pragma once

#include <cstddef>
#include <span>

namespace segue {

inline constexpr std::size_t kLargestPuzzle = 12;  // pieces

// How likely the order 0, 1 … n-1 is chosen by who takes the best of all n! orders, ties broken at
// random: 1 / (number of best orders) if it is one of them, else 0. scores: [n × n], row a, column b:
// how well b follows a; an order is worth the sum over its neighbours. Dynamic programming over
// subsets (Held & Karp 1962), O(2ⁿ n²). n from 1 to kLargestPuzzle.
double chance_of_true_order(std::span<const double> scores, std::size_t n);

}  // namespace segue
