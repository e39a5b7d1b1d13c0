#include "training/augmentation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

constexpr int kBands = LogMelGeometry::bands;

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

}  // namespace
}  // namespace segue
