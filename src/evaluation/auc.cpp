#include "evaluation/auc.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/successor_model.hpp"

namespace segue {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// scores sorted ascending; weight(i) is how often entry i counts.
template <class Weight>
double weighted_auc(const std::vector<GroupedScore>& scores, const Weight& weight) {
  double below = 0;  // negatives with a lower score
  double wins = 0;
  double positives = 0;
  for (std::size_t i = 0; i < scores.size();) {
    double tied_positives = 0;
    double tied_negatives = 0;
    std::size_t end = i;
    for (; end < scores.size() && scores[end].score == scores[i].score; ++end) {
      (scores[end].positive ? tied_positives : tied_negatives) += weight(scores[end]);
    }
    wins += tied_positives * (below + tied_negatives / 2);
    positives += tied_positives;
    below += tied_negatives;
    i = end;
  }
  return positives > 0 && below > 0 ? wins / (positives * below) : kNone;
}

void sort_by_score(std::vector<GroupedScore>& scores) {
  for (const GroupedScore& score : scores) {
    if (std::isnan(score.score)) throw score_is_no_number();
  }
  std::sort(scores.begin(), scores.end(), [](auto& a, auto& b) { return a.score < b.score; });
}

}  // namespace

double auc(std::span<const float> positives, std::span<const float> negatives) {
  std::vector<GroupedScore> scores;
  scores.reserve(positives.size() + negatives.size());
  for (const float score : positives) scores.push_back({score, true, 0});
  for (const float score : negatives) scores.push_back({score, false, 0});
  sort_by_score(scores);
  return weighted_auc(scores, [](const GroupedScore&) { return 1.0; });
}

Interval auc_interval(std::vector<GroupedScore> scores, std::size_t groups, std::uint64_t seed,
                      int resamples) {
  sort_by_score(scores);
  return bootstrap_interval(
      groups, seed,
      [&](std::span<const double> drawn) {
        return weighted_auc(scores, [&](const GroupedScore& s) { return drawn[s.group]; });
      },
      resamples);
}

}  // namespace segue
