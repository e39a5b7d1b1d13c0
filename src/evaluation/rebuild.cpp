#include "evaluation/rebuild.hpp"

#include <numeric>

#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "evaluation/ordering.hpp"

namespace segue {

std::vector<float> pair_scores(ScoringSession& session, std::size_t begin, std::size_t n,
                               Progress* progress) {
  std::vector<float> matrix(n * n), row;
  std::vector<std::size_t> others;
  for (std::size_t a = 0; a < n && n > 1; ++a) {
    throw_if_interrupted();
    others.clear();
    for (std::size_t b = 0; b < n; ++b) {
      if (b != a) others.push_back(begin + b);
    }
    row.resize(n - 1);
    const std::size_t playing = begin + a;
    session.score(std::span(&playing, 1), others, row);
    for (std::size_t k = 0; k < row.size(); ++k) matrix[a * n + others[k] - begin] = row[k];
    if (progress != nullptr) progress->advance(1);
  }
  return matrix;
}

namespace {

// Empty if the system does not sort.
std::vector<std::size_t> sorted_order(ScoringSession& session, std::size_t begin, std::size_t n,
                                      std::uint64_t seed) {
  std::vector<std::size_t> shuffled(n);
  std::iota(shuffled.begin(), shuffled.end(), begin);
  Random(seed).shuffle(std::span(shuffled));
  std::vector<std::size_t> order = session.sorted(shuffled);
  for (std::size_t& piece : order) piece -= begin;
  return order;
}

}  // namespace

FoundOrder find_order(ScoringSession& session, std::size_t begin, std::size_t n, Assembly assembly,
                      std::uint64_t seed, Progress* progress) {
  const std::vector<float> scores = pair_scores(session, begin, n, progress);
  FoundOrder found;
  if (assembly == Assembly::own) found.order = sorted_order(session, begin, n, seed);
  if (found.order.empty()) {
    found.order = assembly == Assembly::greedy && n > 0 ? greedy_order(scores, n, 0, seed)
                                                        : best_order(scores, n, seed);
  }
  for (std::size_t i = 0; i + 1 < n; ++i)
    found.seams.push_back(scores[found.order[i] * n + found.order[i + 1]]);
  return found;
}

double Agreement::neighbours() const {
  return pairs == 0 ? 1 : static_cast<double>(right) / static_cast<double>(pairs);
}

Agreement compare_with_truth(std::span<const std::size_t> order) {
  Agreement agreement;
  const std::size_t n = order.size();
  if (n > 0) agreement.pairs = n - 1;
  double squares = 0;
  for (std::size_t place = 0; place < n; ++place) {
    agreement.right += place + 1 < n && order[place] + 1 == order[place + 1];
    const double moved = static_cast<double>(order[place]) - static_cast<double>(place);
    squares += moved * moved;
  }
  agreement.whole = squares == 0;
  const auto count = static_cast<double>(n);
  if (n > 1) agreement.rank_correlation = 1 - 6 * squares / (count * (count * count - 1));
  return agreement;
}

}  // namespace segue
