#include "features/cutting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

TrackId track_of(std::uint64_t seed) {
  Random random(seed);
  TrackId track;
  for (auto& byte : track.bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return track;
}

Segmentation random_lengths(double shortest, double longest, std::uint64_t seed = 1) {
  Segmentation segmentation;
  segmentation.kind = SegmentationKind::random;
  segmentation.shortest = Seconds(shortest);
  segmentation.longest = Seconds(longest);
  segmentation.seed = seed;
  return segmentation;
}

Segmentation equal_lengths(double length) {
  Segmentation segmentation;
  segmentation.shortest = segmentation.longest = Seconds(length);
  return segmentation;
}

// What holds for every cut: back to back from the start, and no room for another at the end.
void expect_sound(const std::vector<FragmentSpan>& spans, Hop hops, Hop shortest, Hop longest) {
  Hop at = 0;
  for (const FragmentSpan& span : spans) {
    EXPECT_EQ(span.start, at);
    EXPECT_GE(span.length, shortest);
    EXPECT_LE(span.length, longest);
    at = span.end();
  }
  EXPECT_LE(at, hops);
  EXPECT_LT(hops - at, shortest) << "something is left uncut";
}

TEST(Cutting, EqualLengthsOfThreeSecondsAre129Hops) {
  const auto spans = cut(1000, equal_lengths(3), track_of(1));
  ASSERT_EQ(spans.size(), 7U);
  expect_sound(spans, 1000, 129, 129);
  EXPECT_EQ(spans, cut(1000, equal_lengths(3), track_of(2)));
}

TEST(Cutting, EveryLengthFromHalfASecondToAMinuteIsSound) {
  for (const double length : {0.5, 0.77, 3.0, 10.0, 60.0}) {
    for (const Hop hops : {0, 1, 21, 22, 128, 129, 130, 5000, 100000}) {
      const Hop expected = to_hops(Seconds(length));
      const auto spans = cut(hops, equal_lengths(length), track_of(1));
      EXPECT_EQ(static_cast<Hop>(spans.size()), hops / expected);
      expect_sound(spans, hops, expected, expected);
    }
  }
}

TEST(Cutting, RandomLengthsStayWithinTheirBoundsAndReachThem) {
  const Hop shortest = to_hops(Seconds(0.5));
  const Hop longest = to_hops(Seconds(2));
  std::set<Hop> lengths;
  double sum = 0;
  std::size_t count = 0;
  for (std::uint64_t track = 0; track < 50; ++track) {
    const auto spans = cut(10000, random_lengths(0.5, 2), track_of(track));
    expect_sound(spans, 10000, shortest, longest);
    for (const auto& span : spans) {
      lengths.insert(span.length);
      sum += static_cast<double>(span.length);
      ++count;
    }
  }
  EXPECT_EQ(lengths.size(), static_cast<std::size_t>(longest - shortest + 1)) << "each length comes up";
  EXPECT_NEAR(sum / static_cast<double>(count), static_cast<double>(shortest + longest) / 2, 1);
}

TEST(Cutting, TheSameRuleCutsTheSameTrackTheSameWay) {
  EXPECT_EQ(cut(9000, random_lengths(1, 8, 5), track_of(3)),
            cut(9000, random_lengths(1, 8, 5), track_of(3)));
}

TEST(Cutting, AnotherTrackOrSeedGivesOtherLengths) {
  const auto spans = cut(9000, random_lengths(1, 8, 5), track_of(3));
  EXPECT_NE(spans, cut(9000, random_lengths(1, 8, 5), track_of(4)));
  EXPECT_NE(spans, cut(9000, random_lengths(1, 8, 6), track_of(3)));
}

TEST(Cutting, ALongerTrackBeginsWithTheSameFragments) {
  const auto part = cut(5000, random_lengths(1, 8), track_of(3));
  const auto whole = cut(9000, random_lengths(1, 8), track_of(3));
  ASSERT_LT(part.size(), whole.size());
  EXPECT_TRUE(std::equal(part.begin(), part.end() - 1, whole.begin()));
  EXPECT_EQ(part.back().start, whole[part.size() - 1].start);
}

TEST(Cutting, ATrackShorterThanOneFragmentGivesNone) {
  EXPECT_TRUE(cut(128, equal_lengths(3), track_of(1)).empty());
  EXPECT_TRUE(cut(20, random_lengths(0.5, 8), track_of(1)).empty());
  EXPECT_TRUE(cut(0, random_lengths(0.5, 8), track_of(1)).empty());
}

void expect_back_to_back(const std::vector<FragmentSpan>& spans, Hop hops) {
  Hop at = 0;
  for (const FragmentSpan& span : spans) {
    EXPECT_EQ(span.start, at);
    at = span.end();
  }
  EXPECT_LE(at, hops);
}

Segmentation at_onsets(double length) {
  Segmentation segmentation = equal_lengths(length);
  segmentation.kind = SegmentationKind::onsets;
  return segmentation;
}

TEST(Cutting, OnsetsMoveACutToTheStrongestWithinReachAndNoFurther) {
  std::vector<float> strength(1000, 0.0f);
  strength[129 + 19] = 1;                     // the last within .45 s
  strength[129 - 5] = 0.5f;                   // nearer, but weaker
  strength[258 - 20] = 1;                     // just out of reach
  strength[387 + 2] = strength[387 - 2] = 1;  // the earlier of two
  const auto spans = cut(1000, at_onsets(3), track_of(1), strength);
  ASSERT_EQ(spans.size(), 7U);
  EXPECT_EQ(spans[1].start, 129 + 19);
  EXPECT_EQ(spans[2].start, 258);
  EXPECT_EQ(spans[3].start, 387 - 2);
  expect_back_to_back(spans, 1000);
}

TEST(Cutting, AtOnsetsEveryFragmentLastsHalfASecond) {
  Random random(1);
  for (const double length : {1.0, 1.3, 3.0}) {
    std::vector<float> strength(20000);
    for (float& value : strength) value = static_cast<float>(random.uniform());
    const auto spans = cut(20000, at_onsets(length), track_of(1), strength);
    for (const auto& span : spans) EXPECT_GE(span.length, to_hops(kShortestFragment)) << length;
    expect_back_to_back(spans, 20000);
  }
}

TEST(Cutting, OnsetsWithoutTheirStrengthAreADefect) {
  EXPECT_EQ(test::refusal([] { cut(1000, at_onsets(3), track_of(1)); }).kind(), ErrorKind::internal);
}

}  // namespace
}  // namespace segue
