#include "analysis/block_loudness.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "audio/loudness.hpp"
#include "support/music.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::linear;
using test::sine;

// libebur128 says the same of every block, through another filter structure and another summation.
void expect_as_libebur128(const std::vector<float>& samples, int rate, int channels) {
  BlockLoudness blocks(rate, channels);
  blocks.add(samples);
  LoudnessMeter meter(rate, channels, LoudnessMeter::Measure::integrated);
  std::size_t at = 0;
  for (std::size_t i = 0; i < blocks.momentary().size(); ++i) {
    const std::size_t end =
        (i + 1) * static_cast<std::size_t>(rate) / 10 * static_cast<std::size_t>(channels);
    meter.add(std::span(samples).subspan(at, end - at));
    at = end;
    const double expected = meter.momentary();
    if (expected < -120) {  // rounding noise of the filters
      EXPECT_LT(blocks.momentary()[i], -110);
    } else {
      EXPECT_NEAR(blocks.momentary()[i], expected, 0.01) << "block " << i;
    }
  }
  meter.add(std::span(samples).subspan(at));
  EXPECT_NEAR(blocks.integrated(), meter.integrated(), 0.06);  // its bins are 0.1 LU wide
}

TEST(BlockLoudness, AgreesWithLibebur128AtEveryRate) {
  for (const int rate : {8000, 22050, 44100, 48000, 96000}) {
    SCOPED_TRACE(rate);
    expect_as_libebur128(test::stereo_music(5, rate), rate, 2);
    expect_as_libebur128(test::noise(0.2, static_cast<std::size_t>(rate) * 3, 1), rate, 1);
  }
}

TEST(BlockLoudness, AgreesWithLibebur128OnRealMusic) {
  const auto file = test::kRealMusic / "frantic-old.ogg";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "wesnoth-1.16-music is not installed";
  expect_as_libebur128(test::read_all(file, 2), 44100, 2);
}

// EBU Tech 3341, cases 1 to 3.
TEST(BlockLoudness, ReadsTheReferenceTonesOfTech3341) {
  for (const double level : {-23.0, -33.0}) {
    BlockLoudness blocks(48000, 2);
    blocks.add(sine(1000, linear(level), 48000 * 20, 48000, 2));
    EXPECT_NEAR(blocks.integrated(), level, 0.1);
    for (const float momentary : blocks.momentary().subspan(3)) EXPECT_NEAR(momentary, level, 0.1);
  }
  BlockLoudness gated(48000, 2);
  gated.add(sine(1000, linear(-36), 480000, 48000, 2));
  gated.add(sine(1000, linear(-23), 2880000, 48000, 2));
  gated.add(sine(1000, linear(-36), 480000, 48000, 2));
  EXPECT_NEAR(gated.integrated(), -23.0, 0.1);
}

TEST(BlockLoudness, CountsMonoAsTwoLoudspeakers) {
  BlockLoudness blocks(44100, 1);
  blocks.add(sine(1000, linear(-23), 44100 * 3, 44100, 1));
  EXPECT_NEAR(blocks.integrated(), -23, 0.1);
}

TEST(BlockLoudness, CountsWholeBlocksWithoutDrift) {
  BlockLoudness blocks(11025, 1);  // blocks of 1102 and 1103 frames
  blocks.add(std::vector<float>(11025 * 60 - 1));
  EXPECT_EQ(blocks.momentary().size(), 599U);
  blocks.add(std::vector<float>(1));
  EXPECT_EQ(blocks.momentary().size(), 600U);
  EXPECT_EQ(blocks.frames(), 11025 * 60);
}

TEST(BlockLoudness, SilenceAndNothingAreMinusInfinity) {
  const double infinite = -std::numeric_limits<double>::infinity();
  BlockLoudness blocks(44100, 2);
  EXPECT_EQ(blocks.integrated(), infinite);
  blocks.add(std::vector<float>(88200));
  EXPECT_EQ(blocks.integrated(), infinite);
  for (const float momentary : blocks.momentary()) EXPECT_EQ(momentary, infinite);
  BlockLoudness brief(44100, 2);
  brief.add(sine(1000, 0.5, 8820, 44100, 2));
  EXPECT_EQ(brief.integrated(), infinite) << "shorter than a gating block";
}

TEST(BlockLoudness, PiecesOfAnySizeGiveTheSame) {
  const auto samples = test::stereo_music(2, 44100);
  BlockLoudness whole(44100, 2);
  BlockLoudness pieces(44100, 2);
  whole.add(samples);
  for (std::size_t at = 0; at < samples.size(); at += 334) {
    pieces.add(std::span(samples).subspan(at, std::min<std::size_t>(334, samples.size() - at)));
  }
  EXPECT_NEAR(whole.integrated(), pieces.integrated(), 1e-6);
}

}  // namespace
}  // namespace segue
