#include "audio/loudness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using Measure = LoudnessMeter::Measure;
using test::linear;
using test::sine;

double integrated(const std::vector<float>& samples, int sample_rate, int channels) {
  LoudnessMeter meter(sample_rate, channels, Measure::integrated);
  meter.add(samples);
  return meter.integrated();
}

// EBU Tech 3341, case 1 and 2: a stereo 1-kHz sine with peaks at -23 dBFS in both channels reads
// -23 LUFS (two channels add 3 dB, the sine's mean square takes 3 off, K-weighting cancels -0.691).
TEST(LoudnessMeter, ReadsTheReferenceTonesOfTech3341) {
  for (const int rate : {44100, 48000}) {
    for (const double level : {-23.0, -33.0}) {
      const auto tone = sine(1000, linear(level), static_cast<std::size_t>(rate) * 20, rate, 2);
      EXPECT_NEAR(integrated(tone, rate, 2), level, 0.1) << rate;
    }
  }
}

// EBU Tech 3341, case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS; the gate leaves -23 LUFS.
TEST(LoudnessMeter, GatesSoftPassages) {
  LoudnessMeter meter(48000, 2, Measure::integrated);
  meter.add(sine(1000, linear(-36), 480000, 48000, 2));
  meter.add(sine(1000, linear(-23), 2880000, 48000, 2));
  meter.add(sine(1000, linear(-36), 480000, 48000, 2));
  EXPECT_NEAR(meter.integrated(), -23.0, 0.1);
}

TEST(LoudnessMeter, CountsMonoAsTwoLoudspeakers) {
  const auto mono = sine(1000, linear(-23), 48000 * 5, 48000, 1);
  EXPECT_NEAR(integrated(mono, 48000, 1), -23.0, 0.1);
}

TEST(LoudnessMeter, SilenceIsMinusInfinity) {
  LoudnessMeter meter(44100, 2, Measure::integrated_and_true_peak);
  const double infinite = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(meter.integrated(), infinite);
  meter.add(std::vector<float>(88200));
  EXPECT_EQ(meter.integrated(), infinite);
  EXPECT_EQ(meter.momentary(), infinite);
  EXPECT_EQ(meter.true_peak(), infinite);
}

TEST(LoudnessMeter, MomentaryLoudnessForgetsAfter400Milliseconds) {
  LoudnessMeter meter(48000, 2, Measure::momentary);
  meter.add(sine(1000, linear(-23), 48000, 48000, 2));
  EXPECT_NEAR(meter.momentary(), -23.0, 0.1);
  meter.add(sine(1000, linear(-43), 24000, 48000, 2));
  EXPECT_NEAR(meter.momentary(), -43.0, 0.2);
}

// EBU Tech 3341, cases 15 to 17: sines at fs/4 whose samples miss the crest; +0.2/-0.4 dB allowed.
TEST(LoudnessMeter, FindsPeaksBetweenSamples) {
  for (const double phase : {0.0, std::numbers::pi / 4, std::numbers::pi / 3}) {
    LoudnessMeter meter(48000, 2, Measure::integrated_and_true_peak);
    auto tone = sine(12000, 0.5, 48000, 48000, 2, phase);
    for (std::size_t i = 0; i < 4800; ++i) {  // no click at the start
      tone[i * 2] *= static_cast<float>(i) / 4800;
      tone[i * 2 + 1] *= static_cast<float>(i) / 4800;
    }
    meter.add(tone);
    EXPECT_GT(meter.true_peak(), -6.4) << phase;
    EXPECT_LT(meter.true_peak(), -5.8) << phase;
  }
}

TEST(LoudnessMeter, BlockSizesDoNotMatter) {
  const auto tone = sine(997, 0.3, 48000, 48000, 2);
  LoudnessMeter whole(48000, 2, Measure::integrated);
  LoudnessMeter pieces(48000, 2, Measure::integrated);
  whole.add(tone);
  for (std::size_t at = 0; at < tone.size(); at += 334) {
    pieces.add(std::span(tone).subspan(at, std::min<std::size_t>(334, tone.size() - at)));
  }
  EXPECT_DOUBLE_EQ(whole.integrated(), pieces.integrated());
  EXPECT_DOUBLE_EQ(whole.momentary(), pieces.momentary());
}

TEST(LoudnessMeter, RefusesWhatItDoesNotMeasure) {
  const LoudnessMeter meter(48000, 2, Measure::integrated);
  EXPECT_THROW(meter.true_peak(), Error);
  EXPECT_THROW(LoudnessMeter(0, 2, Measure::momentary), Error);
  EXPECT_THROW(LoudnessMeter(48000, 0, Measure::momentary), Error);
}

}  // namespace
}  // namespace segue
