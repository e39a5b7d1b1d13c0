#include "evaluation/ordering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/random.hpp"
#include "evaluation/best_paths.hpp"
#include "evaluation/order_improver.hpp"
#include "evaluation/puzzle.hpp"

namespace segue {
namespace {

struct Bounds {
  float low = 0, high = 0;  // of what is finite
};

Bounds bounds_of(std::span<const float> scores, std::size_t n) {
  if (scores.size() != n * n) throw Error(ErrorKind::internal, "an order needs a score for each pair");
  Bounds bounds{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (i % (n + 1) == 0) continue;  // the diagonal
    if (std::isnan(scores[i])) {
      throw Error(ErrorKind::model, "the network gave a score that is no number", {},
                  "train it again, or choose another with --model");
    }
    if (!std::isfinite(scores[i])) continue;
    bounds.low = std::min(bounds.low, scores[i]);
    bounds.high = std::max(bounds.high, scores[i]);
  }
  return bounds.low <= bounds.high ? bounds : Bounds{};
}

// Infinity would make sums that cannot be compared: a finite stand-in, beyond what all pairs of an
// order may sum up to.
class Finite {
 public:
  Finite(const Bounds& bounds, std::size_t n) {
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
