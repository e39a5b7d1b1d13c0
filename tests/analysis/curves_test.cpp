#include "analysis/curves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/hearing.hpp"

namespace segue {
namespace {

constexpr float kSilent = -std::numeric_limits<float>::infinity();

void append(std::vector<float>& values, const std::vector<float>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

std::vector<float> blocks(std::size_t count, float lufs) { return std::vector<float>(count, lufs); }

TrackMusic curves_of(std::span<const float> samples) {
  TrackMusic music;
  trace_curves(test::spectrum_of(samples), test::momentary_of(samples), music);
  return music;
}

TEST(ShortTermLoudness, OfWhatIsConstantIsThat) {
  for (const std::size_t count : {1, 9, 10, 60, 61}) {
    const auto curve = short_term_loudness(blocks(count, -20));
    ASSERT_EQ(curve.size(), (count + 9) / 10) << "a value for each second begun";
    for (const float lufs : curve) EXPECT_NEAR(lufs, -20, 1e-5);
  }
  EXPECT_TRUE(short_term_loudness({}).empty());
}

// A step after 5 s. The 3 s around the middle of second 4 have 27 whole windows, and 10 of them sound.
TEST(ShortTermLoudness, OfAStepRisesOverThreeSeconds) {
  std::vector<float> momentary = blocks(50, kSilent);
  append(momentary, blocks(50, -20));
  const auto curve = short_term_loudness(momentary);
  ASSERT_EQ(curve.size(), 10u);
  for (const std::size_t second : {0, 1, 2, 3}) EXPECT_EQ(curve[second], kSilent) << second;
  EXPECT_NEAR(curve[4], -20 + 10 * std::log10(10.0 / 27), 1e-5);
  EXPECT_NEAR(curve[5], -20 + 10 * std::log10(20.0 / 27), 1e-5);
  for (const std::size_t second : {6, 7, 8, 9}) EXPECT_NEAR(curve[second], -20, 1e-5) << second;
}

// BS.1770: a sine of 997 Hz measures as its level where both loudspeakers play it.
TEST(ShortTermLoudness, IsInLufs) {
  const auto curve = short_term_loudness(
      test::momentary_of(test::sine(997, test::linear(-23), test::samples_in(10), test::kHeardRate, 1)));
  ASSERT_EQ(curve.size(), 10u);
  for (std::size_t second = 1; second < 9; ++second) EXPECT_NEAR(curve[second], -23, .1) << second;
}

struct Silence {
  double before;
  double after;
};

TEST(SoundSpan, LeavesOutSilenceAtBothEnds) {
  for (const auto& [before, after] : {Silence{2, 4}, {.5, 1}, {3.33, 2.77}}) {
    for (const double amplitude : {.5, .01}) {
      std::vector<float> samples = test::silence(before);
      append(samples, test::noise(amplitude, test::samples_in(5), 1));
      append(samples, test::silence(after));
      const SoundSpan sound = find_sound(test::momentary_of(samples));
      EXPECT_NEAR(sound.begin, before, .11) << before;
      EXPECT_LE(sound.begin, before + 1e-9) << "nothing that sounds is left out";
      EXPECT_NEAR(sound.end, before + 5, .11) << before;
      EXPECT_GE(sound.end, before + 5 - 1e-9) << "nothing that sounds is left out";
    }
  }
}

TEST(SoundSpan, OfWhatSoundsThroughoutIsAll) {
  const SoundSpan sound = find_sound(test::momentary_of(test::noise(.3, test::samples_in(10), 1)));
  EXPECT_EQ(sound.begin, 0);
  EXPECT_NEAR(sound.end, 10, .1);
}

TEST(SoundSpan, HissIsSilence) {
  std::vector<float> samples = test::noise(2e-4, test::samples_in(12), 1);  // −70 LUFS or so
  const std::vector<float> loud = test::noise(.3, test::samples_in(4), 2);
  std::copy(loud.begin(), loud.end(),
            samples.begin() + static_cast<std::ptrdiff_t>(test::samples_in(3)));
  const SoundSpan sound = find_sound(test::momentary_of(samples));
  EXPECT_NEAR(sound.begin, 3, .11);
  EXPECT_NEAR(sound.end, 7, .11);
}

TEST(SoundSpan, EndsWhereItIs45LuBelowTheLoudest) {
  for (const float faint : {-52.0f, -54.0f}) {
    std::vector<float> momentary = blocks(30, faint);
    append(momentary, blocks(30, -8));
    append(momentary, blocks(30, faint));
    EXPECT_EQ(find_sound(momentary).begin, faint > -53 ? 0.0 : 3.0);
    EXPECT_GE(find_sound(momentary).end, faint > -53 ? 8.6 : 5.6);
    EXPECT_LE(find_sound(momentary).end, faint > -53 ? 9.0 : 6.0);
  }
  const SoundSpan faint = find_sound(blocks(30, -61));
  EXPECT_EQ(faint.end, 0) << "under −60 LUFS nothing sounds";
}

TEST(SoundSpan, OfSilenceIsEmpty) {
  for (const std::size_t count : {0, 1, 100}) {
    EXPECT_EQ(find_sound(blocks(count, kSilent)).begin, 0);
    EXPECT_EQ(find_sound(blocks(count, kSilent)).end, 0);
  }
}

TEST(Curves, EnergyRisesWithLevel) {
  double before = 0;
  for (const double level : {-50.0, -40.0, -30.0, -20.0, -10.0, 0.0}) {
    const TrackMusic music = curves_of(test::noise(test::linear(level), test::samples_in(8), 1));
    ASSERT_EQ(music.energy.size(), 8u);
    for (const float energy : music.energy) {
      EXPECT_GE(energy, 0);
      EXPECT_LE(energy, 1);
    }
    EXPECT_GT(music.energy[4], before) << level;
    before = music.energy[4];
  }
  EXPECT_GT(before, .7) << "loud and bright";
}

// Of the same loudness: what begins more often, and what is higher, has more energy.
TEST(Curves, EnergyRisesWithOnsetsAndBrightness) {
  const auto energy_of = [](double pitch, double each) {
    std::vector<float> samples = test::silence(8);
    for (double begin = 0; begin < 8; begin += each) test::add_tone(samples, begin, each, pitch, .3);
    TrackMusic music;
    trace_curves(test::spectrum_of(samples), blocks(80, -20), music);
    return music.energy[4];
  };
  EXPECT_GT(energy_of(57, .125), energy_of(57, 8) + .02);
  EXPECT_GT(energy_of(93, 8), energy_of(57, 8) + .02);
}

TEST(Curves, AreZeroInSilence) {
  std::vector<float> samples = test::silence(10);
  const std::vector<float> loud = test::sine(1000, .3, test::samples_in(3), test::kHeardRate, 1);
  std::copy(loud.begin(), loud.end(), samples.begin());
  const TrackMusic music = curves_of(samples);
  ASSERT_EQ(music.energy.size(), 10u);
  ASSERT_EQ(music.brightness.size(), 10u);
  EXPECT_GT(music.energy[1], 0);
  EXPECT_NEAR(music.brightness[1], 1000, 50);
  for (const std::size_t second : {7, 8, 9}) {
    EXPECT_EQ(music.energy[second], 0) << second;
    EXPECT_EQ(music.brightness[second], 0) << second;
  }
  EXPECT_TRUE(curves_of({}).energy.empty());
}

}  // namespace
}  // namespace segue
