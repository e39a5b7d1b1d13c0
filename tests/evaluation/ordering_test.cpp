#include "evaluation/ordering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

using Order = std::vector<std::size_t>;

std::vector<float> random_scores(std::size_t n, std::uint64_t seed, std::uint64_t levels = 1000000) {
  Random random(seed);
  std::vector<float> scores(n * n);
  for (float& score : scores) score = static_cast<float>(random.below(levels)) / 1000 - 300;
  return scores;
}

// By trying all.
double best_worth(const std::vector<float>& scores, std::size_t n) {
  Order order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  double best = -std::numeric_limits<double>::infinity();
  do best = std::max(best, order_worth(scores, order));
  while (std::next_permutation(order.begin(), order.end()));
  return best;
}

bool holds_each_once(Order order, std::size_t n) {
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return order.size() == n;
}

TEST(Ordering, WorthIsTheSumOverNeighbours) {
  const std::vector<float> scores{9, 1, 2, 3, 9, 4, 5, 2, 9};
  EXPECT_DOUBLE_EQ(order_worth(scores, Order{0, 1, 2}), 1 + 4);
  EXPECT_DOUBLE_EQ(order_worth(scores, Order{2, 0, 1}), 5 + 1);
  EXPECT_DOUBLE_EQ(order_worth({}, {}), 0);
  EXPECT_EQ(best_order(scores, 3, 1), (Order{1, 2, 0})) << "4 + 5 is the most";
}

TEST(Ordering, FewPiecesHaveFewOrders) {
  EXPECT_EQ(best_order({}, 0, 1), Order{});
  EXPECT_EQ(search_order({}, 0, 1), Order{});
  const std::vector<float> one{std::nanf("")};  // the diagonal is not read
  EXPECT_EQ(best_order(one, 1, 1), Order{0});
  EXPECT_EQ(search_order(one, 1, 1), Order{0});
  const std::vector<float> two{9, 0, 1, 9};
  EXPECT_EQ(best_order(two, 2, 1), (Order{1, 0}));
  EXPECT_EQ(search_order(two, 2, 1), (Order{1, 0}));
  EXPECT_EQ(greedy_order(two, 2, 0, 1), (Order{0, 1}));
}

TEST(Ordering, OrdersOfTriplesAgreeWithTryingAll) {
  for (std::size_t n = 3; n <= 7; ++n) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const std::vector<float> pairs = random_scores(n, seed, seed % 2 == 0 ? 1000000 : 4);
      std::vector<float> triples;
      for (std::size_t before = 0; before < n; ++before) {
        for (const float score :
             random_scores(n, derive_seed(seed, before), seed % 2 == 0 ? 1000000 : 4))
          triples.push_back(score);
      }
      const auto worth = [&](const Order& order) {
        double sum = pairs[order[0] * n + order[1]];
        for (std::size_t i = 2; i < n; ++i)
          sum += triples[(order[i - 2] * n + order[i - 1]) * n + order[i]];
        return sum;
      };
      Order order(n);
      std::iota(order.begin(), order.end(), std::size_t{0});
      double best = -std::numeric_limits<double>::infinity();
      do best = std::max(best, worth(order));
      while (std::next_permutation(order.begin(), order.end()));
      const Order found = best_order_of_triples(pairs, triples, n, seed);
      ASSERT_TRUE(holds_each_once(found, n));
      EXPECT_NEAR(worth(found), best, 1e-6) << n << " pieces, seed " << seed;
    }
  }
  std::vector<float> triples(27, 0.0f);
  triples[(0 * 3 + 1) * 3 + 1] = std::nanf("");  // a piece twice: not read
  EXPECT_TRUE(holds_each_once(best_order_of_triples(std::vector<float>(9), triples, 3, 1), 3));
  triples[(0 * 3 + 1) * 3 + 2] = std::nanf("");
  EXPECT_THROW(best_order_of_triples(std::vector<float>(9), triples, 3, 1), Error);
}

TEST(Ordering, AgreesWithTryingAllOrders) {
  for (std::size_t n = 2; n <= 8; ++n) {
    for (std::uint64_t seed = 0; seed < (n < 8 ? 40 : 8); ++seed) {
      const std::vector<float> scores = random_scores(n, seed, seed % 2 == 0 ? 1000000 : 4);
      const double best = best_worth(scores, n);
      const Order exact = best_order(scores, n, seed), searched = search_order(scores, n, seed);
      ASSERT_TRUE(holds_each_once(exact, n) && holds_each_once(searched, n));
      EXPECT_NEAR(order_worth(scores, exact), best, 1e-6) << n;
      EXPECT_NEAR(order_worth(scores, searched), best, 1e-6) << n;
    }
  }
}

TEST(Ordering, SearchingComesCloseToTheExactOrder) {
  double searched = 0, exact = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::size_t n = 10 + seed % 3;
    std::vector<float> scores = random_scores(n, seed);
    for (float& score : scores) score += 300;  // a share of the optimum needs a zero
    const double found = order_worth(scores, search_order(scores, n, seed));
    const double best = order_worth(scores, best_order(scores, n, seed));
    EXPECT_GE(found, 0.98 * best);
    searched += found;
    exact += best;
  }
  EXPECT_GE(searched, 0.999 * exact);
}

TEST(Ordering, FindsThePlantedOrderOfHundreds) {
  constexpr std::size_t n = 300;
  Random random(5);
  Order hidden(n);
  std::iota(hidden.begin(), hidden.end(), std::size_t{0});
  random.shuffle(std::span(hidden));
  std::vector<float> scores(n * n);
  for (float& score : scores) score = static_cast<float>(0.8 * random.uniform());
  for (std::size_t i = 0; i + 1 < n; ++i)
    scores[hidden[i] * n + hidden[i + 1]] = static_cast<float>(0.81 + 0.2 * random.uniform());
  EXPECT_EQ(best_order(scores, n, 1), hidden);
  // Where every twentieth true pair looks like any other, most of the rest still stands.
  for (std::size_t i = 0; i + 1 < n; i += 20) scores[hidden[i] * n + hidden[i + 1]] = 0.3f;
  const Order found = best_order(scores, n, 1);
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i + 1 < n; ++i) pairs.insert({found[i], found[i + 1]});
  std::size_t right = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) right += pairs.contains({hidden[i], hidden[i + 1]});
  EXPECT_GT(right, 270u);
}

TEST(Ordering, TheOrderThatWasGivenHasNoMoreChanceThanOthers) {
  // Of three pieces all six orders are alike.
  std::vector<std::size_t> counts(6);
  const std::vector<float> same(9, 0.5f);
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const Order order = seed % 2 == 0 ? best_order(same, 3, seed) : search_order(same, 3, seed);
    ++counts[order[0] * 2 + (order[1] > order[2])];
  }
  for (const std::size_t count : counts) EXPECT_NEAR(static_cast<double>(count), 500, 100);

  std::size_t kept = 0;
  constexpr std::size_t n = 200;
  const Order order = best_order(std::vector<float>(n * n, 1.0f), n, 7);
  ASSERT_TRUE(holds_each_once(order, n));
  for (std::size_t i = 0; i + 1 < n; ++i) kept += order[i] + 1 == order[i + 1];
  EXPECT_LT(kept, 8u) << "one is what chance gives";
}

TEST(Ordering, TheSameSeedGivesTheSameOrder) {
  const std::vector<float> scores = random_scores(120, 3, 5);
  EXPECT_EQ(best_order(scores, 120, 4), best_order(scores, 120, 4));
  EXPECT_NE(best_order(scores, 120, 4), best_order(scores, 120, 5)) << "many are worth the same";
  EXPECT_EQ(greedy_order(scores, 120, 9, 4), greedy_order(scores, 120, 9, 4));
}

TEST(Ordering, InfiniteAndHugeScoresAreTaken) {
  const float infinite = std::numeric_limits<float>::infinity();
  for (const std::size_t n : {6, 40}) {
    // All but one order holds a pair that must not be.
    std::vector<float> scores(n * n, -infinite);
    for (std::size_t i = 0; i + 1 < n; ++i) scores[(n - 1 - i) * n + n - 2 - i] = 1;
    Order backwards(n);
    for (std::size_t i = 0; i < n; ++i) backwards[i] = n - 1 - i;
    EXPECT_EQ(best_order(scores, n, 1), backwards);
    EXPECT_EQ(search_order(scores, n, 1), backwards);
    EXPECT_TRUE(holds_each_once(best_order(std::vector<float>(n * n, -infinite), n, 1), n));
    EXPECT_TRUE(holds_each_once(best_order(std::vector<float>(n * n, infinite), n, 1), n));
    std::vector<float> huge = random_scores(n, 1);
    for (float& score : huge) score *= 1e36f;
    EXPECT_TRUE(holds_each_once(best_order(huge, n, 1), n));
  }
}

TEST(Ordering, AScoreThatIsNoNumberIsRefused) {
  for (const std::size_t n : {5, 20}) {
    std::vector<float> scores(n * n, 1.0f);
    scores[1] = std::nanf("");
    test::refusal([&] { best_order(scores, n, 1); }, ErrorKind::model);
    test::refusal([&] { greedy_order(scores, n, 0, 1); }, ErrorKind::model);
    test::refusal([&] { best_order(scores, n + 1, 1); }, ErrorKind::internal);
    test::refusal([&] { greedy_order(std::vector<float>(n * n), n, n, 1); }, ErrorKind::internal);
  }
}

TEST(Ordering, GreedTakesTheBestThatIsLeft) {
  // From 0 greed takes 2 (3), then must take 1 (0); the best order is worth 4.
  const std::vector<float> scores{9, 2, 3, 0, 9, 2, 0, 0, 9};
  EXPECT_EQ(greedy_order(scores, 3, 0, 1), (Order{0, 2, 1}));
  EXPECT_EQ(best_order(scores, 3, 1), (Order{0, 1, 2}));
}

}  // namespace
}  // namespace segue
