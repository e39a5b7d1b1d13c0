// Signals that tests make: all interleaved float, amplitudes linear.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace segue::test {

inline double decibels(double linear) {
  return linear > 0 ? 20 * std::log10(linear) : -std::numeric_limits<double>::infinity();
}
inline double linear(double decibels) { return std::pow(10, decibels / 20); }

// The same sine in every channel; phase in radians at frame 0.
inline std::vector<float> sine(double frequency, double amplitude, std::size_t frames, int sample_rate,
                               int channels, double phase = 0) {
  std::vector<float> samples(frames * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < frames; ++i) {
    const double turns = frequency * static_cast<double>(i) / sample_rate;
    const double value =
        amplitude * std::sin(2 * std::numbers::pi * (turns - std::floor(turns)) + phase);
    for (int c = 0; c < channels; ++c) {
      samples[i * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c)] =
          static_cast<float>(value);
    }
  }
  return samples;
}

// White, uniform in ± amplitude, independent in every sample.
inline std::vector<float> noise(double amplitude, std::size_t samples, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(samples);
  for (auto& value : values) value = static_cast<float>(random.uniform(-amplitude, amplitude));
  return values;
}

inline double root_mean_square(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

}  // namespace segue::test
