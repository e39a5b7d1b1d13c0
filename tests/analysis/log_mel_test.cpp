#include "analysis/log_mel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>

#include "base/parallel.hpp"
#include "base/text.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr std::size_t kBands = LogMelGeometry::bands;

std::vector<float> log_mel_of(std::span<const float> samples) {
  LogMelExtractor extractor;
  std::vector<float> rows;
  extractor.process(samples, rows);
  return rows;
}

// The signal of scripts/log_mel_golden.py.
std::vector<float> golden_signal() {
  std::vector<float> samples(24000);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / kRate;
    state = 1664525 * state + 1013904223;
    samples[i] = static_cast<float>(0.4 * std::sin(2 * std::numbers::pi * (50 * t + 4500 * t * t)) +
                                    (i % 5000 == 0 ? 0.8 : 0.0) + 0.02 * (state / 4294967296.0 - 0.5));
  }
  return samples;
}

std::vector<double> golden_rows() {
  std::ifstream file(SEGUE_SOURCE_DIR "/tests/analysis/golden/log_mel.csv");
  std::vector<double> values;
  for (std::string line; std::getline(file, line);) {
    for (const auto& field : split_csv(line)) values.push_back(std::stod(field));
  }
  return values;
}

TEST(LogMelExtractor, AgreesWithNumpy) {
  const auto expected = golden_rows();
  const auto rows = log_mel_of(golden_signal());
  ASSERT_EQ(rows.size(), expected.size());
  ASSERT_EQ(rows.size(), 43 * kBands);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_NEAR(rows[i], expected[i], 1e-3) << "frame " << i / kBands << " band " << i % kBands;
  }
}

TEST(LogMelExtractor, ASinePeaksInItsBand) {
  const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double step = (mel(10500) - mel(30)) / 81;
  for (std::size_t band = 5; band < kBands; band += 7) {
    const double centre =
        700 * (std::pow(10, (mel(30) + step * static_cast<double>(band + 1)) / 2595) - 1);
    const auto rows = log_mel_of(test::sine(centre, 0.5, 4096, kRate, 1));
    const auto row = std::span(rows).first(kBands);
    EXPECT_EQ(static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()), band);
  }
}

// White noise of variance s² has the power s² Σ hann² / 512² = s² (3/8 · 2048) / 512² in every bin,
// and as a band's weights sum to 1, in every band.
TEST(LogMelExtractor, WhiteNoiseIsFlat) {
  const auto rows = log_mel_of(test::noise(0.3, 2048 + 512 * 3000, 5));
  const double expected = 0.3 * 0.3 / 3 * 768 / (512 * 512);
  for (std::size_t band = 0; band < kBands; ++band) {
    double sum = 0;
    for (std::size_t i = band; i < rows.size(); i += kBands) sum += std::pow(10, rows[i]);
    EXPECT_NEAR(sum / (static_cast<double>(rows.size()) / kBands) / expected, 1, 0.1) << band;
  }
}

TEST(LogMelExtractor, SilenceIsMinusSeven) {
  const auto rows = log_mel_of(std::vector<float>(10000));
  ASSERT_FALSE(rows.empty());
  for (const float value : rows) ASSERT_FLOAT_EQ(value, -7);
}

TEST(LogMelExtractor, GivesAFrameAsSoonAsItsWindowIsFull) {
  LogMelExtractor extractor;
  std::vector<float> rows;
  extractor.process(std::vector<float>(2047), rows);
  EXPECT_EQ(rows.size(), 0U);
  extractor.process(std::vector<float>(1), rows);
  EXPECT_EQ(rows.size(), kBands);
  extractor.process(std::vector<float>(511), rows);
  EXPECT_EQ(rows.size(), kBands);
  extractor.process(std::vector<float>(1 + 512), rows);
  EXPECT_EQ(rows.size(), 3 * kBands);
}

TEST(LogMelExtractor, PiecesOfAnySizeGiveTheSameBits) {
  const auto samples = test::noise(0.5, 40000, 2);
  const auto whole = log_mel_of(samples);
  for (const std::size_t size : {1, 7, 511, 512, 513, 2048, 9999}) {
    LogMelExtractor extractor;
    std::vector<float> rows;
    for (std::size_t at = 0; at < samples.size(); at += size) {
      extractor.process(std::span(samples).subspan(at, std::min(size, samples.size() - at)), rows);
    }
    EXPECT_EQ(rows, whole) << size;
  }
}

TEST(LogMelExtractor, WorksInManyThreadsAtOnce) {
  const auto samples = test::noise(0.5, 20000, 3);
  const auto expected = log_mel_of(samples);
  std::vector<char> equal(32);
  parallel_for(equal.size(), 8, [&](std::size_t i) { equal[i] = log_mel_of(samples) == expected; });
  EXPECT_EQ(std::count(equal.begin(), equal.end(), 1), 32);
}

}  // namespace
}  // namespace segue
