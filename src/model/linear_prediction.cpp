#include "model/linear_prediction.hpp"

#include <algorithm>

namespace segue {

LinearPrediction predict_linearly(std::span<const float> samples, std::size_t order) {
  const std::size_t count = samples.size();
  order = std::min(order, count / 2);
  std::vector<double> forward(samples.begin(), samples.end()), backward = forward;
  std::vector<double> a, before;
  double power = 0;
  for (const double x : forward) power += x * x / static_cast<double>(count);
  for (std::size_t m = 0; m < order; ++m) {
    // forward[t] and backward[t - 1] are what m coefficients miss, of the samples m … count - 1.
    double product = 0, energy = 0;
    for (std::size_t t = m + 1; t < count; ++t) {
      product += forward[t] * backward[t - 1];
      energy += forward[t] * forward[t] + backward[t - 1] * backward[t - 1];
    }
    const double reflection = energy > 0 ? 2 * product / energy : 0;
    before = a;
    a.push_back(reflection);
    for (std::size_t k = 0; k < m; ++k) a[k] = before[k] - reflection * before[m - 1 - k];
    for (std::size_t t = count - 1; t > m; --t) {
      const double ahead = forward[t];
      forward[t] = ahead - reflection * backward[t - 1];
      backward[t] = backward[t - 1] - reflection * ahead;
    }
    power *= 1 - reflection * reflection;
  }
  return {{a.begin(), a.end()}, std::max(0.0, power)};
}

}  // namespace segue
