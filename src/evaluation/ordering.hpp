// Putting pieces in order by how well each follows each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace segue {

// scores: [n × n], row a, column b: how well b follows a; the diagonal is not read. An order is worth
// the sum over its n - 1 pairs of neighbours; what comes first and last counts for nothing. An infinite
// score outweighs any number of finite ones. These throw Error(model) for a score that is no number,
// Error(internal) where `scores` has another size.
//
// Pieces are shuffled by the seed before anything is compared, so that where orders are worth the
// same, the one that the pieces were given in has no more chance than others. The same scores and
// seed give the same order.

// The best order: up to kLargestPuzzle pieces exactly (drawn evenly from all that are best), more by
// search_order().
std::vector<std::size_t> best_order(std::span<const float> scores, std::size_t n, std::uint64_t seed);

// The best order where how well b follows a also depends on what came before a, exactly, for n from 3 to
// kLargestPuzzle. triples: [n × n × n], piece before a, a, b, not read where a piece comes twice;
// `scores` holds for the first seam.
// Of several that are best one is taken. O(2ⁿ n³).
std::vector<std::size_t> best_order_of_triples(std::span<const float> scores,
                                               std::span<const float> triples, std::size_t n,
                                               std::uint64_t seed);

// A good order of any number of pieces: the best pairs are joined first (greedy edges); then runs
// change places with their neighbours (3-opt without reversal, which holds or-opt, among the ten best
// successors of each piece; Or 1976, Kanellakis & Papadimitriou 1980) until none gains; then, again and
// again, three runs that lie together are turned about (the double bridge of Martin, Otto & Felten
// 1991), mended, and kept unless worse: 5000 + 20 n times, however long that takes (2000 pieces: about
// 3 s, and 0.1 % from the best at most; bench/ordering.cpp). O(n²) memory. Throws Error(interrupted).
std::vector<std::size_t> search_order(std::span<const float> scores, std::size_t n, std::uint64_t seed);

// The report's assembly: `start`, then again and again the unused piece that follows best.
std::vector<std::size_t> greedy_order(std::span<const float> scores, std::size_t n, std::size_t start,
                                      std::uint64_t seed);

// What an order is worth: the sum over its neighbours, 0 for fewer than two pieces.
double order_worth(std::span<const float> scores, std::span<const std::size_t> order);

}  // namespace segue
