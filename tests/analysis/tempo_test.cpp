#include "analysis/tempo.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace segue {
namespace {

std::vector<double> steady(std::size_t count, double interval, double first = 0.3) {
  std::vector<double> beats;
  for (std::size_t i = 0; i < count; ++i) beats.push_back(first + interval * static_cast<double>(i));
  return beats;
}

void append(std::vector<double>& beats, const std::vector<double>& more) {
  beats.insert(beats.end(), more.begin(), more.end());
}

TEST(Tempo, OfASteadyBeatIsExactAtAnyPace) {
  for (const double bpm : {38.0, 60.0, 90.0, 119.87, 180.0, 260.0}) {
    const Tempo tempo = measure_tempo(steady(40, 60 / bpm));
    EXPECT_NEAR(tempo.bpm, bpm, 1e-9) << "and never taken for half or twice that";
    EXPECT_NEAR(tempo.drift, 0, 1e-12);
    EXPECT_NEAR(tempo.jitter, 0, 1e-12);
  }
}

TEST(Tempo, OfFewBeatsIsMeasuredByShorterLinesAndOfOneNotAtAll) {
  EXPECT_NEAR(measure_tempo(steady(15, .5)).bpm, 120, 1e-9);
  EXPECT_NEAR(measure_tempo(steady(2, .75)).bpm, 80, 1e-9);
  EXPECT_EQ(measure_tempo(steady(5, .5)).lines, 0u);
  std::vector<double> uneven = steady(15, .5);
  uneven[7] += .03;  // the middle one: the line is moved by 2 ms, and not turned
  EXPECT_NEAR(measure_tempo(uneven).drift, 0, 1e-9);
  EXPECT_NEAR(measure_tempo(uneven).jitter, .03 * std::sqrt(14.0) / 15, 1e-9);
  EXPECT_EQ(measure_tempo(uneven).lines, 1u);
  for (const std::size_t count : {0, 1}) {
    const Tempo none = measure_tempo(steady(count, .5));
    EXPECT_EQ(none.bpm, 0);
    EXPECT_EQ(none.drift, 0);
    EXPECT_EQ(none.jitter, 0);
  }
}

// Beat i at a·i + b·i²: a line through beats m … n rises by a + b·(m + n) a beat.
TEST(Tempo, DriftsAsFarAsItsSlowestOrFastestSixteenBeats) {
  constexpr double a = .5, b = .0005;
  std::vector<double> beats(64);
  for (int i = 0; i < 64; ++i) beats[static_cast<std::size_t>(i)] = 1 + a * i + b * i * i;
  constexpr double whole = a + b * 63, first = a + b * 15, last = a + b * (48 + 63);
  const Tempo tempo = measure_tempo(beats);
  EXPECT_NEAR(tempo.bpm, 60 / whole, 1e-9);
  EXPECT_NEAR(tempo.drift, whole / first - 1, 1e-9) << "it begins 4.7 % too fast";
  EXPECT_LT(1 - whole / last, whole / first - 1) << "and ends 4.3 % too slow, which is less";
}

// Sixteen beats early and late by turns, by e: a line through them falls by 8e/340 a beat, and of 16e²
// there stays 16e² − (8e)²/340.
TEST(Tempo, JitterIsWhatLiesBesideTheLine) {
  constexpr double e = .01;
  std::vector<double> beats = steady(16, .5);
  for (std::size_t i = 0; i < beats.size(); ++i) beats[i] += i % 2 == 0 ? e : -e;
  const Tempo tempo = measure_tempo(beats);
  EXPECT_NEAR(tempo.jitter, e * std::sqrt(1 - 64.0 / 340 / 16), 1e-12);
  EXPECT_NEAR(tempo.bpm, 60 / (.5 - 8 * e / 340), 1e-9);
  EXPECT_NEAR(tempo.drift, 0, 1e-12) << "one line is all there is";
}

TEST(Tempo, AGapTellsNothing) {
  std::vector<double> beats = steady(20, .5);
  append(beats, steady(20, .5, beats.back() + 7.77));
  const Tempo tempo = measure_tempo(beats);
  EXPECT_NEAR(tempo.bpm, 120, 1e-9);
  EXPECT_NEAR(tempo.drift, 0, 1e-12);
  EXPECT_NEAR(tempo.jitter, 0, 1e-12);
}

TEST(Tempo, ALostBeatOrOneTooManyTellsNothing) {
  for (const std::size_t lost : {1, 17, 38}) {
    std::vector<double> beats = steady(40, .5);
    beats.erase(beats.begin() + static_cast<std::ptrdiff_t>(lost));
    EXPECT_NEAR(measure_tempo(beats).bpm, 120, 1e-9) << lost;
    EXPECT_NEAR(measure_tempo(beats).jitter, 0, 1e-12) << lost;
    beats = steady(40, .5);
    beats.insert(beats.begin() + static_cast<std::ptrdiff_t>(lost), beats[lost] - .25);
    EXPECT_NEAR(measure_tempo(beats).bpm, 120, 1e-9) << lost;
    EXPECT_NEAR(measure_tempo(beats).jitter, 0, 1e-12) << lost;
  }
}

// 10 intervals of .5 s and 30 of .52 s.
TEST(Tempo, LongerRunsCountMore) {
  std::vector<double> beats = steady(11, .5);
  append(beats, steady(31, .52, beats.back() + 3));
  EXPECT_NEAR(measure_tempo(beats).bpm, 60 / .515, 1e-9);
}

}  // namespace
}  // namespace segue
