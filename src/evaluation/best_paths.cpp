#include "evaluation/best_paths.hpp"

namespace segue {

std::vector<BestPath> best_paths(std::span<const double> scores, std::size_t n) {
  const std::size_t subsets = std::size_t{1} << n;
  std::vector<BestPath> best(subsets * n);
  for (std::size_t piece = 0; piece < n; ++piece) best[(std::size_t{1} << piece) * n + piece] = {0, 1};
  for (std::size_t subset = 1; subset < subsets; ++subset) {
    for (std::size_t last = 0; last < n; ++last) {
      const BestPath from = best[subset * n + last];
      if (from.ways == 0) continue;
      for (std::size_t next = 0; next < n; ++next) {
        const std::size_t bit = std::size_t{1} << next;
        if ((subset & bit) != 0) continue;
        BestPath& to = best[(subset | bit) * n + next];
        const double sum = from.sum + scores[last * n + next];
        if (to.ways == 0 || sum > to.sum) to = {sum, 0};
        if (sum == to.sum) to.ways += from.ways;
      }
    }
  }
  return best;
}

}  // namespace segue
