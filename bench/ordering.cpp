// What putting pieces in order costs, and how far from the best it may be.
#include "evaluation/ordering.hpp"

#include <benchmark/benchmark.h>

#include <limits>

#include "base/random.hpp"

namespace {

using namespace segue;

// Every score drawn by itself: no order is meant.
std::vector<float> drawn(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> scores(n * n);
  for (float& score : scores) score = static_cast<float>(random.uniform());
  return scores;
}

// 0, 1 … n-1 is meant; a tenth of the pieces is followed by its true next no better than by chance,
// and music that repeats itself makes others as good as the true one.
std::vector<float> meant(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> scores = drawn(n, seed + 1);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    if (random.uniform() < 0.1) continue;
    const auto value = static_cast<float>(0.9 + 0.5 * random.uniform());
    scores[i * n + i + 1] = value;
    if (random.uniform() < 0.2) scores[i * n + random.below(n)] = value;
  }
  return scores;
}

// No order is worth more than the best assignment of successors, one piece having none (the
// Hungarian method, by shortest paths).
double bound(const std::vector<float>& scores, std::size_t n) {
  const std::size_t size = n + 1;
  const auto cost = [&](std::size_t a, std::size_t b) {  // from 1
    if (a > n && b > n) return 1e9;
    if (a > n || b > n) return 0.0;
    return a == b ? 1e9 : -static_cast<double>(scores[(a - 1) * n + b - 1]);
  };
  std::vector<double> row(size + 1), column(size + 1);
  std::vector<std::size_t> match(size + 1), way(size + 1);
  for (std::size_t i = 1; i <= size; ++i) {
    match[0] = i;
    std::size_t at = 0;
    std::vector<double> least(size + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> used(size + 1);
    do {
      used[at] = true;
      std::size_t next = 0;
      double step = std::numeric_limits<double>::infinity();
      for (std::size_t j = 1; j <= size; ++j) {
        if (used[j]) continue;
        const double reduced = cost(match[at], j) - row[match[at]] - column[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          way[j] = at;
        }
        if (least[j] < step) {
          step = least[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j <= size; ++j) {
        if (used[j]) {
          row[match[j]] += step;
          column[j] -= step;
        } else {
          least[j] -= step;
        }
      }
      at = next;
    } while (match[at] != 0);
    for (; at != 0; at = way[at]) match[at] = match[way[at]];
  }
  return column[0];
}

// Of `scores` of n pieces; the counter is what is missing from the bound at most, in percent.
template <class Make>
void order(benchmark::State& state, const Make& make) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const std::vector<float> scores = make(n, 1);
  std::vector<std::size_t> found;
  for (auto _ : state) found = best_order(scores, n, 1);
  state.counters["missing_%"] = 100 * (1 - order_worth(scores, found) / bound(scores, n));
}
BENCHMARK_CAPTURE(order, drawn, drawn)->Arg(12)->Arg(100)->Arg(2000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(order, meant, meant)->Arg(12)->Arg(100)->Arg(2000)->Unit(benchmark::kMillisecond);

// Searched all the same, beside the best of 200 puzzles of 12.
void search_12(benchmark::State& state) {
  double found = 0, best = 0, worst = 1;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const std::vector<float> scores = drawn(12, seed++);
    const double searched = order_worth(scores, search_order(scores, 12, 1));
    state.PauseTiming();
    const double exact = order_worth(scores, best_order(scores, 12, 1));
    worst = std::min(worst, searched / exact);
    found += searched;
    best += exact;
    state.ResumeTiming();
  }
  state.counters["missing_%"] = 100 * (1 - found / best);
  state.counters["worst_missing_%"] = 100 * (1 - worst);
}
BENCHMARK(search_12)->Iterations(200)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
