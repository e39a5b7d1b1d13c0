#include "evaluation/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.hpp"

namespace segue {

Interval bootstrap_interval(std::size_t groups, std::uint64_t seed,
                            const std::function<double(std::span<const double>)>& statistic,
                            int resamples) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (groups < 2) return {none, none};
  Random random(seed);
  std::vector<double> values;
  std::vector<double> drawn(groups);
  for (int i = 0; i < resamples; ++i) {
    std::fill(drawn.begin(), drawn.end(), 0);
    for (std::size_t draw = 0; draw < groups; ++draw) drawn[random.below(groups)] += 1;
    const double value = statistic(drawn);
    if (!std::isnan(value)) values.push_back(value);
  }
  if (values.empty()) return {none, none};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(std::lround(share * static_cast<double>(values.size() - 1)))];
  };
  return {at(0.025), at(0.975)};
}

}  // namespace segue
