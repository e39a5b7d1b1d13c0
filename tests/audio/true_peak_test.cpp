#include "audio/true_peak.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/signals.hpp"
#include "support/true_peak.hpp"

namespace segue {
namespace {

double measured(const std::vector<float>& samples, int rate, int channels, std::size_t block) {
  TruePeakMeter meter(rate, channels);
  const std::size_t step = block * static_cast<std::size_t>(channels);
  for (std::size_t at = 0; at < samples.size(); at += step) {
    meter.add(std::span(samples).subspan(at, std::min(step, samples.size() - at)));
  }
  return test::decibels(meter.peak());
}

TEST(TruePeakMeter, ReadsWhatLibebur128Reads) {
  for (const int rate : {8000, 44100, 48000, 88200, 96000, 192000}) {
    for (const int channels : {1, 2}) {
      const std::vector<std::vector<float>> signals = {
          test::noise(0.7, 40000, static_cast<std::uint64_t>(rate)),
          test::sine(rate / 4.0, 0.9, 20000, rate, channels, std::numbers::pi / 4),
          test::sine(rate / 4.37, 0.9, 20000, rate, channels),
          {0, 0, 1, -1},  // the last samples count
      };
      for (const auto& signal : signals) {
        const double expected = test::true_peak_by_libebur128(signal, rate, channels);
        EXPECT_NEAR(measured(signal, rate, channels, 1000), expected, 1e-4) << rate;
        EXPECT_NEAR(measured(signal, rate, channels, 37), expected, 1e-4) << rate;
      }
    }
  }
}

// The bound by which quiet passages are skipped: signs that fit the weights' come close to it, none
// passes it.
TEST(TruePeakDetector, NoPeakPassesTheBound) {
  for (const int rate : {44100, 96000, 192000}) {
    TruePeakDetector detector(rate, 1);
    Random random(1);
    float bound = 0;
    float largest = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      std::vector<float> samples(TruePeakDetector::kLargestBlock);
      for (auto& sample : samples) sample = random.below(2) == 0 ? -1.0f : 1.0f;
      bound = detector.take(samples);
      for (const float peak : detector.peaks()) largest = std::max(largest, peak);
    }
    EXPECT_LE(largest, bound) << rate;
    EXPECT_GT(largest, bound * 0.8f) << rate;
  }
}

}  // namespace
}  // namespace segue
