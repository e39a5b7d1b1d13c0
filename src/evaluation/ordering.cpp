#include "evaluation/ordering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/random.hpp"
#include "evaluation/best_paths.hpp"
#include "evaluation/order_improver.hpp"
#include "evaluation/puzzle.hpp"
#include "model/successor_model.hpp"

namespace segue {
namespace {

struct Bounds {  // of what is finite
  float low = std::numeric_limits<float>::infinity(), high = -std::numeric_limits<float>::infinity();

  void include(float score) {
    if (std::isnan(score)) throw score_is_no_number();
    if (!std::isfinite(score)) return;
    low = std::min(low, score);
    high = std::max(high, score);
  }
};

Bounds bounds_of(std::span<const float> scores, std::size_t n) {
  if (scores.size() != n * n) throw Error(ErrorKind::internal, "an order needs a score for each pair");
  Bounds bounds;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (i % (n + 1) != 0) bounds.include(scores[i]);  // not the diagonal
  }
  return bounds;
}

// Infinity would make sums that cannot be compared: a finite stand-in, beyond what all pairs of an
// order may sum up to.
class Finite {
 public:
  Finite(Bounds bounds, std::size_t n) {
    if (bounds.low > bounds.high) bounds.low = bounds.high = 0;
    const double most = std::numeric_limits<float>::max();
    const double range = std::max(1e-30, static_cast<double>(bounds.high) - bounds.low);
    const double reach = (1 + range) * static_cast<double>(n);
    low_ = static_cast<float>(std::max(-most, bounds.low - reach));
    high_ = static_cast<float>(std::min(most, bounds.high + reach));
  }
  float operator()(float score) const {
    if (std::isfinite(score)) return score;
    return score < 0 ? low_ : high_;
  }

 private:
  float low_, high_;
};

std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> pieces(n);
  for (std::size_t i = 0; i < n; ++i) pieces[i] = i;
  Random(seed).shuffle(std::span(pieces));
  return pieces;
}

// Drawn evenly from all orders that are best: backwards, each piece by how many of them end with it.
std::vector<std::size_t> exact_order(std::span<const float> scores, std::size_t n, std::uint64_t seed) {
  const Finite finite(bounds_of(scores, n), n);
  std::vector<double> exact(n * n);
  for (std::size_t i = 0; i < n * n; ++i) exact[i] = i % (n + 1) == 0 ? 0 : finite(scores[i]);
  const std::vector<BestPath> best = best_paths(exact, n);
  Random random(seed);
  std::vector<std::size_t> order(n);
  std::size_t subset = (std::size_t{1} << n) - 1;
  for (std::size_t place = n; place-- > 0;) {
    double most = 0, ways = 0;
    std::size_t taken = n;
    for (std::size_t piece = 0; piece < n; ++piece) {
      const BestPath& path = best[subset * n + piece];
      if (path.ways == 0) continue;
      const double sum = path.sum + (place + 1 < n ? exact[piece * n + order[place + 1]] : 0);
      if (taken == n || sum > most) {
        most = sum;
        ways = 0;
      }
      if (sum != most) continue;
      ways += path.ways;
      if (random.uniform() * ways < path.ways) taken = piece;
    }
    order[place] = taken;
    subset &= ~(std::size_t{1} << taken);
  }
  return order;
}

}  // namespace

std::vector<std::size_t> best_order(std::span<const float> scores, std::size_t n, std::uint64_t seed) {
  if (n <= kLargestPuzzle && n > 0) return exact_order(scores, n, seed);
  return search_order(scores, n, seed);
}

std::vector<std::size_t> best_order_of_triples(std::span<const float> scores,
                                               std::span<const float> triples, std::size_t n,
                                               std::uint64_t seed) {
  if (n < 3 || n > kLargestPuzzle || triples.size() != n * n * n)
    throw Error(ErrorKind::internal, "such an order has 3 to 12 pieces and a score for each triple");
  Bounds bounds = bounds_of(scores, n);
  for (std::size_t before = 0; before < n; ++before) {
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        if (before != a && a != b && before != b) bounds.include(triples[(before * n + a) * n + b]);
      }
    }
  }
  const Finite finite(bounds, n);
  const std::vector<std::size_t> pieces = shuffled(n, seed);
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  const std::size_t subsets = std::size_t{1} << n;
  const auto bit = [](std::size_t piece) { return std::size_t{1} << piece; };
  // The most an order of a subset is worth that ends with a, b.
  std::vector<double> best(subsets * n * n, kNone);
  const auto at = [n](std::size_t subset, std::size_t a, std::size_t b) {
    return (subset * n + a) * n + b;
  };
  const auto worth = [&](std::size_t before, std::size_t a, std::size_t b) {
    return static_cast<double>(finite(triples[(pieces[before] * n + pieces[a]) * n + pieces[b]]));
  };
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      if (a != b) best[at(bit(a) | bit(b), a, b)] = finite(scores[pieces[a] * n + pieces[b]]);
    }
  }
  for (std::size_t subset = 0; subset < subsets; ++subset) {
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        const double sum = best[at(subset, a, b)];
        if (sum == kNone) continue;
        for (std::size_t next = 0; next < n; ++next) {
          if ((subset & bit(next)) != 0) continue;
          double& to = best[at(subset | bit(next), b, next)];
          to = std::max(to, sum + worth(a, b, next));
        }
      }
    }
  }
  std::size_t subset = subsets - 1;
  const auto whole =
      std::max_element(best.begin() + static_cast<std::ptrdiff_t>(subset * n * n), best.end());
  std::size_t b = static_cast<std::size_t>(whole - best.begin()) % n;
  std::size_t a = static_cast<std::size_t>(whole - best.begin()) / n % n;
  std::vector<std::size_t> order(n);  // from its end
  for (std::size_t place = n - 1; place > 1; --place) {
    order[place] = pieces[b];
    const double sum = best[at(subset, a, b)];
    subset &= ~bit(b);
    std::size_t before = 0;
    while (best[at(subset, before, a)] == kNone ||
           best[at(subset, before, a)] + worth(before, a, b) != sum)
      ++before;
    b = a;
    a = before;
  }
  order[1] = pieces[b];
  order[0] = pieces[a];
  return order;
}

std::vector<std::size_t> search_order(std::span<const float> scores, std::size_t n, std::uint64_t seed) {
  const Finite finite(bounds_of(scores, n), n);
  const std::vector<std::size_t> pieces = shuffled(n, seed);
  if (n < 2) return pieces;
  // One more place than pieces: a join that closes the order to a ring.
  std::vector<float> matrix((n + 1) * (n + 1));
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      if (a != b) matrix[a * (n + 1) + b] = finite(scores[pieces[a] * n + pieces[b]]);
    }
  }
  std::vector<std::size_t> order = improved_order(std::move(matrix), n, 5000 + 20 * n, seed);
  for (std::size_t& place : order) place = pieces[place];
  return order;
}

std::vector<std::size_t> greedy_order(std::span<const float> scores, std::size_t n, std::size_t start,
                                      std::uint64_t seed) {
  bounds_of(scores, n);
  if (start >= n) throw Error(ErrorKind::internal, "an order begins with one of its pieces");
  std::vector<std::size_t> left = shuffled(n, seed);
  left.erase(std::find(left.begin(), left.end(), start));
  std::vector<std::size_t> order{start};
  while (!left.empty()) {
    const float* row = scores.data() + order.back() * n;
    const auto next = std::max_element(left.begin(), left.end(),
                                       [&](std::size_t a, std::size_t b) { return row[a] < row[b]; });
    order.push_back(*next);
    left.erase(next);
  }
  return order;
}

double order_worth(std::span<const float> scores, std::span<const std::size_t> order) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    sum += scores[order[i] * order.size() + order[i + 1]];
  return sum;
}

}  // namespace segue
