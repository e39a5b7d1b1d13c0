#include "evaluation/rebuild.hpp"

#include <numeric>

#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "evaluation/ordering.hpp"
#include "evaluation/puzzle.hpp"

namespace segue {
namespace {

// How well each piece follows each: row a is that of `history` pieces at most, up to a, in this order.
std::vector<float> scores_after(ScoringSession& session, std::size_t begin,
                                std::span<const std::size_t> order, std::size_t history,
                                Progress* progress) {
  const std::size_t n = order.size();
  std::vector<float> matrix(n * n), row(n - std::min<std::size_t>(n, 1));
  std::vector<std::size_t> context, others;
  for (std::size_t place = 0; place < n && n > 1; ++place) {
    throw_if_interrupted();
    context.clear();
    others.clear();
    for (std::size_t i = place + 1 - std::min(history, place + 1); i <= place; ++i)
      context.push_back(begin + order[i]);
    for (std::size_t b = 0; b < n; ++b) {
      if (b != order[place]) others.push_back(begin + b);
    }
    session.score(context, others, row);
    for (std::size_t k = 0; k < row.size(); ++k) matrix[order[place] * n + others[k] - begin] = row[k];
    if (progress != nullptr) progress->advance(1);
  }
  return matrix;
}

// After each two pieces: [n × n × n], 0 where a piece comes twice. Heard are only those of which the
// second is among the kLikely best after the first by `pairs`; the others count as if nothing came
// before.
std::vector<float> triple_scores(ScoringSession& session, std::size_t begin, std::size_t n,
                                 std::span<const float> pairs) {
  constexpr std::size_t kLikely = 3;
  std::vector<float> triples(n * n * n), row(n - 2);
  std::vector<std::size_t> others;
  for (std::size_t before = 0; before < n; ++before) {
    const auto follows = pairs.subspan(before * n, n);
    for (std::size_t a = 0; a < n; ++a) {
      if (a == before) continue;
      throw_if_interrupted();
      std::size_t better = 0;
      for (std::size_t b = 0; b < n; ++b) better += b != before && follows[b] > follows[a];
      others.clear();
      for (std::size_t b = 0; b < n; ++b) {
        if (b != a && b != before) others.push_back(begin + b);
      }
      if (better < kLikely) {
        const std::size_t context[] = {begin + before, begin + a};
        session.score(context, others, row);
      } else {
        for (std::size_t k = 0; k < row.size(); ++k) row[k] = pairs[a * n + others[k] - begin];
      }
      for (std::size_t k = 0; k < row.size(); ++k)
        triples[(before * n + a) * n + others[k] - begin] = row[k];
    }
  }
  return triples;
}

std::vector<std::size_t> as_given(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

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

std::vector<float> seams_of(std::span<const std::size_t> order, std::span<const float> scores) {
  std::vector<float> seams;
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    seams.push_back(scores[order[i] * order.size() + order[i + 1]]);
  return seams;
}

}  // namespace

FoundOrder find_order(ScoringSession& session, std::size_t begin, std::size_t n, Assembly assembly,
                      std::uint64_t seed, std::size_t history, Progress* progress) {
  std::vector<float> scores = scores_after(session, begin, as_given(n), 1, progress);
  FoundOrder found;
  if (assembly == Assembly::own) found.order = sorted_order(session, begin, n, seed);
  const bool again = found.order.empty() && assembly != Assembly::greedy && history > 1 && n > 2;
  if (found.order.empty()) {
    found.order = assembly == Assembly::greedy && n > 0 ? greedy_order(scores, n, 0, seed)
                                                        : best_order(scores, n, seed);
  }
  found.seams = seams_of(found.order, scores);
  int rounds = 0;
  if (again) {
    session.suppose_contexts();
    std::vector<std::size_t> order = std::move(found.order);
    if (n <= kLargestPuzzle)
      order = best_order_of_triples(scores, triple_scores(session, begin, n, scores), n, seed);
    double most = 0;
    for (; rounds < kRehearings; ++rounds) {
      scores = scores_after(session, begin, order, history, progress);
      // Each seam was heard after what this very order puts before it.
      const double worth = order_worth(scores, order);
      std::vector<std::size_t> better = best_order(scores, n, seed);
      const bool stays = better == order;
      if (rounds == 0 || worth > most || stays) {
        most = worth;
        found = {order, seams_of(order, scores)};
      }
      order = std::move(better);
      if (stays) {
        ++rounds;
        break;
      }
    }
  }
  if (progress != nullptr)
    progress->advance(static_cast<double>(kRehearings - rounds) * static_cast<double>(n));
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
