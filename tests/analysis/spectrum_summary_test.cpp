#include "analysis/spectrum_summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/hearing.hpp"

namespace segue {
namespace {

constexpr std::size_t kBands = LogMelGeometry::bands;
constexpr float kFloor = -7;  // log10 of what the log-mel spectrogram adds

SpectrumSummary summary_of(const std::vector<std::vector<float>>& frames) {
  SpectrumListener listener;
  for (const auto& frame : frames) listener.add(frame);
  return listener.finish();
}

// Sines that set in within 10 ms and die away; soft enough that an edge is heard nowhere else.
std::vector<float> burst(double at, std::initializer_list<double> frequencies) {
  std::vector<float> samples = test::silence(3);
  const std::size_t first = test::samples_in(at);
  for (const double frequency : frequencies) {
    for (std::size_t i = first; i < samples.size(); ++i) {
      const double t = static_cast<double>(i - first) / test::kHeardRate;
      const double edge = t < .01 ? .5 - .5 * std::cos(std::numbers::pi * t / .01) : 1;
      samples[i] += static_cast<float>(.02 * edge * std::exp(-8 * t) *
                                       std::sin(2 * std::numbers::pi * frequency * t));
    }
  }
  return samples;
}

// A frame sees 2048 samples and moves by 512: the first that sees sample n is the one that ends just
// past it, and three more lie over it.
TEST(SpectrumSummary, HearsWhereAKickAMidAndAHissBegin) {
  struct Case {
    const char* name;
    std::size_t region;
    std::vector<float> samples;
  };
  constexpr double kAt = 1.5;
  const std::vector<Case> cases = {
      {"kick", 0, burst(kAt, {55, 90, 130, 170})},
      {"mid", 1, burst(kAt, {300, 400, 500, 600, 700, 900, 1100, 1300, 1500, 1700})},
      {"hiss", 2, burst(kAt, {2400, 3000, 3500, 4000, 4500, 5000, 5700, 6400, 7100, 8000, 9000})},
  };
  const auto first = static_cast<std::int64_t>(test::samples_in(kAt) - 2048) / 512 + 1;
  for (const auto& [name, region, samples] : cases) {
    const SpectrumSummary summary = test::spectrum_of(samples);
    std::array<float, 3> most{};
    std::array<std::int64_t, 3> when{};
    for (std::size_t i = 0; i < summary.rise.size(); ++i) {
      for (std::size_t k = 0; k < 3; ++k) {
        if (summary.rise[i][k] <= most[k]) continue;
        most[k] = summary.rise[i][k];
        when[k] = static_cast<std::int64_t>(i);
      }
    }
    EXPECT_GT(most[region], .3) << name;
    EXPECT_GE(when[region], first) << name;
    EXPECT_LE(when[region], first + 3) << name;
    for (std::size_t other = 0; other < 3; ++other) {
      if (other == region) continue;
      EXPECT_LT(most[other], most[region] / 2) << name << " in region " << other;
    }
    for (std::int64_t i = 0; i < first; ++i)
      EXPECT_EQ(summary.rise[static_cast<std::size_t>(i)][region], 0) << name << " " << i;
  }
}

TEST(SpectrumSummary, CentroidOfASineIsItsFrequency) {
  for (const double frequency : {200.0, 440.0, 1000.0, 3000.0, 8000.0}) {
    const SpectrumSummary summary =
        test::spectrum_of(test::sine(frequency, .5, test::samples_in(1), test::kHeardRate, 1));
    ASSERT_EQ(summary.centroid.size(), 22050u / 512 - 3);
    for (const float centroid : summary.centroid) EXPECT_NEAR(centroid, frequency, .05 * frequency);
  }
}

TEST(SpectrumSummary, PowerIsTheMeanOverTheBands) {
  std::vector<float> frame(kBands, -2);
  frame[10] = 0;
  const SpectrumSummary summary = summary_of({frame});
  ASSERT_EQ(summary.power.size(), 1u);
  EXPECT_NEAR(summary.power[0], (79 * .01 + 1) / 80, 1e-6);
}

// Of the 80 bands 6 are centred below 200 Hz and 32 more below 2 kHz (numpy, from the HTK mel scale).
TEST(SpectrumSummary, RiseIsAMeanOverTheBandsOfARegion) {
  std::vector<std::vector<float>> frames(4, std::vector<float>(kBands, -5));
  for (std::size_t band = 0; band < 6; ++band) frames[1][band] = -4;
  for (std::size_t band = 0; band < 38; ++band) frames[2][band] = -3;
  frames[3] = frames[2];
  frames[3][79] = -3.9f;
  frames[3][0] = -6;  // falls, and that does not count
  const SpectrumSummary summary = summary_of(frames);
  using Rise = std::array<float, 3>;
  const std::vector<Rise> expected = {{0, 0, 0}, {1, 0, 0}, {1, 2, 0}, {0, 0, 1.1f / 42}};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(summary.rise[i][k], expected[i][k], 1e-5) << i << " " << k;
}

TEST(SpectrumSummary, HissUnderTheFloorDoesNotRise) {
  const SpectrumSummary summary =
      summary_of({std::vector<float>(kBands, kFloor), std::vector<float>(kBands, -6.1f),
                  std::vector<float>(kBands, -5.5f)});
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(summary.rise[1][k], 0);
    EXPECT_NEAR(summary.rise[2][k], .5, 1e-5);
  }
}

TEST(SpectrumSummary, TimbreIsAMeanOverFramesAndBands) {
  std::vector<std::vector<float>> frames;
  for (int i = 0; i < 2 * SpectrumSummary::kTimbreFrames + 5; ++i) {
    auto& frame = frames.emplace_back(kBands);
    for (std::size_t band = 0; band < kBands; ++band)
      frame[band] =
          -4 + .02f * static_cast<float>(band) + (i < SpectrumSummary::kTimbreFrames ? 0.0f : .5f);
  }
  const SpectrumSummary summary = summary_of(frames);
  ASSERT_EQ(summary.timbre.size(), 2u) << "what is left over is left out";
  for (std::size_t k = 0; k < SpectrumSummary::kTimbreBands; ++k) {
    const double mean = -4 + .02 * (4 * static_cast<double>(k) + 1.5);
    EXPECT_NEAR(summary.timbre[0][k], mean, 1e-4);
    EXPECT_NEAR(summary.timbre[1][k], mean + .5, 1e-4);
  }
}

TEST(SpectrumSummary, IsTheSameInWhateverPartsItComes) {
  const std::vector<float> rows = test::log_mel_of(test::noise(.3, test::samples_in(4), 1));
  SpectrumListener whole, parts;
  whole.add(rows);
  for (std::size_t i = 0; i < rows.size(); i += 7 * kBands)
    parts.add(std::span(rows).subspan(i, std::min(7 * kBands, rows.size() - i)));
  const SpectrumSummary a = whole.finish(), b = parts.finish();
  EXPECT_EQ(a.rise, b.rise);
  EXPECT_EQ(a.power, b.power);
  EXPECT_EQ(a.centroid, b.centroid);
  EXPECT_EQ(a.timbre, b.timbre);
}

}  // namespace
}  // namespace segue
