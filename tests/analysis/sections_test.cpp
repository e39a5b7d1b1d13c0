#include "analysis/sections.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/random.hpp"
#include "support/hearing.hpp"

namespace segue {
namespace {

// Adds chords each half second: dark and sustained (A), bright with hits (B), or high and soft (C).
void play(std::vector<float>& to, char kind, double begin, double end) {
  for (double at = begin; at < end; at += .5) {
    switch (kind) {
      case 'A':
        for (const int pitch : {48, 52, 55}) test::add_tone(to, at, .5, pitch, .1);
        break;
      case 'B':
        for (const int pitch : {78, 82, 85}) test::add_tone(to, at, .4, pitch, .05, 4);
        test::add_hit(to, at, .4, 12);
        break;
      default:
        for (const int pitch : {81, 86}) test::add_tone(to, at, .5, pitch, .03);
    }
  }
}

// A section for each letter, each as long.
std::vector<float> song(const std::string& form, double each, double before = 0, double after = 0) {
  std::vector<float> samples = test::silence(before + each * static_cast<double>(form.size()) + after);
  for (std::size_t i = 0; i < form.size(); ++i) {
    const double begin = before + each * static_cast<double>(i);
    play(samples, form[i], begin, begin + each);
  }
  return samples;
}

std::vector<Section> sections_of(std::span<const float> samples, double begin, double end,
                                 std::span<const Beat> beats = {}) {
  const Tonality tonality = test::tonality_of(samples);
  return find_sections(test::spectrum_of(samples), tonality.chroma, beats, begin, end);
}

std::string labels_of(const std::vector<Section>& sections) {
  std::string labels;
  for (const Section& section : sections) labels += static_cast<char>('A' + section.label);
  return labels;
}

TEST(Sections, BeginWhereTheMusicTurnsAndReturn) {
  for (const char* form : {"ABA", "ABAB", "ABCA", "AB"}) {
    const std::string letters = form;
    constexpr double kEach = 24;
    const auto sections =
        sections_of(song(letters, kEach), 0, kEach * static_cast<double>(letters.size()));
    EXPECT_EQ(labels_of(sections), letters);
    for (std::size_t i = 0; i < std::min(sections.size(), letters.size()); ++i)
      EXPECT_NEAR(sections[i].begin, kEach * static_cast<double>(i), 1) << form << " " << i;
  }
}

TEST(Sections, BeginWithTheSound) {
  const auto sections = sections_of(song("ABA", 24, 3.5, 6), 3.5, 3.5 + 72);
  EXPECT_EQ(labels_of(sections), "ABA");
  ASSERT_FALSE(sections.empty());
  EXPECT_EQ(sections[0].begin, 3.5);
  for (const Section& section : sections) EXPECT_LT(section.begin, 3.5 + 72);
}

// Downbeats each 2 s, .7 s off the boundaries; other beats nearer by.
TEST(Sections, BeginOnADownbeatWhereThereIsOne) {
  std::vector<Beat> beats(144);
  for (int i = 0; i < 144; ++i) beats[static_cast<std::size_t>(i)] = {.7 + .5 * i, i % 4};
  const std::vector<float> samples = song("ABA", 24);
  const auto sections = sections_of(samples, 0, 72, beats);
  ASSERT_EQ(sections.size(), 3u);
  for (const std::size_t i : {1, 2}) {
    const double bars = (sections[i].begin - .7) / 2;
    EXPECT_NEAR(bars, std::round(bars), 1e-9);
    EXPECT_NEAR(sections[i].begin, 24 * static_cast<double>(i), 1.3 + 1e-9);
  }
  // None of them within 2 s.
  const std::vector<Beat> far = {{10, 0}, {40, 0}, {60, 0}};
  EXPECT_EQ(sections_of(samples, 0, 72, far), sections_of(samples, 0, 72));
}

TEST(Sections, RiseAndAreNotShort) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    // Notes at random, now dense, now sparse.
    Random random(seed);
    std::vector<float> samples = test::silence(90);
    for (double at = 0; at < 89; at += random.uniform(.1, .4) * (random.uniform() < .1 ? 8 : 1))
      test::add_tone(samples, at, .4, 40 + static_cast<double>(random.below(48)), .1, 3);
    const auto sections = sections_of(samples, 0, 90);
    EXPECT_GT(sections.size(), 1u) << seed;
    for (std::size_t i = 1; i < sections.size(); ++i)
      EXPECT_GE(sections[i].begin - sections[i - 1].begin, kShortestSection.count() - 1) << seed;
  }
}

// Cannot pass yet: peaks of novelty need only stand out of the track's own, so that noise and a chord
// that goes on and on fall into sections as short as they may be.
TEST(Sections, WhereNothingTurnsThereAreFew) {
  const auto noise = sections_of(test::noise(.3, test::samples_in(90), 1), 0, 90);
  EXPECT_LE(noise.size(), 3u) << labels_of(noise);
  const auto chord = sections_of(song("A", 90), 0, 90);
  EXPECT_LE(chord.size(), 3u) << labels_of(chord);
}

TEST(Sections, OfShortMusicIsOneAndOfSilenceNone) {
  for (const double seconds : {.05, 1.0, 7.0, 15.0}) {
    const auto sections = sections_of(song("AB", seconds / 2), 0, seconds);
    EXPECT_EQ(sections, (std::vector<Section>{{0, 0}})) << seconds;
  }
  EXPECT_TRUE(sections_of(test::silence(30), 0, 0).empty());
  EXPECT_TRUE(sections_of({}, 0, 0).empty());
}

}  // namespace
}  // namespace segue
