#include "evaluation/puzzle.hpp"

#include "base/error.hpp"
#include "evaluation/best_paths.hpp"

namespace segue {

double chance_of_true_order(std::span<const double> scores, std::size_t n) {
  if (n < 1 || n > kLargestPuzzle || scores.size() != n * n) {
    throw Error(ErrorKind::internal, "a puzzle has 1 to 12 pieces and a score for each pair");
  }
  const std::vector<BestPath> best = best_paths(scores, n);
  BestPath whole;
  for (const BestPath& path : std::span(best).last(n)) {
    if (whole.ways == 0 || path.sum > whole.sum) whole = {path.sum, 0};
    if (path.sum == whole.sum) whole.ways += path.ways;
  }
  double truth = 0;  // added up as the orders above were
  for (std::size_t i = 0; i + 1 < n; ++i) truth += scores[i * n + i + 1];
  return truth == whole.sum ? 1 / whole.ways : 0;
}

}  // namespace segue
