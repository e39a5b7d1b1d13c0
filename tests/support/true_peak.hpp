// The true peak as libebur128 reads it, for a second opinion.
#pragma once

#include <ebur128.h>

#include <algorithm>
#include <cstddef>
#include <span>

#include "support/signals.hpp"

namespace segue::test {

// dBTP of the loudest channel.
inline double true_peak_by_libebur128(std::span<const float> interleaved, int sample_rate,
                                      int channels) {
  const auto count = static_cast<unsigned>(channels);
  ebur128_state* meter =
      ebur128_init(count, static_cast<unsigned long>(sample_rate), EBUR128_MODE_TRUE_PEAK);
  ebur128_add_frames_float(meter, interleaved.data(), interleaved.size() / count);
  double loudest = 0;
  for (unsigned channel = 0; channel < count; ++channel) {
    double peak = 0;
    ebur128_true_peak(meter, channel, &peak);
    loudest = std::max(loudest, peak);
  }
  ebur128_destroy(&meter);
  return decibels(loudest);
}

}  // namespace segue::test
