// Intervals by bootstrap over groups (Efron 1979): whole tracks are drawn, because the fragments of
// one track resemble each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace segue {

struct Interval {
  double low = 0;
  double high = 0;
};

// 95 % percentile interval of a statistic that is told how often each group was drawn.
// {NaN, NaN} with fewer than two groups, or where the statistic is always NaN.
Interval bootstrap_interval(std::size_t groups, std::uint64_t seed,
                            const std::function<double(std::span<const double> drawn)>& statistic,
                            int resamples = 1000);

}  // namespace segue
