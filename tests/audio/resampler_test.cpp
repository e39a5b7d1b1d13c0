#include "audio/resampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

std::vector<float> resample(const std::vector<float>& in, int from, int to, int channels,
                            std::size_t block = 1000) {
  Resampler resampler(from, to, channels);
  std::vector<float> out;
  const std::size_t step = block * static_cast<std::size_t>(channels);
  for (std::size_t at = 0; at < in.size(); at += step) {
    resampler.process(std::span(in).subspan(at, std::min(step, in.size() - at)), out);
  }
  resampler.finish(out);
  return out;
}

struct Rates {
  int from, to;
};
constexpr Rates kRates[] = {{48000, 44100}, {44100, 48000}, {22050, 44100}, {96000, 44100},
                            {8000, 48000},  {44100, 22050}, {32000, 44100}};

TEST(Resampler, CopiesEqualRatesBitForBit) {
  const auto in = test::noise(1.5, 20000, 1);
  EXPECT_EQ(resample(in, 44100, 44100, 2), in);
}

TEST(Resampler, GivesTheExactLength) {
  for (const auto [from, to] : kRates) {
    for (const std::size_t frames : {0, 1, 2, 147, 4095, 48001}) {
      const auto out = resample(std::vector<float>(frames * 2, 0.1f), from, to, 2);
      const double exact = static_cast<double>(frames) * to / from;
      EXPECT_EQ(out.size() % 2, 0u);
      EXPECT_NEAR(static_cast<double>(out.size()) / 2, exact, 0.5) << from << " " << to << " " << frames;
    }
  }
}

// Output frame i must lie at input time i * from / to: a sine comes out as the same sine sampled at
// the other rate. An offset of 1 % of a frame at 3 kHz would leave an error of -54 dB.
TEST(Resampler, IsFreeOfDelay) {
  constexpr double kFrequency = 3000;
  for (const auto [from, to] : kRates) {
    const auto in = test::sine(kFrequency, 0.5, static_cast<std::size_t>(from), from, 1);
    const auto out = resample(in, from, to, 1);
    const auto expected = test::sine(kFrequency, 0.5, out.size(), to, 1);
    double worst = 0;
    for (std::size_t i = out.size() / 10; i < out.size() * 9 / 10; ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(out[i]) - expected[i]));
    }
    EXPECT_LT(test::decibels(worst / 0.5), -110) << from << " to " << to;
  }
}

// What lies above the new Nyquist frequency must vanish instead of folding back.
TEST(Resampler, SuppressesAliases) {
  const auto in = test::sine(23000, 0.5, 48000, 48000, 1);
  auto out = resample(in, 48000, 44100, 1);
  out.erase(out.begin(), out.begin() + 4410);
  out.resize(out.size() - 4410);
  EXPECT_LT(test::decibels(test::root_mean_square(out)), -120);
}

TEST(Resampler, KeepsChannelsApart) {
  std::vector<float> in(48000 * 2);
  const auto tone = test::sine(1000, 0.5, 48000, 48000, 1);
  for (std::size_t i = 0; i < 48000; ++i) in[2 * i + 1] = tone[i];
  const auto out = resample(in, 48000, 44100, 2);
  for (std::size_t i = 0; i < out.size(); i += 2) ASSERT_EQ(out[i], 0);
}

TEST(Resampler, BlockSizesDoNotMatter) {
  const auto in = test::noise(0.9, 60000, 2);
  const auto whole = resample(in, 48000, 44100, 2, in.size());
  EXPECT_EQ(resample(in, 48000, 44100, 2, 1), whole);
  EXPECT_EQ(resample(in, 48000, 44100, 2, 733), whole);
}

TEST(Resampler, RefusesNonsense) {
  EXPECT_THROW(Resampler(0, 44100, 2), Error);
  EXPECT_THROW(Resampler(44100, -1, 2), Error);
  EXPECT_THROW(Resampler(44100, 48000, 0), Error);
}

}  // namespace
}  // namespace segue
