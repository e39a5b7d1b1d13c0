#include "features/cutting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

// Beats at a steady tempo; of four the first is a downbeat.
TrackMusic steady(double bpm, double first, double last, int beats_per_bar = 4) {
  TrackMusic music;
  for (int i = 0; first + i * 60 / bpm < last; ++i)
    music.beats.push_back({first + i * 60 / bpm, i % beats_per_bar});
  music.sections = {{0, 0}};
  return music;
}

std::vector<FragmentSpan> cut_musically(Hop hops, const char* rule, const TrackMusic& music) {
  return cut(hops, Segmentation::parse(rule), track_of(1), {}, music);
}

bool near_some(Hop hop, const std::vector<double>& moments) {
  return std::any_of(moments.begin(), moments.end(), [&](double moment) {
    return std::abs(static_cast<double>(hop) - moment * 22050 / 512) <= 1;
  });
}

std::vector<double> moments_of(const TrackMusic& music, bool downbeats) {
  std::vector<double> moments;
  for (const Beat& beat : music.beats)
    if (!downbeats || beat.place == 0) moments.push_back(beat.seconds);
  return moments;
}

const Hop kHalfASecond = to_hops(kShortestFragment);

// Back to back, none shorter than half a second, and less than that left over.
void expect_all_is_cut(const std::vector<FragmentSpan>& spans, Hop hops) {
  expect_back_to_back(spans, hops);
  for (const FragmentSpan& span : spans) EXPECT_GE(span.length, kHalfASecond);
  const Hop end = spans.empty() ? 0 : spans.back().end();
  EXPECT_LT(hops - end, kHalfASecond);
}

TEST(CuttingByBeats, EveryBeatBarOrSecondBarIsACut) {
  const TrackMusic music = steady(100, 0, 60);
  const Hop hops = to_hops(Seconds(60));
  for (const auto& [rule, seconds] :
       {std::pair{"beats", .6}, {"beats:4", 2.4}, {"bars", 2.4}, {"bars:2", 4.8}, {"phrases", 9.6}}) {
    const auto spans = cut_musically(hops, rule, music);
    expect_all_is_cut(spans, hops);
    EXPECT_EQ(spans.size(), static_cast<std::size_t>(std::ceil(60 / seconds - 1e-9))) << rule;
    for (std::size_t i = 0; i < spans.size(); ++i)
      EXPECT_EQ(spans[i].start, to_hops(Seconds(seconds * static_cast<double>(i)))) << rule;
  }
}

TEST(CuttingByBeats, BarsHaveTheBeatsOfTheirMetre) {
  const TrackMusic music = steady(120, 1, 50, 5);
  const auto spans = cut_musically(to_hops(Seconds(50)), "bars", music);
  EXPECT_EQ(spans.front().length, to_hops(Seconds(1)));
  for (std::size_t i = 1; i + 1 < spans.size(); ++i)
    EXPECT_NEAR(double(spans[i].length), 2.5 * 43.07, 1.1);
}

TEST(CuttingByBeats, BeatsOfFastMusicAreTakenTogether) {
  const TrackMusic music = steady(300, .3, 60);
  const Hop hops = to_hops(Seconds(60));
  const auto spans = cut_musically(hops, "beats", music);
  expect_all_is_cut(spans, hops);
  for (std::size_t i = 1; i + 1 < spans.size(); ++i) {
    EXPECT_TRUE(near_some(spans[i].start, moments_of(music, false)));
    EXPECT_NEAR(static_cast<double>(spans[i].length), .6 * 43.07, 1.1);
  }
}

TEST(CuttingByBeats, BeatsOfSlowMusicAreCutOneByOne) {
  const TrackMusic music = steady(38, 0, 120);
  const auto spans = cut_musically(to_hops(Seconds(120)), "beats", music);
  for (std::size_t i = 0; i + 1 < spans.size(); ++i)
    EXPECT_NEAR(static_cast<double>(spans[i].length), 60 / 38.0 * 43.07, 1.1);
  EXPECT_LE(spans.front().length, longest_fragment(Segmentation::parse("beats:2")));
}

TEST(CuttingByBeats, PhrasesBeginAnewWithEachSection) {
  TrackMusic music = steady(120, 0, 120);  // bars of 2 s
  music.sections = {{0, 0}, {20, 1}, {50, 0}};
  const auto spans = cut_musically(to_hops(Seconds(120)), "phrases", music);
  std::set<Hop> starts;
  for (const FragmentSpan& span : spans) starts.insert(span.start);
  for (const double begin : {0, 8, 16, 20, 28, 36, 44, 50, 58, 66, 74, 82, 90, 98, 106, 114})
    EXPECT_TRUE(starts.contains(to_hops(Seconds(begin)))) << begin;
  EXPECT_EQ(starts.size(), 16u);
  music.sections = {{0, 0}, {21.3, 1}};  // from the next bar on
  starts.clear();
  for (const FragmentSpan& span : cut_musically(to_hops(Seconds(60)), "phrases", music))
    starts.insert(span.start);
  EXPECT_TRUE(starts.contains(to_hops(Seconds(22))));
  EXPECT_TRUE(starts.contains(to_hops(Seconds(30))));
}

TEST(CuttingByBeats, WhereNoBeatsAreHeardStepsHaveTheUsualLength) {
  TrackMusic music = steady(120, 10, 60);
  std::erase_if(music.beats, [](const Beat& beat) { return beat.seconds > 30 && beat.seconds < 40; });
  const Hop hops = to_hops(Seconds(90));
  for (const auto& [rule, usual] : {std::pair{"beats:2", 1.0}, {"bars", 2.0}}) {
    const auto spans = cut_musically(hops, rule, music);
    expect_all_is_cut(spans, hops);
    for (std::size_t i = 1; i + 1 < spans.size(); ++i) {
      EXPECT_GE(static_cast<double>(spans[i].length), usual * 43.07 / 2 - 1) << rule << " " << i;
      EXPECT_LE(static_cast<double>(spans[i].length), usual * 43.07 * 1.5 + 1) << rule << " " << i;
    }
    const auto starts_at = [&](double seconds) {
      return std::any_of(spans.begin(), spans.end(), [&](auto& span) {
        return std::abs(span.start - to_hops(Seconds(seconds))) <= 1;
      });
    };
    EXPECT_TRUE(starts_at(10) && starts_at(8) && starts_at(28)) << rule;
    EXPECT_TRUE(starts_at(usual == 2 ? 42 : 40.5)) << rule;
  }
}

// Whatever beats are heard: all is cut, none is too short, and cuts are at beats where there are some.
TEST(CuttingByBeats, HoldsOnRandomBeats) {
  Random random(5);
  for (int round = 0; round < 400; ++round) {
    const double seconds = random.uniform(1, 200);
    const Hop hops = to_hops(Seconds(seconds));
    TrackMusic music;
    double now = random.below(2) == 0 ? random.uniform(0, .6) : random.uniform(0, seconds * .9);
    const double interval = 60 / random.uniform(38, 300);
    const int bar = 2 + static_cast<int>(random.below(6));
    const double end = random.below(3) == 0 ? seconds * 1.2 : seconds;
    bool steady = true;
    for (int i = 0; now < end; ++i) {
      music.beats.push_back({now, i % bar});
      now += interval * random.uniform(.9, 1.1);
      if (random.below(40) == 0) {
        now += random.uniform(0, 10);
        steady = false;
      }
      if (random.below(40) == 0) now -= interval * .7;  // two beats close to each other
    }
    for (double begin = 0; begin < seconds; begin += random.uniform(2, 40))
      music.sections.push_back({begin, 0});
    for (const char* rule : {"beats", "beats:4", "bars", "bars:3", "phrases"}) {
      const bool downbeats = rule[1] != 'e';
      const std::vector<double> moments = moments_of(music, downbeats);
      const bool are_there = std::count_if(moments.begin(), moments.end(), [&](double moment) {
                               return to_hops(Seconds(moment)) <= hops;
                             }) >= 34 * 3;
      const std::vector<float> strength(static_cast<std::size_t>(hops));
      const auto spans = cut(hops, Segmentation::parse(rule), track_of(1), strength, music);
      SCOPED_TRACE(std::string(rule) + " of " + std::to_string(seconds) + " s, round " +
                   std::to_string(round));
      expect_back_to_back(spans, hops);
      for (const FragmentSpan& span : spans) EXPECT_GE(span.length, kHalfASecond);
      if (!are_there) continue;
      EXPECT_LT(hops - spans.back().end(), kHalfASecond);
      if (!steady) continue;
      for (const FragmentSpan& span : spans) {
        const double at = static_cast<double>(span.start) * 512 / 22050;
        const bool inside =
            at > moments.front() + .02 && at < std::min(seconds, moments.back()) - 5 * interval;
        const bool every = std::string(rule) != "phrases" && std::string(rule) != "bars:3";
        EXPECT_TRUE(!inside || !every || near_some(span.start, moments)) << at;
      }
    }
  }
}

TEST(CuttingByBeats, BeatsThatAllLieBeyondTheEndLoseNothing) {
  const Hop hops = to_hops(Seconds(20));
  expect_all_is_cut(cut_musically(hops, "bars", steady(120, 21, 40)), hops);
}

TEST(CuttingByBeats, ATrackWithoutBeatsIsCutAtOnsets) {
  std::vector<float> strength(2000, 0.0f);
  strength[86 + 7] = 1;
  strength[172 - 19] = 1;
  TrackMusic one_beat;
  one_beat.beats = {{3, 0}};
  for (const TrackMusic& music : {TrackMusic(), one_beat}) {
    const auto spans = cut(2000, Segmentation::parse("bars"), track_of(1), strength, music);
    EXPECT_EQ(spans, cut(2000, at_onsets(2), track_of(1), strength));
    EXPECT_EQ(spans[1].start, 86 + 7);
    EXPECT_EQ(spans[2].start, 172 - 19);
  }
  EXPECT_EQ(test::refusal([] { cut_musically(1000, "bars", {}); }).kind(), ErrorKind::internal);
}

TEST(CuttingByBeats, ShortTracksAndNone) {
  const std::vector<float> strength(43, 0.0f);
  for (const char* rule : {"beats", "bars", "phrases"}) {
    EXPECT_TRUE(cut(0, Segmentation::parse(rule), track_of(1), {}, {}).empty()) << rule;
    EXPECT_TRUE(cut_musically(0, rule, steady(240, 0, 1)).empty()) << rule;
    expect_all_is_cut(cut_musically(43, rule, steady(240, 0, 9)), 43);
    const auto spans = cut(43, Segmentation::parse(rule), track_of(1), strength, {});
    EXPECT_EQ(spans.size(), std::string(rule) == "beats" ? 1u : 0u) << "a second without beats";
  }
  EXPECT_EQ(cut_musically(43, "beats", steady(120, 0, 1)).size(), 1u) << "two would need 44 hops";
  EXPECT_TRUE(cut_musically(21, "beats", steady(300, 0, .5)).empty()) << "less than half a second";
}

}  // namespace
}  // namespace segue
