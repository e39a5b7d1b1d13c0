#include "analysis/music_listener.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "support/hearing.hpp"

namespace segue {
namespace {

// A hit each half second, louder each fourth, and a chord of C major, F major, G major or A minor each
// bar.
std::vector<float> clicks(double seconds, double first = 1) {
  constexpr int kChords[][3] = {{60, 64, 67}, {60, 65, 69}, {59, 62, 67}, {57, 60, 64}};
  std::vector<float> samples = test::silence(seconds);
  for (int i = 0; first + .5 * i < seconds - .1; ++i) {
    const double at = first + .5 * i;
    test::add_hit(samples, at, i % 4 == 0 ? .5 : .3);
    if (i % 4 == 0)
      for (const int pitch : kChords[i / 4 % 4]) test::add_tone(samples, at, 2, pitch, .06, 1);
  }
  return samples;
}

std::vector<float> pad(double seconds) {
  std::vector<float> samples = test::silence(seconds);
  for (const double pitch : {48.0, 55.0, 60.0, 64.03, 67.02})
    test::add_tone(samples, 0, seconds, pitch, .06);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / test::kHeardRate;
    samples[i] *= static_cast<float>(std::min({1.0, t / 4, (seconds - t) / 4}));
  }
  return samples;
}

void expect_sane(const HeardMusic& heard, double seconds) {
  const MusicTraits& traits = heard.traits;
  for (const double number : {traits.tempo_bpm, traits.tempo_drift, traits.beat_jitter,
                              traits.beat_strength, traits.key_confidence, traits.energy,
                              traits.brightness, traits.valence, traits.sound_begin, traits.sound_end})
    EXPECT_TRUE(std::isfinite(number));
  for (const double share : {traits.energy, traits.key_confidence}) {
    EXPECT_GE(share, 0);
    EXPECT_LE(share, 1);
  }
  EXPECT_LE(std::abs(traits.valence), 1);
  EXPECT_GE(traits.sound_begin, 0);
  EXPECT_LE(traits.sound_end, seconds + .1);
  EXPECT_EQ(traits.has_beat(), !heard.music.beats.empty());
  EXPECT_EQ(traits.has_beat(), traits.tempo_bpm > 0);
  EXPECT_EQ(traits.sound_end > traits.sound_begin, !heard.music.sections.empty());
  for (const auto& curve : {heard.music.energy, heard.music.brightness})
    for (const float value : curve) EXPECT_TRUE(std::isfinite(value) && value >= 0);
  double last = -1;
  for (const Beat& beat : heard.music.beats) {
    EXPECT_GT(beat.seconds, last);
    EXPECT_GE(beat.seconds, traits.sound_begin);
    EXPECT_LE(beat.seconds, traits.sound_end);
    EXPECT_TRUE(beat.place >= 0 && beat.place < traits.beats_per_bar);
    last = beat.seconds;
  }
  last = -1;
  for (const Section& section : heard.music.sections) {
    EXPECT_GT(section.begin, last);
    EXPECT_LT(section.begin, seconds);
    last = section.begin;
  }
}

TEST(MusicListener, TapsToAClick) {
  constexpr double kSeconds = 41, kFirst = 1;
  const HeardMusic heard = test::hear(clicks(kSeconds, kFirst));
  expect_sane(heard, kSeconds);
  EXPECT_NEAR(heard.traits.tempo_bpm, 120, .3);
  EXPECT_LT(heard.traits.tempo_drift, .01);
  EXPECT_LT(heard.traits.beat_jitter, .012) << "a step of the onsets";
  EXPECT_EQ(heard.traits.beats_per_bar, 4);
  EXPECT_NEAR(heard.traits.sound_begin, kFirst, .11);
  ASSERT_TRUE(heard.traits.key);
  EXPECT_LE(key_distance(*heard.traits.key, {0, false}), 1);
  const auto share_near = [](const std::vector<double>& these, const std::vector<double>& those) {
    const auto near = std::count_if(these.begin(), these.end(), [&](double moment) {
      return std::any_of(those.begin(), those.end(),
                         [&](double x) { return std::abs(x - moment) < .025; });
    });
    return static_cast<double>(near) / static_cast<double>(these.size());
  };
  std::vector<double> truth, downbeats, beats, heard_downbeats;
  for (int i = 0; kFirst + .5 * i < kSeconds - .1; ++i) {
    truth.push_back(kFirst + .5 * i);
    if (i % 4 == 0) downbeats.push_back(truth.back());
  }
  for (const Beat& beat : heard.music.beats) {
    beats.push_back(beat.seconds);
    if (beat.place == 0) heard_downbeats.push_back(beat.seconds);
  }
  EXPECT_GE(share_near(truth, beats), .95) << "beats found";
  EXPECT_GE(share_near(beats, truth), .95) << "beats where there are some";
  EXPECT_GE(share_near(downbeats, heard_downbeats), .9);
  EXPECT_GE(share_near(heard_downbeats, downbeats), .9);
}

TEST(MusicListener, BeatsLieOnTheClicksOnAverage) {
  double sum = 0;
  const HeardMusic heard = test::hear(clicks(41));
  for (const Beat& beat : heard.music.beats) sum += beat.seconds * 2 - std::round(beat.seconds * 2);
  EXPECT_NEAR(sum / 2 / static_cast<double>(heard.music.beats.size()), 0, .012)
      << "neither late nor early";
}

// Two against three: either could be tapped.
TEST(MusicListener, AKnownTempoIsHeardAlone) {
  std::vector<float> samples = test::silence(41);
  for (int i = 0; .5 * i < 39; ++i) test::add_hit(samples, 1 + .5 * i, .3);
  for (int i = 0; i / 3. < 39; ++i) test::add_hit(samples, 1 + i / 3., .3);
  for (const double tempo : {120., 90., 180.}) {
    const HeardMusic heard = test::hear(samples, 4096, tempo);
    const double octaves = std::log2(heard.traits.tempo_bpm / tempo);
    EXPECT_NEAR(octaves, std::round(octaves), .05) << tempo;
  }
}

std::vector<HeardMusic> noises(double seconds) {
  std::vector<HeardMusic> heard;
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    heard.push_back(test::hear(test::noise(.3, test::samples_in(seconds), seed)));
    heard.push_back(test::hear(test::pink_noise(.5, test::samples_in(seconds), seed)));
  }
  return heard;
}

TEST(MusicListener, NoiseIsHardlyABeat) {
  for (const HeardMusic& noise : noises(40)) {
    expect_sane(noise, 40);
    EXPECT_LT(noise.traits.beat_strength, .5) << "of a click it is above 1";
  }
  EXPECT_GT(test::hear(clicks(40)).traits.beat_strength, 1);
}

// Of 40 s of noise one in six has a beat_strength above kLeastStrength by chance. Over n beats
// strength · √n stays below 3, of music it is above.
TEST(MusicListener, NoiseHasNoBeat) {
  for (const HeardMusic& noise : noises(40))
    EXPECT_FALSE(noise.traits.has_beat()) << noise.traits.beat_strength;
}

TEST(MusicListener, WhatIsSustainedOrSoundsOnceHasNoBeat) {
  const HeardMusic sustained = test::hear(pad(40));
  expect_sane(sustained, 40);
  EXPECT_FALSE(sustained.traits.has_beat()) << sustained.traits.beat_strength;
  EXPECT_TRUE(sustained.traits.key);

  std::vector<float> hit = test::silence(20);
  test::add_hit(hit, 2, .5, 3);
  const HeardMusic once = test::hear(hit);
  expect_sane(once, 20);
  EXPECT_FALSE(once.traits.has_beat()) << once.traits.beat_strength;
  EXPECT_NEAR(once.traits.sound_begin, 2, .11);
}

TEST(MusicListener, OfSilenceHearsNothing) {
  for (const double seconds : {0.0, .01, 1.0, 30.0}) {
    const HeardMusic heard = test::hear(test::silence(seconds));
    EXPECT_EQ(heard.traits, MusicTraits()) << seconds;
    EXPECT_TRUE(heard.music.beats.empty());
    EXPECT_TRUE(heard.music.sections.empty());
  }
}

TEST(MusicListener, AnyLengthIsTaken) {
  const std::vector<float> music = clicks(20, 0);
  for (const double seconds : {.001, .05, .1, .15, .5, 1.0, 3.0, 5.0, 9.0}) {
    const HeardMusic heard = test::hear(std::span(music).first(test::samples_in(seconds)));
    expect_sane(heard, seconds);
    if (seconds < 4) {
      EXPECT_FALSE(heard.traits.has_beat()) << seconds;
    }
  }
}

TEST(MusicListener, PartsOfAnySizeAreTheSameMusic) {
  const std::vector<float> music = clicks(20);
  const HeardMusic expected = test::hear(music, music.size());
  for (const std::size_t block : {100, 1000, 4096, 22050}) {
    const HeardMusic heard = test::hear(music, block);
    EXPECT_EQ(heard.music, expected.music) << block;
    EXPECT_EQ(heard.traits, expected.traits) << block;
  }
}

// QM-DSP's own GetKeyMode would fail this: it turns one profile for all.
TEST(MusicListener, SeveralSideBySideHearWhatOneHears) {
  const std::vector<float> a = clicks(30), b = pad(30);
  const HeardMusic alone_a = test::hear(a), alone_b = test::hear(b);
  for (int round = 0; round < 3; ++round) {
    HeardMusic beside_a, beside_b;
    {
      const std::jthread one([&] { beside_a = test::hear(a); });
      const std::jthread other([&] { beside_b = test::hear(b); });
    }
    EXPECT_EQ(beside_a.music, alone_a.music);
    EXPECT_EQ(beside_a.traits, alone_a.traits);
    EXPECT_EQ(beside_b.music, alone_b.music);
    EXPECT_EQ(beside_b.traits, alone_b.traits);
  }
}

}  // namespace
}  // namespace segue
