#include "model_torch/seam_contrast.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace segue {
namespace {

std::vector<float> noise(Hop frames, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> window(static_cast<std::size_t>(frames * kBands));
  for (float& value : window) value = static_cast<float>(random.uniform(-1, 1));
  return window;
}

// By the definition, in double: the log distance of the mean spectra of `width` frames on either side.
double distance(const std::vector<float>& window, Hop at, Hop width, int first_band, int end_band) {
  double sum = 0;
  for (int band = first_band; band < end_band; ++band) {
    double difference = 0;
    for (Hop i = 0; i < width; ++i)
      difference += static_cast<double>(window[static_cast<std::size_t>((at - 1 - i) * kBands + band)]) -
                    static_cast<double>(window[static_cast<std::size_t>((at + i) * kBands + band)]);
    sum += difference * difference / static_cast<double>(width * width);
  }
  return std::log(sum / (end_band - first_band) + 1e-4);
}

TEST(SeamContrast, MeasuresAsDefined) {
  constexpr Hop kFrames = 120, kMiddle = 60, kWidth = 4;  // the second span has no gap
  const std::vector<float> window = noise(kFrames, 1);
  const SeamContrast contrast(4);
  std::vector<float> measures(contrast.size());
  contrast.measure(window, {0, kFrames}, measures);
  const std::pair<int, int> groups[] = {{0, 80}, {0, 16}, {16, 40}, {40, 60}, {60, 80}};
  for (std::size_t g = 0; g < std::size(groups); ++g) {
    const auto [begin, end] = groups[g];
    double here = -1e9;
    for (Hop at = kMiddle - 2; at <= kMiddle + 2; ++at)
      here = std::max(here, distance(window, at, kWidth, begin, end));
    std::vector<double> others;
    for (Hop at = kWidth; at <= kFrames - kWidth; ++at)
      if (std::abs(at - kMiddle) > kWidth / 2 + 6 && (at - kMiddle) % 3 == 0)
        others.push_back(distance(window, at, kWidth, begin, end));
    double mean = 0, variance = 0, share = 0;
    const auto count = static_cast<double>(others.size());
    for (const double other : others) mean += other / count;
    for (const double other : others) {
      variance += (other - mean) * (other - mean) / count;
      share += 1 / (1 + std::exp(-4 * (here - other))) / count;
    }
    const std::size_t at = 5 * 4 + 4 * g;
    EXPECT_NEAR(measures[at], here, 1e-4) << g;
    EXPECT_NEAR(measures[at + 1], here - mean, 1e-4) << g;
    EXPECT_NEAR(measures[at + 2], (here - mean) / (std::sqrt(variance) + 0.1), 1e-3) << g;
    EXPECT_NEAR(measures[at + 3], share, 1e-4) << g;
  }
}

TEST(SeamContrast, AChangeInTheMiddleStandsOutAndOnlyWhatIsHeardCounts) {
  constexpr Hop kFrames = 360;
  std::vector<float> window = noise(kFrames, 2);
  for (std::size_t i = window.size() / 2; i < window.size(); ++i) window[i] += 2;
  for (const Hop transition : {4, 43, 516}) {
    const SeamContrast contrast(transition);
    std::vector<float> measures(contrast.size()), again(contrast.size());
    contrast.measure(window, {60, 300}, measures);
    EXPECT_GT(measures[4 * 5 * 2 + 3], 0.99F) << "16 frames on either side, all bands";
    std::vector<float> other = window;
    std::fill(other.begin(), other.begin() + 60 * kBands, 9.0F);
    std::fill(other.begin() + 300 * kBands, other.end(), -9.0F);
    contrast.measure(other, {60, 300}, again);
    for (std::size_t i = 0; i < measures.size(); ++i) {
      EXPECT_TRUE(std::isfinite(measures[i])) << i;
      EXPECT_NEAR(measures[i], again[i], 2e-3) << transition << ", " << i;
    }
    contrast.measure(window, {178, 182}, measures);  // hardly anything is heard
    for (const float value : measures) EXPECT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace segue
