#include "planning/bound_keeper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

using test::MadeMusic;
using test::MixLibrary;
using Names = std::set<std::string>;
using Cuts = std::map<std::string, std::size_t>;

const Key kAMinor{9, true}, kCMajor{0, false}, kEMinor{4, true}, kGMajor{7, false},
    kFSharpMajor{6, false};

// A library of tracks of 64 s: 32 bars of 2 s, eight phrases. Track "now" has played from its beginning.
struct House {
  House() {
    config.style = Style::mix;
    config.length = Seconds(600);
    config.bounds.least = Seconds(20);
    config.bounds.most = Seconds(90);
    config.bounds.fewest = 1;
    config.segmentation = Segmentation::parse("bars");
    config.blends = false;  // what ends at a seam need not sound on
    add("now", {});
  }
  void add(const std::string& name, const MadeMusic& made, double seconds = 64) {
    music.add_music(name, seconds, made);
  }

  MixLibrary music;
  MixConfig config;
};

struct Kept {
  explicit Kept(House& house)
      : pool(house.config, house.music.library(), house.music.tracks()), keeper(house.config, pool) {}

  std::size_t number(const std::string& name) const {
    for (std::size_t track = 0; track < pool.tracks().size(); ++track)
      if (this->name(track) == name) return track;
    ADD_FAILURE() << "no track " << name;
    return 0;
  }
  std::string name(std::size_t track) const { return pool.tracks()[track].track->record.tags.title; }
  std::size_t at(const std::string& name, double seconds) const {
    return pool.at({test::track_id(name), Seconds(seconds)});
  }
  // Part of a track, and when in the mix it began.
  PlayedRun run(const std::string& track, double from, double to, double begin) const {
    return {at(track, from + 0.1), at(track, to - 0.1), Seconds(begin), Seconds(begin + to - from)};
  }
  // What may follow 24 s of the track "now".
  Allowed after_now() const { return keeper.allowed(std::vector{run("now", 0, 24, 0)}, Seconds(24)); }

  // Tracks of which some entry is allowed.
  Names names(const Allowed& allowed) const {
    Names names;
    for (std::size_t i = 0; i < allowed.entries.size(); ++i)
      if (allowed.entries[i] != 0) names.insert(name(keeper.track_of(keeper.entries()[i])));
    return names;
  }

  FragmentPool pool;
  BoundKeeper keeper;
};

// Checks that nothing is counted twice or forgotten.
Cuts cuts(const Allowed& allowed) {
  Cuts cuts;
  std::size_t all = allowed.count;
  for (std::size_t i = 0; i < kBounds; ++i) {
    if (allowed.cut[i] > 0) cuts[name_of(static_cast<Bound>(i))] = allowed.cut[i];
    all += allowed.cut[i];
  }
  EXPECT_EQ(all, allowed.entries.size());
  EXPECT_EQ(allowed.count, static_cast<std::size_t>(
                               std::accumulate(allowed.entries.begin(), allowed.entries.end(), 0)));
  return cuts;
}

Names relaxed(const Allowed& allowed) {
  Names names;
  for (std::size_t i = 0; i < kBounds; ++i)
    if (allowed.relaxed[i]) names.insert(name_of(static_cast<Bound>(i)));
  return names;
}

MadeMusic at_tempo(double bpm, int beats_per_bar = 4) {
  MadeMusic music;
  music.bpm = bpm;
  music.beats_per_bar = beats_per_bar;
  return music;
}

MadeMusic in_key(const Key& key, double confidence = 1) {
  MadeMusic music;
  music.key = key;
  music.key_confidence = confidence;
  return music;
}

MadeMusic with_energy(double energy, double valence = 0) {
  MadeMusic music;
  music.energy = [energy](double) { return energy; };
  music.valence = valence;
  return music;
}

MadeMusic by(const std::string& artist) {
  MadeMusic music;
  music.artist = artist;
  return music;
}

TEST(BoundKeeper, EntriesAreWherePhrasesBegin) {
  House house;
  MadeMusic late;
  late.first_beat = 1;
  late.sections = {0, 21};  // bars begin at 1, 3, 5, … s
  house.add("late", late);
  const Kept kept(house);
  std::set<double> entries;
  for (const std::size_t entry : kept.keeper.entries()) {
    const PoolFragment& fragment = kept.pool.fragments()[entry];
    if (kept.name(fragment.track) == "late")
      entries.insert(std::round(hops_to_seconds(fragment.span.start).count() * 10) / 10);
  }
  EXPECT_EQ(entries, (std::set<double>{0, 1, 9, 17, 21, 29, 37, 45, 53, 61}));
  EXPECT_TRUE(std::is_sorted(kept.keeper.entries().begin(), kept.keeper.entries().end()));
}

TEST(BoundKeeper, OfTracksThatAreCutOtherwiseEveryFragmentIsAnEntry) {
  House house;
  house.config.segmentation = Segmentation::parse("3");
  const Kept equal(house);
  EXPECT_EQ(equal.keeper.entries().size(), equal.pool.fragments().size());
  House beatless;
  beatless.add("pad", at_tempo(0), 300);
  const Kept kept(beatless);
  std::size_t entries = 0;
  for (const std::size_t entry : kept.keeper.entries())
    entries += kept.name(kept.keeper.track_of(entry)) == "pad" ? 1 : 0;
  EXPECT_EQ(entries, kept.pool.tracks()[kept.number("pad")].count);
}

TEST(BoundKeeper, AStretchEndsAtSilence) {
  House house;
  MadeMusic gap;
  gap.loudness = [](double time) { return time > 20 && time < 30 ? -100.0 : -18.0; };
  house.add("gap", gap);
  const Kept kept(house);
  const auto end = [&](double seconds) {
    return kept.pool.fragments()[kept.keeper.stretch_end(kept.at("gap", seconds))].span.end();
  };
  EXPECT_NEAR(hops_to_seconds(end(0)).count(), 20, 2.1);
  EXPECT_NEAR(hops_to_seconds(end(40)).count(), 64, 0.1);
  EXPECT_NEAR(kept.keeper.seconds_of(kept.at("gap", 41), kept.at("gap", 45)).count(), 6, 0.05);
}

TEST(BoundKeeper, WithoutAnotherTrackNothingMayFollow) {
  House house;
  const Kept kept(house);
  EXPECT_EQ(kept.keeper.allowed({}, Seconds(0)).count, 6u) << "of eight phrases two begin too late";
  const Allowed allowed = kept.after_now();
  EXPECT_EQ(allowed.count, 0u);
  EXPECT_EQ(cuts(allowed), (Cuts{{"heard", 8}}));
}

TEST(BoundKeeper, TempiOutsideTheRangeDoNotPlay) {
  House house;
  for (const double bpm : {0, 60, 110, 120, 130, 131})
    house.add(std::to_string(static_cast<int>(bpm)), at_tempo(bpm));
  house.config.bounds.tempo = {110, 130};
  house.config.bounds.stretch = 0.5;
  const Kept kept(house);
  const Allowed allowed = kept.after_now();
  EXPECT_EQ(kept.names(allowed), (Names{"110", "120", "130"}));
  EXPECT_TRUE(cuts(allowed).contains("tempo"));
  EXPECT_EQ(kept.names(kept.keeper.allowed({}, Seconds(0))), (Names{"now", "110", "120", "130"}));
}

TEST(BoundKeeper, MoodsAreHalvesOfTheMusic) {
  House house;
  house.music.remove("now");
  house.add("now", with_energy(.2, .3));
  house.add("calm dark", with_energy(.3, -.3));
  house.add("wild bright", with_energy(.7, .3));
  house.add("wild dark", with_energy(.8, -.3));
  const auto playing = [&](const char* mood) {
    house.config.bounds.mood = MoodBound::parse(mood);
    const Kept kept(house);
    EXPECT_TRUE(cuts(kept.after_now()).contains("mood")) << mood;
    return kept.names(kept.keeper.allowed({}, Seconds(0)));
  };
  EXPECT_EQ(playing("calm"), (Names{"now", "calm dark"}));
  EXPECT_EQ(playing("energetic"), (Names{"wild bright", "wild dark"}));
  EXPECT_EQ(playing("bright"), (Names{"now", "wild bright"}));
  EXPECT_EQ(playing("energetic-dark"), (Names{"wild dark"}));
}

TEST(BoundKeeper, OnlyWhatSoundsAlikePlays) {
  House house;
  for (const double level : {-3.1, -3.2, -3.3, -5.0}) {
    MadeMusic music;
    music.log_mel = static_cast<float>(level);
    house.add(std::to_string(level).substr(0, 4), music);
  }
  house.config.bounds.like = test::track_id("-3.2");
  house.config.bounds.like_share = 0.6;  // three of five
  const Kept kept(house);
  EXPECT_EQ(kept.names(kept.keeper.allowed({}, Seconds(0))), (Names{"-3.1", "-3.2", "-3.3"}));
  EXPECT_EQ(cuts(kept.keeper.allowed({}, Seconds(0)))["like"], 16u);
  house.config.bounds.like_share = 0.01;
  EXPECT_EQ(Kept(house).names(Kept(house).keeper.allowed({}, Seconds(0))), (Names{"-3.2"}));
}

TEST(BoundKeeper, TracksThatAreNotThereAreRefused) {
  House house;
  const auto refused = [&](auto&& edit) {
    house.config.bounds = Bounds();
    edit(house.config.bounds);
    test::refusal([&] { Kept{house}; }, ErrorKind::usage);
  };
  refused([](Bounds& bounds) { bounds.like = test::track_id("nobody"); });
  refused([](Bounds& bounds) { bounds.end = test::track_id("nobody"); });
  refused([](Bounds& bounds) { bounds.include = {test::track_id("now"), test::track_id("nobody")}; });
}

TEST(BoundKeeper, WhatWasHeardIsNotHeardAgain) {
  House house;
  house.add("other", {});
  house.add("third", {});
  house.config.bounds.no_repeat = Seconds(0);
  house.config.bounds.least = Seconds(7.9);
  const Kept kept(house);
  // Of "other" 24 … 40 s were heard: before there is room for runs of 8 s, beginning up to 16 s.
  const std::vector history = {kept.run("other", 24, 40, 0), kept.run("third", 0, 24, 16)};
  const Allowed allowed = kept.keeper.allowed(history, Seconds(40));
  EXPECT_EQ(kept.names(allowed), (Names{"now", "other"}));
  EXPECT_EQ(cuts(allowed), (Cuts{{"heard", 2 + 8}}));
  std::set<double> entries;
  for (std::size_t i = 0; i < allowed.entries.size(); ++i) {
    const PoolFragment& fragment = kept.pool.fragments()[kept.keeper.entries()[i]];
    if (allowed.entries[i] != 0 && kept.name(fragment.track) == "other")
      entries.insert(std::round(hops_to_seconds(fragment.span.start).count()));
  }
  EXPECT_EQ(entries, (std::set<double>{0, 8, 16, 40, 48, 56}));
}

TEST(BoundKeeper, WhatIsTooShortDoesNotPlay) {
  House house;
  house.add("long", {}, 33);
  house.add("short", {}, 17);
  const Kept kept(house);
  const Allowed allowed = kept.after_now();
  EXPECT_EQ(kept.names(allowed), (Names{"long"}));
  EXPECT_EQ(allowed.count, 2u) << "at 0 and 8 s of 33";
  EXPECT_TRUE(cuts(allowed).contains("length"));
  // At the end of the mix less will do.
  const std::vector history = {kept.run("now", 0, 24, 561)};
  EXPECT_EQ(kept.names(kept.keeper.allowed(history, Seconds(585))), (Names{"long", "short"}));
}

// Entered later, they would be over before the next has come in.
TEST(BoundKeeper, WhatIsBlendedSoundsOn) {
  House house;
  house.add("long", {}, 64);
  house.add("short", {}, 25);
  house.config.blends = true;
  const Kept kept(house);
  const Allowed allowed = kept.after_now();
  double latest = 0;
  for (std::size_t i = 0; i < allowed.entries.size(); ++i) {
    const PoolFragment& fragment = kept.pool.fragments()[kept.keeper.entries()[i]];
    if (allowed.entries[i] != 0 && kept.name(fragment.track) == "long")
      latest = std::max(latest, hops_to_seconds(fragment.span.start).count());
  }
  EXPECT_NEAR(latest, 24, .1) << "20 s to play and 12 s to sound on, which at 32 s are not left";
  EXPECT_EQ(kept.names(allowed), (Names{"long", "short"})) << "from its beginning, as best it can";
}

TEST(BoundKeeper, NoTrackComesAgainWhileOthersAreLeft) {
  House house;
  house.add("other", {});
  house.add("third", {});
  const Kept kept(house);
  const std::vector history = {kept.run("other", 0, 24, 0), kept.run("now", 0, 24, 24)};
  const Allowed allowed = kept.keeper.allowed(history, Seconds(48));
  EXPECT_EQ(kept.names(allowed), (Names{"third"}));
  EXPECT_TRUE(cuts(allowed).contains("repeat"));
  EXPECT_TRUE(relaxed(allowed).empty());
  // Nothing else is left.
  const std::vector longer = {history[0], history[1], kept.run("third", 0, 24, 48)};
  const Allowed again = kept.keeper.allowed(longer, Seconds(72));
  EXPECT_EQ(kept.names(again), (Names{"now", "other"}));
  EXPECT_TRUE(again.relaxed[static_cast<std::size_t>(Bound::repeat)]);
}

TEST(BoundKeeper, ATimeWithoutRepeatsIsKept) {
  House house;
  house.add("other", {});
  house.config.bounds.no_repeat = Seconds(60);
  const Kept kept(house);
  const std::vector history = {kept.run("other", 0, 24, 0), kept.run("now", 0, 24, 24)};
  EXPECT_EQ(kept.keeper.allowed(history, Seconds(83.9)).count, 0u);
  EXPECT_EQ(kept.names(kept.keeper.allowed(history, Seconds(84))), (Names{"other"}));
}

TEST(BoundKeeper, ArtistsStayApart) {
  House house;
  house.add("a1", by("A"));
  house.add("a2", by("A"));
  house.add("b", by("B"));
  house.add("nobody", {});  // as "now"
  house.config.bounds.artist_apart = Seconds(60);
  const Kept kept(house);
  const std::vector history = {kept.run("a1", 0, 24, 0), kept.run("now", 0, 24, 24)};
  const Allowed allowed = kept.keeper.allowed(history, Seconds(48));
  EXPECT_EQ(kept.names(allowed), (Names{"b", "nobody"}));
  EXPECT_EQ(cuts(allowed)["artist"], 6u);
  EXPECT_EQ(kept.names(kept.keeper.allowed(history, Seconds(84))), (Names{"a2", "b", "nobody"}));
}

TEST(BoundKeeper, TempiFitWithinTheStretchAndAtHalfOrDouble) {
  House house;
  for (const double bpm : {0, 30, 58, 60, 63, 64, 112, 114, 127, 128, 180, 228, 240, 254, 256})
    house.add(std::to_string(static_cast<int>(bpm)), at_tempo(bpm));
  house.add("waltz", at_tempo(120, 3));
  const Kept kept(house);
  const std::size_t now = kept.number("now");
  const auto fits = [&](const std::string& name) {
    EXPECT_EQ(kept.keeper.fit_together(now, kept.number(name)),
              kept.keeper.fit_together(kept.number(name), now));
    return kept.keeper.fit_together(now, kept.number(name));
  };
  for (const char* name : {"58", "60", "63", "114", "127", "228", "240", "254"})
    EXPECT_TRUE(fits(name)) << name;
  for (const char* name : {"0", "30", "64", "112", "128", "180", "256", "waltz"})
    EXPECT_FALSE(fits(name)) << name;
  EXPECT_NEAR(kept.keeper.tempo_change(now, kept.number("127")), 127 / 120.0 - 1, 1e-9);
  EXPECT_NEAR(kept.keeper.tempo_change(kept.number("127"), now), 127 / 120.0 - 1, 1e-9);
  EXPECT_NEAR(kept.keeper.tempo_change(now, kept.number("63")), 126 / 120.0 - 1, 1e-9);
  EXPECT_EQ(kept.keeper.tempo_change(now, kept.number("0")), 0);
  const Allowed allowed = kept.after_now();
  EXPECT_EQ(kept.names(allowed), (Names{"58", "60", "63", "114", "127", "228", "240", "254"}));
  EXPECT_TRUE(cuts(allowed).contains("stretch"));
}

TEST(BoundKeeper, AStretchThatIsSetLeavesTheMetreFree) {
  House house;
  house.add("waltz", at_tempo(120, 3));
  house.add("fast", at_tempo(170));
  house.config.bounds.stretch = .2;
  house.config.bounds.stretch_is_set = true;
  const Kept kept(house);
  const Allowed allowed = kept.after_now();
  EXPECT_EQ(kept.names(allowed), (Names{"waltz"})) << "nothing else is left";
  EXPECT_EQ(relaxed(allowed), (Names{"metre"}));
}

TEST(BoundKeeper, KeysFollowTheRule) {
  House house;
  house.music.remove("now");
  house.add("now", in_key(kAMinor));
  house.add("A minor", in_key(kAMinor));
  house.add("C major", in_key(kCMajor));  // relative
  house.add("E minor", in_key(kEMinor));  // a fifth away
  house.add("G major", in_key(kGMajor));  // both
  house.add("F# major", in_key(kFSharpMajor));
  house.add("perhaps F# major", in_key(kFSharpMajor, .4));
  house.add("none", {});
  const auto following = [&](KeyRule rule) {
    house.config.bounds.key = rule;
    const Kept kept(house);
    EXPECT_EQ(cuts(kept.after_now()).contains("key"), rule != KeyRule::off);
    return kept.names(kept.after_now());
  };
  const Names all = {"A minor", "C major", "E minor", "G major", "F# major", "perhaps F# major", "none"};
  EXPECT_EQ(following(KeyRule::off), all);
  EXPECT_EQ(following(KeyRule::near),
            (Names{"A minor", "C major", "E minor", "perhaps F# major", "none"}));
  EXPECT_EQ(following(KeyRule::same), (Names{"A minor", "C major", "perhaps F# major", "none"}));
}

TEST(BoundKeeper, EnergyStaysNearItsCurve) {
  House house;
  for (int i = 0; i <= 10; ++i) house.add(std::to_string(i), with_energy(i * .1));
  house.config.bounds.energy = EnergyCurve::parse("rise", house.config.length);
  const Kept kept(house);
  const auto following = [&](double now) {
    const std::vector history = {kept.run("now", 0, 24, now - 24)};
    const Allowed allowed = kept.keeper.allowed(history, Seconds(now));
    EXPECT_TRUE(cuts(allowed).contains("energy"));
    EXPECT_TRUE(relaxed(allowed).empty());
    return kept.names(allowed);
  };
  const Names early = following(24), late = following(540);
  EXPECT_TRUE(early.contains("0") && early.contains("2") && !early.contains("5")) << early.size();
  EXPECT_TRUE(late.contains("10") && late.contains("7") && !late.contains("5")) << late.size();
}

TEST(BoundKeeper, WhereAllIsAsEnergeticAFlatCurveCutsNothing) {
  House house;
  for (int i = 0; i < 5; ++i) house.add(std::to_string(i), with_energy(.4));
  house.music.remove("now");
  house.add("now", with_energy(.4));
  house.config.bounds.energy = EnergyCurve::parse("flat", house.config.length);
  const Kept kept(house);
  EXPECT_FALSE(cuts(kept.after_now()).contains("energy"));
}

TEST(BoundKeeper, WhatIsNotSetGivesWayInOrder) {
  const auto relaxed_for = [](const std::vector<MadeMusic>& others) {
    House house;
    house.music.remove("now");
    MadeMusic now = in_key(kAMinor);
    now.energy = [](double) { return .1; };
    house.add("now", now);
    house.config.bounds.energy.points = {{0, 0.0}};
    for (std::size_t i = 0; i < others.size(); ++i) house.add(std::to_string(i), others[i]);
    const Kept kept(house);
    const Allowed allowed = kept.after_now();
    EXPECT_GT(allowed.count, 0u);
    cuts(allowed);
    return std::pair(relaxed(allowed), kept.names(allowed));
  };
  const auto made = [](double bpm, const Key& key, double energy) {
    MadeMusic music = in_key(key);
    music.bpm = bpm;
    music.energy = [energy](double) { return energy; };
    return music;
  };
  const MadeMusic fits = made(120, kAMinor, .1), key = made(120, kFSharpMajor, .1),
                  energy = made(120, kFSharpMajor, .9), tempo = made(150, kAMinor, .1),
                  tempo_key = made(150, kFSharpMajor, .1), all = made(150, kFSharpMajor, .9);
  EXPECT_EQ(relaxed_for({fits, key, energy, tempo, tempo_key, all}), std::pair(Names{}, Names{"0"}));
  EXPECT_EQ(relaxed_for({all, tempo_key, tempo, energy, key}),
            std::pair(Names{"metre", "stretch"}, Names{"2"}));
  EXPECT_EQ(relaxed_for({all, tempo_key, energy, key}), std::pair(Names{"key"}, Names{"3"}));
  EXPECT_EQ(relaxed_for({all, tempo_key, energy}), std::pair(Names{"key", "energy"}, Names{"2"}));
  EXPECT_EQ(relaxed_for({all, tempo_key}), std::pair(Names{"metre", "stretch", "key"}, Names{"1"}));
  EXPECT_EQ(relaxed_for({all}), std::pair(Names{"metre", "stretch", "key", "energy"}, Names{"0"}));
}

// Asked for by a chooser to whom what keys leave is not enough: nothing else gives way for that but
// tempi.
TEST(BoundKeeper, KeysGiveWayAlone) {
  const auto without_keys = [](double energy, bool is_set) {
    House house;
    house.music.remove("now");
    MadeMusic music = in_key(kAMinor);
    music.energy = [](double) { return .1; };
    house.add("now", music);
    house.config.bounds.energy.points = {{0, 0.0}};
    house.config.bounds.key_is_set = is_set;
    music.key = kFSharpMajor;
    music.energy = [energy](double) { return energy; };
    house.add("other", music);
    const Kept kept(house);
    return kept.keeper.allowed(std::vector{kept.run("now", 0, 24, 0)}, Seconds(24), {}, true);
  };
  const Allowed allowed = without_keys(.1, false);
  EXPECT_GT(allowed.count, 0u);
  EXPECT_EQ(relaxed(allowed), Names{"key"});
  EXPECT_EQ(without_keys(.9, false).count, 0u) << "energy stays a bound";
  EXPECT_EQ(without_keys(.1, true).count, 0u) << "somebody asked for keys";
}

// One track that fits is no choice; keys stay a bound all the same.
TEST(BoundKeeper, TempiGiveWayWhereTheyLeaveLittleToChoose) {
  const auto left_of = [](std::size_t fitting) {
    House house;
    house.config.bounds.fewest = 2;
    house.music.remove("now");
    MadeMusic music = in_key(kAMinor);
    house.add("now", music);
    for (std::size_t i = 0; i < fitting; ++i) house.add("fits " + std::to_string(i), music);
    music.bpm = 150;
    house.add("faster", music);
    music.key = kFSharpMajor;
    house.add("faster, another key", music);
    const Kept kept(house);
    const Allowed allowed = kept.after_now();
    return std::pair(relaxed(allowed), kept.names(allowed));
  };
  EXPECT_EQ(left_of(2), std::pair(Names{}, Names{"fits 0", "fits 1"}));
  EXPECT_EQ(left_of(1), std::pair(Names{"metre", "stretch"}, Names{"fits 0", "faster"}));
}

TEST(BoundKeeper, WhatIsSetNeverGivesWay) {
  const auto left = [](const MadeMusic& other, auto&& set) {
    House house;
    house.music.remove("now");
    house.add("now", in_key(kAMinor));
    house.add("other", other);
    const std::size_t before = Kept(house).after_now().count;
    EXPECT_GT(before, 0u);
    set(house.config.bounds);
    const Allowed allowed = Kept(house).after_now();
    cuts(allowed);
    return allowed.count;
  };
  const MadeMusic other_key = in_key(kFSharpMajor);
  EXPECT_EQ(left(other_key, [](Bounds& bounds) { bounds.key_is_set = true; }), 0u);
  EXPECT_EQ(left(at_tempo(150), [](Bounds& bounds) { bounds.stretch_is_set = true; }), 0u);
  EXPECT_GT(left(at_tempo(120, 3), [](Bounds& bounds) { bounds.stretch_is_set = true; }), 0u)
      << "nobody sets the metre";
  EXPECT_EQ(left(at_tempo(150), [](Bounds& bounds) { bounds.tempo = {100, 140}; }), 0u);
  EXPECT_EQ(left(with_energy(.9), [](Bounds& bounds) { bounds.mood = MoodBound::parse("calm"); }), 0u);
  EXPECT_EQ(left({},
                 [](Bounds& bounds) {
                   bounds.least = Seconds(70);
                   bounds.seconds_are_set = true;
                 }),
            0u);
}

TEST(BoundKeeper, EligibleTracksAreThoseThatAreWanted) {
  House house;
  house.add("a", {});
  house.add("b", {});
  const Kept kept(house);
  const std::vector history = {kept.run("now", 0, 24, 0)};
  const auto only_b = [&](std::size_t track) { return track == kept.number("b"); };
  const Allowed allowed = kept.keeper.allowed(history, Seconds(24), only_b);
  EXPECT_EQ(kept.names(allowed), (Names{"b"}));
  EXPECT_EQ(cuts(allowed)["include"], 16u);
}

TEST(BoundKeeper, GroupsFitTogetherStepByStep) {
  House house;  // "now" has 120
  for (const double bpm : {0, 64, 126, 133, 150, 156})
    house.add(std::to_string(static_cast<int>(bpm)), at_tempo(bpm));
  house.add("waltz", at_tempo(120, 3));
  const auto groups = [&] {
    const Kept kept(house);
    std::vector<Names> named;
    for (const auto& group : kept.keeper.groups()) {
      named.emplace_back();
      for (const std::size_t track : group) named.back().insert(kept.name(track));
    }
    EXPECT_TRUE(std::is_sorted(named.begin(), named.end(),
                               [](auto& a, auto& b) { return a.size() > b.size(); }));
    return std::set<Names>(named.begin(), named.end());
  };
  EXPECT_EQ(groups(), (std::set<Names>{{"now", "64", "126", "133"}, {"150", "156"}, {"0"}, {"waltz"}}));
  house.config.bounds.tempo = {119, 135};
  EXPECT_EQ(groups(), (std::set<Names>{{"now", "126", "133"}, {"waltz"}}));
}

TEST(BoundKeeper, WhatDoesNotPlayJoinsNoGroups) {
  House house;
  house.music.remove("now");
  house.add("now", with_energy(.1));
  MadeMusic bridge = with_energy(.9), far = with_energy(.2);
  bridge.bpm = 126;
  far.bpm = 133;
  house.add("bridge", bridge);
  house.add("far", far);
  house.config.bounds.mood = MoodBound::parse("calm");
  EXPECT_EQ(Kept(house).keeper.groups().size(), 2u);
}

TEST(BoundKeeper, TracksWithoutBeatsFollowEachOther) {
  House house;
  house.music.remove("now");
  house.add("now", at_tempo(0));
  house.add("pad", at_tempo(0));
  house.add("beat", at_tempo(120));
  const Kept kept(house);
  const Allowed allowed = kept.after_now();
  EXPECT_EQ(kept.names(allowed), (Names{"pad"}));
  EXPECT_TRUE(relaxed(allowed).empty());
}

}  // namespace
}  // namespace segue
