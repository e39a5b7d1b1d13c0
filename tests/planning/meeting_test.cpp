#include "planning/meeting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "analysis/log_mel.hpp"
#include "base/half.hpp"
#include "planning/spectral_levels.hpp"
#include "render/renderer.hpp"
#include "support/feature_files.hpp"
#include "support/hits.hpp"
#include "support/level_critic.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::HeardTrack;
using test::hits;
using test::TemporaryFolder;

// Of a length, with the seam in its middle.
const Proposal* centred(const std::vector<Proposal>& all, double at_least, double at_most) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Proposal& one) {
    return one.duration().count() >= at_least && one.duration().count() <= at_most &&
           one.transition.before == one.transition.after;
  });
  return found == all.end() ? nullptr : &*found;
}

// 120 and 123.7 BPM; analysis hears the beats of the second 22 ms late.
TEST(Meeting, BeatsFallTogetherByWhatIsHeard) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .485, .1, .5, 2500), .485, .1, .022);
  const Meeting meeting(a.place(60.26), b.place(.1 + 124 * .485 + .01), Seconds(12));
  const auto all = meeting.proposals({});
  const Proposal* blend = centred(all, 6, 12);
  ASSERT_NE(blend, nullptr);
  EXPECT_TRUE(blend->on_beat);
  EXPECT_NEAR(blend->duration().count(), 8, .01) << "16 beats of the outgoing";
  EXPECT_NEAR(blend->out_at.count(), 60.25, 1e-6);
  EXPECT_NEAR(blend->in_at.count(), .1 + 124 * .485, .004) << "where it is, not where it was noted";
  const double in = blend->transition.blend.in.tempo, out = blend->transition.blend.out.tempo;
  EXPECT_NEAR(in * .5, .485 * out, 1e-6);
  // The low end changes within a beat, about the seam.
  EXPECT_NEAR(
      to_seconds(blend->transition.blend.low.end - blend->transition.blend.low.begin, Meeting::kRate)
          .count(),
      .5, .01);
}

// Places between downbeats, and at the ends of tracks, move to the nearest: bars of both begin together.
TEST(Meeting, BarsFallTogether) {
  const TemporaryFolder folder;
  for (const int beats : {3, 4}) {
    const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25, 0, 22050, beats);
    const HeardTrack b(folder, "b", hits(120, .49, .1, .5, 2500), .49, .1, 0, 22050, beats);
    const double bar_a = beats * .5, bar_b = beats * .49;
    const auto off = [](Seconds at, double first, double bar) {
      const double bars = (at.count() - first) / bar;
      return std::abs(bars - std::round(bars)) * bar;
    };
    for (const double moved : {-.9, -.5, 0., .4, 1.}) {
      for (const double in : {0., .1 + 40 * bar_b + moved}) {
        const Meeting meeting(a.place(.25 + 30 * bar_a - moved), b.place(in), Seconds(12));
        std::size_t met = 0;
        for (const Proposal& way : meeting.proposals({})) {
          met += way.on_beat;
          EXPECT_LT(off(way.out_at, .25, bar_a), .01) << way.duration().count();
          EXPECT_LT(off(way.in_at, .1, bar_b), .03) << way.duration().count();
        }
        EXPECT_GT(met, 0u);
      }
    }
  }
}

// A line can be laid through them, but side by side with others they fall apart. Those that slip count.
TEST(Meeting, LooseBeatsAreNotPlayedSideBySideForLong) {
  const TemporaryFolder folder;
  const HeardTrack steady(folder, "a", hits(120, .5, .25), .5, .25);
  HeardTrack other(folder, "b", hits(120, .49, .1), .49, .1);
  const auto longest = [](const MeetingPlace& out, const MeetingPlace& in) {
    ProposalConfig config;
    double most = 0;
    for (const Proposal& one : Meeting(out, in, Seconds(12)).proposals(config))
      most = std::max(most, one.duration().count());
    return most;
  };
  for (const double slip : {.02, .09}) {
    TrackMusic music;
    for (int i = 0; i < 240; ++i) music.beats.push_back({.1 + i * .49 + (i % 8 == 0 ? slip : 0), i % 4});
    other.features = FeatureFile::open(test::write_features(
        folder.path(), test::track_id("slips"), other.features->hops(), [](Hop, int) { return -3.0f; },
        music));
    const MeetingPlace a = steady.place(60.25), b = other.place(.1 + 125 * .49);
    for (const bool leaves : {true, false}) {
      const double most = leaves ? longest(b, a) : longest(a, b);
      EXPECT_EQ(most > 4, slip < .06) << most << " s, and slips of " << slip;
      EXPECT_GE(most, 1) << "a short one may be";
    }
  }
}

// Its ways cost most. Without a beat there are none, unless it is asked for.
TEST(Meeting, LongBlendsAreForBeatsThatMeetWithTheSeamInTheMiddle) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .49, .1), .49, .1);
  const HeardTrack plain(folder, "c", test::noise(.1, 120 * 22050, 5), 0, 0);
  ProposalConfig config;
  const auto count = [&](const MeetingPlace& out, const MeetingPlace& in) {
    int long_ones = 0, off_centre = 0;
    for (const Proposal& one : Meeting(out, in, Seconds(32)).proposals(config)) {
      const bool is_long = one.duration() > Seconds(12.1);
      long_ones += is_long;
      off_centre += one.transition.before != one.transition.after;
      if (is_long) {
        EXPECT_EQ(one.transition.before, one.transition.after);
      }
    }
    return std::pair(long_ones, off_centre);
  };
  EXPECT_EQ(count(a.place(60.25), b.place(60.1)), std::pair(4, 2))
      << "swapped, as a whole or in bands one after the other, or not swapped";
  EXPECT_EQ(count(plain.place(60), plain.place(30)), std::pair(0, 2));
  config.longest_plain = Seconds(32);
  EXPECT_EQ(count(plain.place(60), plain.place(30)).first, 3);
  // 64 beats at most.
  for (const auto& [period, longest] : {std::pair(.5, 32.), std::pair(.25, 16.), std::pair(.6, 19.2)}) {
    const HeardTrack c(folder, "c", hits(120, period, .25), period, .25);
    const HeardTrack d(folder, "d", hits(120, period, .1), period, .1);
    double most = 0;
    for (const Proposal& one : Meeting(c.place(.25 + 32), d.place(.1 + 40), Seconds(32)).proposals({}))
      most = std::max(most, one.duration().count());
    EXPECT_NEAR(most, longest, .01) << period;
  }
}

TEST(Meeting, TempiThatCannotMeetDoNotRunAgainstEachOther) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .4, .1), .4, .1);
  for (const Proposal& one : Meeting(a.place(60.25), b.place(60.1), Seconds(32)).proposals({})) {
    EXPECT_LE(one.duration().count(), 4);
    EXPECT_FALSE(one.on_beat);
    EXPECT_EQ(one.transition.blend.in.tempo, 1);
  }
  // Nor where one of them has a beat, but no steady one here.
  const HeardTrack c(folder, "c", test::noise(.1, 120 * 22050, 1), 0, 0);
  MeetingPlace restless = c.place(60);
  restless.has_beat = true;
  for (const Proposal& one : Meeting(restless, b.place(60.1), Seconds(32)).proposals({}))
    EXPECT_LE(one.duration().count(), 4);
}

// All leave a track with beats at .25, .75, … on one of them.
void expect_left_on_beats(const std::vector<Proposal>& all, double off) {
  for (const Proposal& one : all) {
    EXPECT_TRUE(one.on_beat) << off;
    const double beats = (one.out_at.count() - .25) / .5;
    EXPECT_NEAR(beats, std::round(beats), .02) << off;
  }
}

// Wherever it is left: what says that it is on the beat is.
TEST(Meeting, PlacesBetweenBeatsMoveToOne) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .5, .1), .5, .1);
  for (const double off : {.05, .2, .24, .26, .4})
    expect_left_on_beats(Meeting(a.place(60.25 + off), b.place(60.1), Seconds(12)).proposals({}), off);
}

// Left where it ends, it is left at the last downbeat after which it still sounds.
TEST(Meeting, PlacesAtTheEndOfATrackMoveToABar) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .49, .1), .49, .1);
  ProposalConfig config;
  config.leave_early = false;
  for (const double off : {.01, .1, .2, .3, .4}) {
    MeetingPlace out = a.place(60.25 + off);
    out.length = out.at;
    const auto all = Meeting(out, b.place(.1), Seconds(1)).proposals(config);
    ASSERT_FALSE(all.empty());
    expect_left_on_beats(all, off);
    for (const Proposal& one : all) EXPECT_GE(one.out_at.count(), out.at.count() - 2.5) << off;
  }
}

// Of tempi that stay apart nothing is stretched.
TEST(Meeting, WhatCannotBeGivenBackIsNotTakenByTheOtherEither) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .47, .1), .47, .1);
  MeetingPlace out = a.place(60.25);
  out.room = Seconds(2);
  for (const Proposal& one : Meeting(out, b.place(60.1), Seconds(1)).proposals({})) {
    EXPECT_FALSE(one.on_beat);
    EXPECT_EQ(one.transition.blend.in.tempo, 1);
  }
}

// A tracker that taps between the beats here, as it may have had to elsewhere in the track.
TEST(Meeting, BeatsAreWhereMostBeginsHere) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .5, .1), .5, .1, .25);
  for (const Proposal& one : Meeting(a.place(60.25), b.place(60.3), Seconds(12)).proposals({})) {
    EXPECT_TRUE(one.on_beat);
    const double beats = (one.in_at.count() - .1) / .5;
    EXPECT_NEAR(beats, std::round(beats), .02);
  }
}

TEST(Meeting, HalfTheTempoIsTheSameTempo) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, 1, .1), 1, .1);
  const auto all = Meeting(a.place(60.25), b.place(60.1), Seconds(12)).proposals({});
  const Proposal* blend = centred(all, 6, 12);
  ASSERT_NE(blend, nullptr);
  EXPECT_TRUE(blend->on_beat);
  EXPECT_FALSE(blend->transition.blend.in.stretched());
}

TEST(Meeting, MusicWithoutABeatGoesOverSlowly) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", test::noise(.1, 120 * 22050, 1), 0, 0);
  const HeardTrack b(folder, "b", hits(120, .4, .1), .4, .1);
  const auto all = Meeting(a.place(60), b.place(60.1), Seconds(32)).proposals({});
  const Proposal* blend = centred(all, 11, 13);
  ASSERT_NE(blend, nullptr);
  EXPECT_EQ(blend->transition.blend.low, blend->transition.blend.high);
}

// A blend whose seam is in its middle is offered three times: as a whole, and with the rest ahead of the
// low end and behind it.
TEST(Meeting, BandsMayGoOverOneAfterTheOther) {
  const TemporaryFolder folder;
  const HeardTrack hiss(folder, "a", test::noise(.1, 120 * 22050, 1), 0, 0);
  const HeardTrack slow(folder, "b", hits(120, .5, .25), .5, .25);
  const HeardTrack fast(folder, "c", hits(120, .49, .1), .49, .1);
  ProposalConfig config;
  config.lengths = {Seconds(12)};
  for (const bool beat : {true, false}) {
    const HeardTrack& first = beat ? slow : hiss;
    std::vector<Transition> middle;
    for (const Proposal& one :
         Meeting(first.place(60.25), fast.place(.1 + 125 * .49), Seconds(12)).proposals(config))
      if (one.transition.before == one.transition.after) {
        middle.push_back(one.transition);
      } else {
        EXPECT_EQ(one.transition.blend.mid, (BandFade{-one.transition.before, one.transition.after}));
      }
    ASSERT_EQ(middle.size(), beat ? 4u : 3u) << "with a beat also without a swap of the low end";
    const PcmFrame half = middle[0].before;
    EXPECT_EQ(middle[0].blend.high, (BandFade{-half, half}));
    EXPECT_EQ(middle[1].blend.high, (BandFade{-half, 0}));
    EXPECT_EQ(middle[2].blend.high, (BandFade{0, half}));
    for (std::size_t i = 0; i < 3; ++i) {
      const Blend& blend = middle[i].blend;
      EXPECT_EQ(blend.mid, blend.high);
      if (beat) {
        EXPECT_LT(blend.low.end - blend.low.begin, half / 4) << "swapped at the seam";
        EXPECT_EQ(blend.low.begin, -blend.low.end);
      } else if (i > 0) {
        EXPECT_EQ(blend.low, middle[3 - i].blend.high) << "on the other side of the seam";
      }
    }
  }
  const auto ways = [&](double length) {
    config.lengths = {Seconds(length)};
    return Meeting(slow.place(60.25), fast.place(.1 + 125 * .49), Seconds(12)).proposals(config);
  };
  const auto second = ways(1);
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(second[1].transition.blend.low, second[2].transition.blend.mid) << "nothing is swapped";
  EXPECT_EQ(ways(.1).size(), 1u) << "too short";
}

TEST(Meeting, NothingIsAskedThatTheSourcesOrTheRoomLack) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(70, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(70, .5, .1), .5, .1);
  // The first is left 5 s before its end, the second entered 1 s after its beginning.
  ProposalConfig held;
  held.leave_early = false;
  const auto all = Meeting(a.place(65.25, 20), b.place(1.1, 9), Seconds(32)).proposals(held);
  ASSERT_FALSE(all.empty());
  for (const Proposal& one : all) {
    EXPECT_LE(to_seconds(one.transition.after, Meeting::kRate).count(), 4.95);
    EXPECT_LE(to_seconds(one.transition.before, Meeting::kRate).count(), 1.1);
    EXPECT_LE(to_seconds(one.transition.reach_after(), Meeting::kRate).count(), 9);
  }
  // At the very edges of both: a fade of what is there.
  held.move = false;  // a beat would be near
  const auto edge = Meeting(a.place(70), b.place(0), Seconds(32)).proposals(held);
  ASSERT_EQ(edge.size(), 1u);
  EXPECT_EQ(edge[0].transition.before + edge[0].transition.after, 0);
}

TEST(Meeting, WhatEndsTooSoonIsLeftEarlierByBars) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(70, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(70, .5, .1), .5, .1);
  const auto all = Meeting(a.place(68.25), b.place(0.1), Seconds(12)).proposals({});
  const auto late = std::find_if(all.begin(), all.end(), [](const Proposal& one) {
    return one.transition.before == 0 && one.duration() > Seconds(7);
  });
  ASSERT_NE(late, all.end());
  EXPECT_NEAR(late->out_at.count(), 60.25, 1e-6);
}

TEST(Meeting, ASemitoneIsOfferedWhereKeysThenGoTogether) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .5, .1), .5, .1);
  MeetingPlace out = a.place(60.25), in = b.place(60.1);
  ProposalConfig config;
  config.shift = true;
  const auto shifts = [&] {
    std::set<double> found;
    for (const Proposal& one : Meeting(out, in, Seconds(12)).proposals(config))
      found.insert(one.transition.blend.in.shift);
    return found;
  };
  EXPECT_EQ(shifts(), std::set<double>{0}) << "keys are not known";
  out.key = Key{0, false};
  in.key = Key{11, false};  // B major becomes C major
  EXPECT_EQ(shifts(), (std::set<double>{0, 1}));
  in.key = Key{7, false};  // a fifth away goes together as it is
  EXPECT_EQ(shifts(), std::set<double>{0});
  in.key = Key{6, false};  // F# major becomes G major or F major
  EXPECT_EQ(shifts(), (std::set<double>{0, 1}));
}

TEST(Meeting, LevelsMeetHalfWay) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .5, .1), .5, .1);
  MeetingPlace soft = b.place(60.1);
  soft.gain_db = -4;
  const auto all = Meeting(a.place(60.25), soft, Seconds(12)).proposals({});
  const Proposal* blend = centred(all, 6, 12);
  ASSERT_NE(blend, nullptr);
  EXPECT_LT(blend->transition.blend.out.gain_db, -2);
  EXPECT_GT(blend->transition.blend.in.gain_db, 2);
  EXPECT_LT(blend->transition.blend.in.gain_db - blend->transition.blend.out.gain_db, 6);
  EXPECT_LT(blend->step, .1);
}

TEST(Meeting, SpectraMeetHalfWay) {
  const TemporaryFolder folder;
  std::vector<float> dull = test::noise(.4, 120 * 22050, 3);
  for (auto at = dull.begin(); at + 4 < dull.end(); ++at) *at = std::accumulate(at, at + 4, 0.0f) / 4;
  const HeardTrack a(folder, "a", dull, 0, 0);
  const HeardTrack b(folder, "b", test::noise(.2, 120 * 22050, 5), 0, 0);
  const auto all = Meeting(a.place(60), b.place(60), Seconds(12)).proposals({});
  const Proposal* way = centred(all, 11, 13);
  ASSERT_NE(way, nullptr);
  const BlendSide &out = way->transition.blend.out, &in = way->transition.blend.in;
  EXPECT_GT(out.spectrum_db.back(), 1) << "the dull one becomes brighter";
  EXPECT_LT(in.spectrum_db.back(), -1) << "and the bright one duller";
  const BandLevels dull_levels = band_levels(*a.features, Seconds(40), Seconds(50)),
                   bright_levels = band_levels(*b.features, Seconds(70), Seconds(80));
  BandLevels apart{};
  double mean = 0;
  for (std::size_t band = 0; band < apart.size(); ++band) {
    EXPECT_NEAR(out.spectrum_db[band], -in.spectrum_db[band], .011);
    apart[band] = dull_levels[band] + out.spectrum_db[band] - bright_levels[band] - in.spectrum_db[band];
    mean += apart[band] / static_cast<double>(apart.size());
  }
  for (const double one : apart) EXPECT_NEAR(one, mean, .5);
}

// Of what one of them cannot be changed by, the other takes the rest.
TEST(Meeting, LevelsMeetWhereOneTrackIsAlreadyAsLoudAsItMayBe) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .5, .1), .5, .1);
  for (const double apart : {-24., -12., 12., 15.}) {
    MeetingPlace other = b.place(60.1);
    other.gain_db = apart;
    const Meeting meeting(a.place(60.25), other, Seconds(12));
    const auto all = meeting.proposals({});
    const Proposal* blend = centred(all, 6, 12);
    ASSERT_NE(blend, nullptr);
    EXPECT_EQ(blend->step < .1, std::abs(apart) < 16) << apart << ": " << blend->step;
    Proposal evened = *blend;
    evened.transition.blend.out.gain_db = apart > 0 ? 9 : -9;  // as if that were all it may be
    evened.transition.blend.in.gain_db = 0;
    meeting.even_levels(evened);
    const double change = evened.transition.blend.out.gain_db - evened.transition.blend.in.gain_db;
    if (std::abs(apart) < 16) {
      EXPECT_NEAR(change, apart, 2.5) << "some of which is given back in the seconds that are compared";
    }
  }
}

// The same music upside down: it would cancel.
TEST(Meeting, LikeMaterialIsTurnedSoThatItAddsUp) {
  const TemporaryFolder folder;
  std::vector<float> music = test::noise(.2, 120 * 22050, 5);
  const HeardTrack a(folder, "a", music, .5, .25);
  for (float& value : music) value = -value;
  const HeardTrack b(folder, "b", music, .5, .25);
  const auto all = Meeting(a.place(60.25), b.place(60.25), Seconds(12)).proposals({});
  const Proposal* blend = centred(all, 6, 12);
  ASSERT_NE(blend, nullptr);
  EXPECT_TRUE(blend->inverted);
  EXPECT_NEAR(blend->in_at.count(), 60.25, 1e-4);
}

// Root of the power of each 2 ms.
std::vector<double> levels_of(std::span<const float> sound) {
  std::vector<double> levels;
  for (std::size_t i = 0; i + 44 <= sound.size(); i += 44)
    levels.push_back(test::root_mean_square(sound.subspan(i, 44)));
  return levels;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b, int lag) {
  double ab = 0, aa = 1e-12, bb = 1e-12;
  for (int i = 10; i + 10 < static_cast<int>(a.size()); ++i) {
    const double x = a[static_cast<std::size_t>(i)], y = b[static_cast<std::size_t>(i + lag)];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

// A window around the seam holds what both sides play, in one line with what plays before and after.
TEST(Meeting, SoundsAsItWillBeRendered) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .48, .1, .5, 2500), .48, .1);
  const Meeting meeting(a.place(60.25), b.place(.1 + 125 * .48), Seconds(12));
  const auto all = meeting.proposals({});
  const Proposal* blend = centred(all, 6, 12);
  ASSERT_NE(blend, nullptr);
  const std::vector<float> sound = meeting.sound(*blend, Seconds(12));
  Proposal turned = *blend;
  turned.inverted = true;
  const std::vector<float> turned_sound = meeting.sound(turned, Seconds(12));
  ASSERT_EQ(sound.size(), static_cast<std::size_t>(seam_window_samples(Seconds(12))));

  Plan plan = test::plan_of({a.source, b.source},
                            {test::placement_of(0, 0, to_pcm_frames(blend->out_at, 22050)),
                             test::placement_of(1, to_pcm_frames(blend->in_at, 22050), 40 * 22050)},
                            0, 0, 22050);
  plan.transitions[0] = blend->transition;
  plan.ceiling_dbtp = 0;
  const auto begin = static_cast<std::size_t>(plan.seams()[1]) - sound.size() / 2;
  for (const auto* heard : {&sound, &turned_sound}) {
    plan.placements[1].inverted = heard == &turned_sound;
    Renderer renderer(plan);
    std::vector<float> stereo(2 * static_cast<std::size_t>(plan.length - 22050));
    const auto frames = static_cast<std::size_t>(renderer.read(stereo));
    ASSERT_EQ(frames, stereo.size() / 2);
    std::vector<float> left;
    for (std::size_t i = 0; i < heard->size(); ++i) left.push_back(stereo[2 * (begin + i)]);
    // What is stretched from another place on has other phases; hits lie where they lay.
    const std::vector<double> here = levels_of(*heard), there = levels_of(left);
    double best = 0, at_once = 0;
    for (int lag = -10; lag <= 10; ++lag) {
      const double alike = correlation(here, there, lag);
      best = std::max(best, alike);
      if (lag == 0) at_once = alike;
    }
    EXPECT_GT(at_once, .9) << plan.placements[1].inverted;
    EXPECT_GT(at_once, best - .02);
    double in_all = 0, in_left = 0;
    for (const float value : *heard) in_all += std::pow(value, 2);
    for (const float value : left) in_left += std::pow(value, 2);
    EXPECT_NEAR(10 * std::log10(in_all / in_left), 0, .5);
  }
  EXPECT_EQ(meeting.hear(*blend, Seconds(12)).frames, seam_window_frames(Seconds(12)));
}

// Frames of the spectrogram that it makes without decoding are near those of the sound.
TEST(Meeting, SketchesWhatItSoundsLike) {
  const TemporaryFolder folder;
  std::vector<float> first = hits(120, .5, .25, .5, 400), second = hits(120, .48, .1, .5, 2500);
  const std::vector<float> hiss = test::noise(.05, first.size(), 9);
  for (std::size_t i = 1; i < first.size(); ++i) {
    first[i] += hiss[i] + .9f * hiss[i - 1];  // darker
    second[i] += hiss[i] - .9f * hiss[i - 1];
  }
  const HeardTrack a(folder, "a", first, .5, .25);
  const HeardTrack b(folder, "b", second, .48, .1);
  const Meeting meeting(a.place(60.25), b.place(.1 + 125 * .48), Seconds(12));
  for (const Proposal& one : meeting.proposals({})) {
    if (one.duration() > Seconds(12.01)) continue;
    const Seconds kind = one.duration() > Seconds(4) ? Seconds(12) : one.duration();
    const SeamWindow heard = meeting.hear(one, kind), sketched = meeting.sketch(one, kind).window;
    ASSERT_EQ(heard.log_mel.size(), sketched.log_mel.size());
    EXPECT_EQ(heard.heard.begin, sketched.heard.begin);
    EXPECT_EQ(heard.heard.end, sketched.heard.end);
    double off = 0;  // dB
    for (std::size_t i = 0; i < heard.log_mel.size(); ++i)
      off += 10 * std::abs(static_cast<double>(float_from_half(heard.log_mel[i])) -
                           static_cast<double>(float_from_half(sketched.log_mel[i])));
    EXPECT_LT(off / static_cast<double>(heard.log_mel.size()), 2) << one.duration().count();
  }
}

// Without audio the same ways are there, but for what is heard in it.
TEST(Meeting, IsSketchedWithoutAudio) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", hits(120, .5, .25), .5, .25);
  const HeardTrack b(folder, "b", hits(120, .49, .1), .49, .1);
  MeetingPlace out = a.place(60.25), in = b.place(.1 + 125 * .49);
  const auto heard = Meeting(out, in, Seconds(12)).proposals({});
  out.audio = in.audio = {};
  const Meeting meeting(out, in, Seconds(12));
  const auto sketched = meeting.proposals({});
  ASSERT_EQ(heard.size(), sketched.size());
  for (std::size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].transition.before, sketched[i].transition.before);
    EXPECT_NEAR(heard[i].in_at.count(), sketched[i].in_at.count(), Meeting::kNudge + .005);
  }
  EXPECT_EQ(meeting.hear(sketched[0], Seconds(.1)).frames, seam_window_frames(Seconds(.1)));
}

// The features of a track may be far from its sound about a place.
TEST(Meeting, LevelsMeetAsTheySound) {
  const TemporaryFolder folder;
  std::vector<float> soft = test::noise(.02, 120 * 22050, 5);
  const HeardTrack a(folder, "a", test::noise(.08, 120 * 22050, 3), 0, 0);
  const HeardTrack b(folder, "b", soft, 0, 0);
  for (const bool wide : {false, true}) {
    MeetingPlace out = a.place(60);
    if (wide)  // as loud again at the sides
      out.sides = [](Seconds, Seconds length, int rate) {
        return test::noise(.08, static_cast<std::size_t>(to_pcm_frames(length, rate)), 11);
      };
    const MeetingPlace in = b.place(60);
    const AudioReader silence = [](Seconds, Seconds length, int rate) {
      return std::vector<float>(static_cast<std::size_t>(to_pcm_frames(length, rate)));
    };
    const Meeting meeting(out, in, Seconds(12));
    for (Proposal& one : meeting.proposals({.lengths = {Seconds(1), Seconds(12)}, .shares = {.5}})) {
      meeting.even_levels(one);
      // Left and right are as loud together as middle and sides.
      MeetingPlace left = out, entered = in;
      left.audio = out.sides ? out.sides : silence;
      entered.audio = silence;
      const std::vector<float> middle = meeting.sound(one, one.duration()),
                               sides = Meeting(left, entered, Seconds(12)).sound(one, one.duration());
      const auto power = [&](std::size_t begin) {
        double sum = 0;
        for (std::size_t i = begin; i < begin + 3 * 22050; ++i)
          for (const float value : {middle[i], sides[i]})
            sum += static_cast<double>(value) * static_cast<double>(value);
        return 10 * std::log10(sum);
      };
      EXPECT_NEAR(power(22050), power(middle.size() - 4 * 22050), .7) << one.duration().count();
    }
  }
}

// What plays faster makes a mix shorter.
TEST(Proposal, TellsByHowMuchItMovesWhatComesAfter) {
  Proposal way;
  way.out_at = Seconds(60);
  way.in_at = Seconds(20);
  way.transition.kind = TransitionKind::blend;
  way.transition.before = way.transition.after = 4 * Meeting::kRate;
  way.transition.blend.out.release = way.transition.blend.in.release = 8 * Meeting::kRate;
  EXPECT_NEAR(way.leaves_at().count(), 60, 1e-9);
  EXPECT_NEAR(way.lengthens().count(), 40, 1e-9);
  way.transition.blend.out.tempo = 1.04;  // 4 s of it, and a glide of 6 s
  EXPECT_NEAR(way.leaves_at().count(), 60 - .04 * 4 - .02 * 6, 1e-3);
  way.transition.blend.in.tempo = .96;
  EXPECT_NEAR(way.lengthens().count(), 40, 1e-3);
}

}  // namespace
}  // namespace segue
