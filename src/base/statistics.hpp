// Mean and spread of values.
#pragma once

#include <cmath>
#include <functional>
#include <iterator>

namespace segue {

struct MeanAndDeviation {
  double mean = 0;
  double deviation = 0;  // the standard deviation of these values (not of what they were drawn from)
};

// Of any range; `value_of` tells an element's value. Both are 0 for an empty one.
template <typename Range, typename Projection = std::identity>
MeanAndDeviation mean_and_deviation(const Range& range, Projection value_of = {}) {
  const auto count = static_cast<double>(std::size(range));
  MeanAndDeviation result;
  double square = 0;
  for (const auto& element : range) result.mean += static_cast<double>(value_of(element)) / count;
  for (const auto& element : range) {
    const double off = static_cast<double>(value_of(element)) - result.mean;
    square += off * off / count;
  }
  result.deviation = std::sqrt(square);
  return result;
}

}  // namespace segue
