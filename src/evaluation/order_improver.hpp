// The search behind search_order(). Internal to evaluation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace segue {

// The order it ends with, of n >= 2 pieces. matrix: [(n + 1) × (n + 1)], finite, row a, column b: how
// well b follows a; the last row and column are filled here. kicks: how often it is shaken.
std::vector<std::size_t> improved_order(std::vector<float> matrix, std::size_t n, std::size_t kicks,
                                        std::uint64_t seed);

}  // namespace segue
