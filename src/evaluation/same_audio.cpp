#include "evaluation/same_audio.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace segue {

double audio_distance(const FragmentSet& fragments, std::size_t a, std::size_t b, Hop guard) {
  const LogMel one = fragments.log_mel(a, guard), other = fragments.log_mel(b, guard);
  const std::size_t count = std::min(one.values.size(), other.values.size());
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = static_cast<double>(one.values[i]) - other.values[i];
    sum += difference * difference;
  }
  return 10 * std::sqrt(sum / static_cast<double>(count));  // log10 of power: 10 dB each
}

}  // namespace segue
