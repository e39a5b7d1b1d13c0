#include "planning/levels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace segue {
namespace {

// Loudness of blocks by BS.1770-4, written anew.
double integrated(const std::vector<double>& lufs) {
  const auto mean = [&](double gate) {
    double sum = 0;
    int count = 0;
    for (const double block : lufs) {
      if (block <= gate) continue;
      sum += std::pow(10, block / 10);
      ++count;
    }
    return 10 * std::log10(sum / count);
  };
  return mean(std::max(-70.0, mean(-70) - 10));
}

TEST(Levels, FragmentsAreEvenedAndTheWholeIsAtTheTarget) {
  const std::vector<float> soft(25, -25.0f), loud(25, -10.0f), middle(25, -17.5f);
  const std::vector<LevelledPiece> pieces = {{-25, -20, soft}, {-10, -12, loud}, {-17.5, -17, middle}};
  const std::vector<double> gains = level(pieces, -16);
  EXPECT_NEAR(gains[0], 9, 0.01);
  EXPECT_NEAR(gains[1], -6, 0.01);
  EXPECT_NEAR(gains[2], 1.5, 0.01);
}

TEST(Levels, TheOffsetMakesUpForWhatEveningLeaves) {
  // Blocks that vary inside a fragment, and two fragments that the bounds keep away from the target.
  std::vector<float> varied, quiet(25, -40.0f), intro(25, -30.0f);
  for (int i = 0; i < 25; ++i) varied.push_back(static_cast<float>(-15 - i % 5 * 4));
  const std::vector<LevelledPiece> pieces = {
      {-18, -17, varied}, {-40, -40, quiet}, {-30, -14, intro}, {-18, -17, varied}};
  const std::vector<double> gains = level(pieces, -20);
  std::vector<double> mix;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (const float block : pieces[i].momentary) mix.push_back(block + gains[i]);
  }
  EXPECT_NEAR(integrated(mix), -20, 0.02);
  EXPECT_NEAR(gains[1] - gains[0], 12 - -2, 0.01) << "no more than 12 dB";
  EXPECT_NEAR(gains[2] - gains[0], 0 - -2, 0.01) << "an intro: 6 dB beyond its track's -6";
}

TEST(Levels, NoGainLeavesItsBounds) {
  const std::vector<float> faint(25, -59.0f), loud(25, -1.0f);
  for (const double gain : level(std::vector<LevelledPiece>{{-59, -59, faint}}, -1)) EXPECT_EQ(gain, 24);
  for (const double gain : level(std::vector<LevelledPiece>{{-1, -1, loud}}, -60)) EXPECT_EQ(gain, -59);
}

TEST(Levels, WhatIsFarTooLoudComesDownAllTheWay) {
  const std::vector<float> hot(25, 21.0f), normal(25, -16.0f);  // floating-point samples far above 1
  const std::vector<double> gains =
      level(std::vector<LevelledPiece>{{21, 21, hot}, {-16, -16, normal}}, -16);
  EXPECT_NEAR(gains[0], -37, 0.01);
  EXPECT_NEAR(gains[1], 0, 0.01);
}

TEST(Levels, SilenceLeavesGainsAsTheyAre) {
  const std::vector<float> silence(5, -std::numeric_limits<float>::infinity());
  const std::vector<double> gains = level(std::vector<LevelledPiece>{{-20, -20, silence}}, -16);
  EXPECT_NEAR(gains[0], 4, 1e-9);
  EXPECT_TRUE(level({}, -16).empty());
}

}  // namespace
}  // namespace segue
