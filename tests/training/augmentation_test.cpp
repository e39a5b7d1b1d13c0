#include "training/augmentation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

// A ridge over the bands, dB / 10 above the floor, centred on `hertz`.
LogMel ridge(double hertz) {
  LogMel matrix = silence(2);
  const double low = hertz_to_mel(LogMelGeometry::lowest);
  const double step = (hertz_to_mel(LogMelGeometry::highest) - low) / (kBands + 1);
  const double centre = (hertz_to_mel(hertz) - low) / step - 1;
  for (Hop frame = 0; frame < 2; ++frame) {
    for (int band = 0; band < kBands; ++band) {
      const double away = (band - centre) / 3;
      matrix.values[static_cast<std::size_t>(frame * kBands + band)] +=
          static_cast<float>(5 * std::exp(-away * away));
    }
  }
  return matrix;
}

double centre_of_gravity(const LogMel& matrix) {
  double weight = 0, sum = 0;
  for (int band = 0; band < kBands; ++band) {
    const double value = matrix.values[static_cast<std::size_t>(band)] + 7.0;
    weight += value;
    sum += value * band;
  }
  return sum / weight;
}

TEST(Augmentation, TransposingMovesAPartialToItsNewFrequency) {
  for (const double semitones : {-3.0, -1.0, 0.5, 2.0}) {
    LogMel moved = ridge(1500);
    shift_pitch(moved, semitones);
    const LogMel expected = ridge(1500 * std::pow(2, semitones / 12));
    EXPECT_NEAR(centre_of_gravity(moved), centre_of_gravity(expected), 0.1) << semitones;
    EXPECT_EQ(moved.frames, 2);
  }
}

TEST(Augmentation, TransposingByNothingOrSilenceChangesNothing) {
  LogMel matrix = ridge(900);
  shift_pitch(matrix, 0);
  EXPECT_EQ(matrix.values, ridge(900).values);
  LogMel quiet = silence(3);
  shift_pitch(quiet, 5);
  EXPECT_EQ(quiet.values, silence(3).values);
}

TEST(Augmentation, TransposedMusicStaysFiniteAtBothEndsOfTheScale) {
  for (const double semitones : {-12.0, 12.0}) {
    LogMel matrix = ridge(10000);
    shift_pitch(matrix, semitones);
    EXPECT_TRUE(std::all_of(matrix.values.begin(), matrix.values.end(),
                            [](float value) { return std::isfinite(value) && value >= -7.001f; }));
  }
}

TEST(Augmentation, FramesReadAtAnotherSpeedKeepTheirEnds) {
  LogMel source = silence(5);
  for (std::size_t i = 0; i < source.values.size(); ++i)
    source.values[i] = static_cast<float>(i / kBands);  // row i holds i
  const LogMel slower = resample_frames(source, 9);
  ASSERT_EQ(slower.frames, 9);
  for (Hop frame = 0; frame < 9; ++frame)
    EXPECT_FLOAT_EQ(slower.row(frame)[7], static_cast<float>(frame) / 2);
  EXPECT_FLOAT_EQ(resample_frames(source, 1).row(0)[0], 0);
}

TEST(Augmentation, ALevelChangesLoudBandsByItAndLeavesSilenceAlone) {
  LogMel matrix = silence(1);
  matrix.values[0] = -2;
  matrix.values[kBands - 1] = -2;
  change_level(matrix, 3, 1);
  EXPECT_NEAR(matrix.values[0], -2 + 0.2, 1e-4);           // 3 dB - 1 dB of slope
  EXPECT_NEAR(matrix.values[kBands - 1], -2 + 0.4, 1e-4);  // 3 dB + 1 dB
  EXPECT_NEAR(matrix.values[40], -7, 1e-3);
}

LogMel ramp(Hop frames) {
  LogMel matrix{frames, {}};
  for (Hop i = 0; i < frames; ++i)
    matrix.values.insert(matrix.values.end(), LogMelGeometry::bands, static_cast<float>(i));
  return matrix;
}

TEST(Augmentation, StretchingARampKeepsItARampBetweenTheSameEnds) {
  const LogMel stretched = resample_frames(ramp(11), 21);
  ASSERT_EQ(stretched.frames, 21);
  for (Hop i = 0; i < 21; ++i) EXPECT_NEAR(stretched.row(i)[40], static_cast<float>(i) / 2, 1e-5);
}

TEST(Augmentation, DigitalSilenceStaysSilentHoweverLoud) {
  LogMel matrix = silence(2);
  change_level(matrix, 20, 0);
  EXPECT_NEAR(matrix.row(1)[5], -7, 1e-4);
}

TEST(Augmentation, TenDecibelsAreOneDecade) {
  LogMel matrix = ramp(3);
  change_level(matrix, 10, 0);
  EXPECT_NEAR(matrix.row(2)[0], 3, 1e-6);
  change_level(matrix, 0, 3);
  EXPECT_NEAR(matrix.row(2)[0], 2.7, 1e-5);
  EXPECT_NEAR(matrix.row(2)[79], 3.3, 1e-5);
}

TEST(Augmentation, ReversingTwiceChangesNothing) {
  const LogMel matrix = ramp(9);
  EXPECT_EQ(reversed(reversed(matrix)).values, matrix.values);
  EXPECT_EQ(reversed(matrix).row(0)[5], 8);
}

TEST(Augmentation, SilenceIsTheFloorAndNoiseIsNot) {
  EXPECT_FLOAT_EQ(silence(2).row(1)[0], -7);
  Random random(3);
  const LogMel matrix = noise(500, random);
  double sum = 0, squares = 0;
  for (Hop i = 0; i < 500; ++i) {
    const double value = matrix.row(i)[2];
    sum += value;
    squares += value * value;
  }
  // The log of a mean of four overlapping exponentials spreads over some tenths of a decade.
  const double deviation = std::sqrt(squares / 500 - sum * sum / 250000);
  EXPECT_GT(deviation, 0.1);
  EXPECT_LT(deviation, 0.6);
}

}  // namespace
}  // namespace segue
