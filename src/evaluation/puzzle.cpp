#include "evaluation/puzzle.hpp"

#include <limits>
#include <vector>

#include "base/error.hpp"

namespace segue {

double chance_of_true_order(std::span<const double> scores, std::size_t n) {
  if (n < 1 || n > kLargestPuzzle || scores.size() != n * n) {
    throw Error(ErrorKind::internal, "a puzzle has 1 to 12 pieces and a score for each pair");
  }
  struct Best {
    double sum = -std::numeric_limits<double>::infinity();
    double ways = 0;
  };
  const std::size_t subsets = std::size_t{1} << n;
  std::vector<Best> best(subsets * n);  // of orders of a subset that end with a piece
  for (std::size_t piece = 0; piece < n; ++piece) best[(std::size_t{1} << piece) * n + piece] = {0, 1};
  const auto offer = [](Best& to, double sum, double ways) {
    if (sum > to.sum) to = {sum, 0};
    if (sum == to.sum) to.ways += ways;
  };
  for (std::size_t subset = 1; subset < subsets; ++subset) {
    for (std::size_t last = 0; last < n; ++last) {
      const Best from = best[subset * n + last];
      if (from.ways == 0) continue;
      for (std::size_t next = 0; next < n; ++next) {
        const std::size_t bit = std::size_t{1} << next;
        if ((subset & bit) == 0)
          offer(best[(subset | bit) * n + next], from.sum + scores[last * n + next], from.ways);
      }
    }
  }
  Best whole;
  for (std::size_t last = 0; last < n; ++last) {
    const Best& found = best[(subsets - 1) * n + last];
    offer(whole, found.sum, found.ways);
  }
  double truth = 0;  // added up as the orders above were
  for (std::size_t i = 0; i + 1 < n; ++i) truth += scores[i * n + i + 1];
  return truth == whole.sum ? 1 / whole.ways : 0;
}

}  // namespace segue
