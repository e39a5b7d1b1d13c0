#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/disjoint_sets.hpp"
#include "base/statistics.hpp"

namespace segue {
namespace {

TEST(MeanAndDeviation, OfValuesAndOfWhatElementsHold) {
  const MeanAndDeviation plain = mean_and_deviation(std::vector<int>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(plain.mean, 2.5);
  EXPECT_DOUBLE_EQ(plain.deviation, std::sqrt(1.25));
  const std::vector<std::array<float, 2>> rows = {{0, 7}, {0, -7}};
  const MeanAndDeviation second = mean_and_deviation(rows, [](const auto& row) { return row[1]; });
  EXPECT_DOUBLE_EQ(second.mean, 0);
  EXPECT_DOUBLE_EQ(second.deviation, 7);
  const MeanAndDeviation none = mean_and_deviation(std::vector<double>());
  EXPECT_EQ(none.mean, 0);
  EXPECT_EQ(none.deviation, 0);
}

TEST(DisjointSets, AreLedByTheirSmallestNumber) {
  DisjointSets sets(6);
  sets.join(5, 3);
  sets.join(4, 1);
  sets.join(3, 4);
  const std::vector<std::size_t> leaders = {0, 1, 2, 1, 1, 1};
  for (std::size_t i = 0; i < leaders.size(); ++i) EXPECT_EQ(sets.leader_of(i), leaders[i]) << i;
}

}  // namespace
}  // namespace segue
