// Area under the ROC curve: how often what is right scores above what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/bootstrap.hpp"

namespace segue {

// P(positive > negative) + ½ P(equal), over all pairs (Mann-Whitney U / (n·m)).
// NaN if either is empty.
double auc(std::span<const float> positives, std::span<const float> negatives);

// A score with the group (track) it came from; groups are what a bootstrap draws.
struct GroupedScore {
  float score = 0;
  bool positive = false;
  std::size_t group = 0;
};

// 95 % interval of the AUC by bootstrap_interval().
Interval auc_interval(std::vector<GroupedScore> scores, std::size_t groups, std::uint64_t seed,
                      int resamples = 1000);

}  // namespace segue
