// Mixes in the style `mix`, planned from made-up music by made-up networks.
#include "planning/run_chooser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/random.hpp"
#include "features/cutting.hpp"
#include "planning/planner.hpp"
#include "support/level_critic.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

using test::hashed_opinion;
using test::MadeMusic;
using test::MixLibrary;
using test::NamedFragment;
using test::OpinionatedModel;

MixConfig config_of(double seconds, const char* fragment = "bars") {
  MixConfig config;
  config.style = Style::mix;
  config.length = Seconds(seconds);
  config.bounds.least = Seconds(20);
  config.bounds.most = Seconds(90);
  config.segmentation = Segmentation::parse(fragment, 11);
  config.blends = false;  // these tracks have no sound
  config.beam = 4;
  return config;
}

MadeMusic at_tempo(double bpm, int beats_per_bar = 4) {
  MadeMusic music;
  music.bpm = bpm;
  music.beats_per_bar = beats_per_bar;
  return music;
}

OpinionatedModel random_model(std::size_t numbers = 0) {
  OpinionatedModel model(hashed_opinion(1000003));
  model.embedding_size = numbers;
  if (numbers > 0) model.embedding = test::hashed_embedding(numbers);
  return model;
}

Plan plan_of(const MixConfig& config, MixLibrary& library, const SuccessorModel& model) {
  return plan_mix(config, library.library(), library.tracks(), model);
}

double seconds_of(const Plan& plan, std::size_t i) {
  const Placement& placement = plan.placements[i];
  return static_cast<double>(placement.length) / plan.sources[placement.source].sample_rate;
}

double start_of(const Plan& plan, std::size_t i) {
  const Placement& placement = plan.placements[i];
  return static_cast<double>(placement.start) / plan.sources[placement.source].sample_rate;
}

const std::string& title_of(const Plan& plan, std::size_t i) {
  return plan.sources[plan.placements[i].source].title;
}

std::set<std::string> titles_of(const Plan& plan) {
  std::set<std::string> titles;
  for (std::size_t i = 0; i < plan.placements.size(); ++i) titles.insert(title_of(plan, i));
  return titles;
}

// Where a track may be entered.
std::vector<double> entries_of(const MixConfig& config, MixLibrary& library, const TrackId& id) {
  const auto track = std::find_if(library.tracks().begin(), library.tracks().end(),
                                  [&](auto& each) { return each.record.id == id; });
  const auto features = library.library().features(*track);
  const bool phrases = config.segmentation.by_beats() && !features->music().beats.empty();
  std::vector<double> entries;
  for (const FragmentSpan& span :
       cut(*features, phrases ? Segmentation::parse("phrases") : config.segmentation))
    entries.push_back(hops_to_seconds(span.start).count());
  return entries;
}

bool relaxes(const Placement& placement, const char* bound) {
  const auto& relaxed = placement.bounds->relaxed;
  return std::find(relaxed.begin(), relaxed.end(), bound) != relaxed.end();
}

// What holds for every mix, as the headers promise it. least: what tracks play at least here.
void expect_mix(const Plan& plan, const MixConfig& config, MixLibrary& library, double least) {
  plan.validate();
  EXPECT_EQ(plan.style, "mix");
  EXPECT_EQ(plan.length, std::llround(config.length.count() * config.sample_rate));
  EXPECT_GE(plan.choosing.groups, 1u);
  std::map<std::size_t, std::vector<std::pair<PcmFrame, PcmFrame>>> heard;
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    const Placement& placement = plan.placements[i];
    SCOPED_TRACE("placement " + std::to_string(i));
    heard[placement.source].emplace_back(placement.start, placement.start + placement.length);
    EXPECT_TRUE(std::isfinite(placement.gain_db) && std::isfinite(placement.score));
    ASSERT_EQ(placement.bounds.has_value(), i > 0);
    const bool is_last = i + 1 == plan.placements.size();
    const PlanSource& source = plan.sources[placement.source];
    const double left =
        static_cast<double>(source.pcm_frames - placement.start - placement.length) / source.sample_rate;
    const bool track_is_over = left < 0.6;
    if (!is_last) {
      EXPECT_LE(seconds_of(plan, i), config.bounds.most.count() + 0.001);
      const bool any_length = i > 0 && relaxes(placement, "length");
      EXPECT_TRUE(seconds_of(plan, i) >= least - 0.001 || track_is_over || any_length)
          << seconds_of(plan, i);
    }
    if (i == 0) continue;
    EXPECT_NE(placement.source, plan.placements[i - 1].source);
    EXPECT_GT(placement.bounds->left, 0u);
    const auto entries = entries_of(config, library, source.track);
    EXPECT_TRUE(std::any_of(entries.begin(), entries.end(), [&](double entry) {
      return std::abs(entry - start_of(plan, i)) < 0.06;
    })) << start_of(plan, i);
  }
  for (auto& [source, spans] : heard) {
    std::sort(spans.begin(), spans.end());
    for (std::size_t i = 1; i < spans.size(); ++i)
      EXPECT_GE(spans[i].first, spans[i - 1].second) << "nothing is heard twice";
  }
}

TEST(RunChooser, EveryRuleHoldsOnRandomLibraries) {
  Random random(7);
  int planned = 0;
  for (int round = 0; round < 60; ++round) {
    MixLibrary library;
    const auto tracks = 1 + random.below(9);
    double total = 0;
    for (std::size_t t = 0; t < tracks; ++t) {
      MadeMusic music =
          at_tempo(random.below(5) == 0 ? 0 : random.uniform(70, 180), random.below(4) == 0 ? 3 : 4);
      music.first_beat = random.uniform(0, 5);
      music.sections = {0, random.uniform(5, 20), random.uniform(20, 40)};
      const double level = random.uniform();
      music.energy = [level](double time) { return std::fmod(level + time / 100, 1.0); };
      if (random.below(2) == 0)
        music.key = Key{static_cast<int>(random.below(12)), random.below(2) == 0};
      const int rates[] = {44100, 48000, 22050, 96000, 11025};
      music.sample_rate = rates[random.below(5)];
      const double silence = random.below(4) == 0 ? random.uniform(20, 60) : 1e9;
      music.loudness = [silence](double time) {
        return time > silence && time < silence + 8 ? -100.0 : -18.0;
      };
      const double seconds = random.uniform(50, 200);
      library.add_music("track " + std::to_string(t), seconds, music);
      total += seconds;
    }
    const char* cuts[] = {"bars", "beats", "beats:4", "bars:2", "phrases", "3", "1-5", "onsets:3"};
    MixConfig config = config_of(random.uniform(1, std::max(45.0, total / 2)), cuts[random.below(8)]);
    config.seed = random.next();
    config.beam = 1 + random.below(5);
    config.exits = 1 + random.below(8);
    config.crossfade = Seconds(random.uniform(0, 2));
    if (random.below(3) == 0) config.candidates = random.below(20);
    if (random.below(3) == 0) config.bounds.energy = EnergyCurve::parse("wave", config.length);
    if (random.below(3) == 0) config.bounds.key = KeyRule::same;
    std::size_t asked = 0;
    if (random.below(3) == 0) config.critics = test::level_critics(asked);
    const OpinionatedModel model = random_model(random.below(2) * 5);
    SCOPED_TRACE("round " + std::to_string(round) + ", " + config.segmentation.text());
    try {
      expect_mix(plan_of(config, library, model), config, library, 20);
      ++planned;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::infeasible) << error.what();
      // One track whose sound has gaps, or that must not go on, cannot always fill a mix.
      EXPECT_LE(tracks, 4u) << error.what() << " " << tracks << " tracks of " << total << " s for "
                            << config.length.count() << " s, beam " << config.beam << ", exits "
                            << config.exits;
    }
  }
  EXPECT_GE(planned, 50);
}

class RunChooserHears : public testing::TestWithParam<std::size_t> {};  // numbers of an embedding

TEST_P(RunChooserHears, TheExitAndEntryThatTheNetworkLikesAreTaken) {
  MixLibrary library;
  for (const char* name : {"a", "b", "c", "d"}) library.add_music(name, 120, {});
  // From the bar of "a" at 42 s to the phrase of "c" at 16 s.
  const auto is = [](const NamedFragment& fragment, const char* track, double seconds) {
    return fragment.track == test::track_id(track) &&
           std::abs(fragment.start - to_hops(Seconds(seconds))) <= 1;
  };
  OpinionatedModel model([&](const auto& last, const auto& candidate) {
    return is(last, "a", 42) && is(candidate, "c", 16) ? 9.0f
           : last.track == candidate.track             ? 3.0f
                                                       : 0.0f;
  });
  model.embedding_size = GetParam();
  model.embedding = [&](const NamedFragment& fragment, bool exit) {
    const bool liked = exit ? is(fragment, "a", 42) : is(fragment, "c", 16);
    return std::vector<float>{liked ? 1.0f : 0.0f, exit && !liked ? 0.5f : 0.0f};
  };
  MixConfig config = config_of(150);
  config.start = StartPoint{test::track_id("a"), Seconds(0)};
  if (GetParam() == 0) config.exits = 64;
  const Plan plan = plan_of(config, library, model);
  expect_mix(plan, config, library, 20);
  ASSERT_GE(plan.placements.size(), 2u);
  EXPECT_NEAR(seconds_of(plan, 0), 44, 0.03);
  EXPECT_EQ(title_of(plan, 1), "c");
  EXPECT_NEAR(start_of(plan, 1), 16, 0.03);
  EXPECT_NEAR(plan.placements[1].score, 9, 1e-5);
}

TEST_P(RunChooserHears, WhereTheTrackItselfGoesOnBestItPlaysOn) {
  MixLibrary library;
  for (const char* name : {"a", "b", "c", "d"}) library.add_music(name, 120, {});
  for (const double until : {30.0, 50.0, 70.0}) {
    // A track follows itself best until a moment of its own.
    OpinionatedModel model([&](const auto& last, const auto& candidate) {
      if (last.track != candidate.track) return 0.0f;
      return hops_to_seconds(last.start).count() + 1 < until ? 5.0f : -5.0f;
    });
    model.embedding_size = GetParam();
    model.embedding = [&](const NamedFragment& fragment, bool exit) {
      const double at = hops_to_seconds(fragment.start).count();
      const bool goes_on = exit ? at + 1 < until : at > 0.5 && at - 1 < until;
      return std::vector<float>{goes_on && std::fmod(at, 8) > 0.5 ? 1.0f : 0.0f, 0.0f};
    };
    MixConfig config = config_of(100);
    config.start = StartPoint{test::track_id("a"), Seconds(0)};
    config.exits = 64;
    const Plan plan = plan_of(config, library, model);
    expect_mix(plan, config, library, 20);
    ASSERT_GE(plan.placements.size(), 2u);
    EXPECT_GE(seconds_of(plan, 0), until - 0.1) << until;
  }
}

TEST_P(RunChooserHears, TheOrderOfTracksAndNoiseInTheLastDigitsChangeNothing) {
  MixLibrary library;
  for (int t = 0; t < 8; ++t) library.add_music(std::to_string(t), 100, at_tempo(118 + t % 3));
  const auto opinion = hashed_opinion(10);  // most decisions are ties
  MixConfig config = config_of(300);
  std::vector<LibraryTrack> tracks = library.tracks();
  Random random(3);
  const auto planned = [&](double noise) {
    OpinionatedModel model([&](const auto& last, const auto& candidate) {
      return opinion(last, candidate) + static_cast<float>(random.uniform(-noise, noise));
    });
    model.embedding_size = GetParam();
    if (GetParam() > 0) model.embedding = test::hashed_embedding(GetParam());
    return nlohmann::json(plan_mix(config, library.library(), tracks, model));
  };
  const nlohmann::json plan = planned(0);
  for (int round = 0; round < 5; ++round) {
    random.shuffle(std::span(tracks));
    EXPECT_EQ(planned(2e-7), plan);
  }
  config.seed = 2;
  EXPECT_NE(planned(0), plan);
}

TEST_P(RunChooserHears, SeveralThreadsPlanTheSame) {
  std::vector<nlohmann::json> plans(3);
  {
    std::vector<std::jthread> threads;
    threads.reserve(plans.size());
    for (nlohmann::json& plan : plans) {
      threads.emplace_back([&plan] {
        MixLibrary library;
        for (int t = 0; t < 6; ++t) library.add_music(std::to_string(t), 100, {});
        OpinionatedModel model(hashed_opinion(10));
        model.embedding_size = GetParam();
        if (GetParam() > 0) model.embedding = test::hashed_embedding(GetParam());
        plan = plan_of(config_of(200), library, model);
        for (auto& source : plan["sources"]) source.erase("path");
      });
    }
  }
  EXPECT_EQ(plans[0], plans[1]);
  EXPECT_EQ(plans[0], plans[2]);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutEmbeddings, RunChooserHears, testing::Values(0, 2));

TEST(RunChooser, WhereMusicMeetsPlansTellWhy) {
  MixLibrary library;
  for (int t = 0; t < 12; ++t) {
    MadeMusic music = at_tempo(120 + t);
    music.key = Key{9, true};
    library.add_music(std::to_string(t), 100, music);
  }
  MixConfig config = config_of(300);
  config.exits = 64;
  config.candidates = 0;
  const auto opinion = hashed_opinion(1000003);
  const Plan plan = plan_of(config, library, OpinionatedModel(opinion));
  EXPECT_EQ(plan.choosing.beam, 4u);
  EXPECT_EQ(plan.choosing.groups, 1u);
  for (const PlanSource& source : plan.sources) {
    EXPECT_EQ(source.key, "A minor");
    EXPECT_EQ(source.tempo_bpm, 120 + std::stod(source.title));
  }
  std::size_t phrases = 0;
  for (const LibraryTrack& track : library.tracks())
    phrases += entries_of(config, library, track.record.id).size();
  EXPECT_EQ(plan.placements[0].why, "start");
  for (std::size_t i = 1; i < plan.placements.size(); ++i) {
    const Placement& placement = plan.placements[i];
    EXPECT_NE(placement.why.find("heard"), std::string::npos) << placement.why;
    EXPECT_EQ(placement.why.find("nan"), std::string::npos);
    EXPECT_EQ(placement.runners_up.size(), 5u);
    std::size_t all = placement.bounds->left;
    for (const auto& [name, count] : placement.bounds->cut) all += count;
    EXPECT_EQ(all, phrases);
    EXPECT_TRUE(placement.bounds->relaxed.empty());
  }
}

TEST(RunChooser, BeginsWhereItIsTold) {
  MixLibrary library;
  for (const char* name : {"a", "b", "c", "d"}) library.add_music(name, 120, {});
  MixConfig config = config_of(150);
  config.start = StartPoint{test::track_id("b"), Seconds(33)};
  const Plan plan = plan_of(config, library, random_model());
  expect_mix(plan, config, library, 20);
  EXPECT_EQ(title_of(plan, 0), "b");
  EXPECT_NEAR(start_of(plan, 0), 32, 0.03);
}

TEST(RunChooser, EndsWithTheTrackThatItShall) {
  MixLibrary library;
  for (int t = 0; t < 8; ++t) library.add_music(std::to_string(t), 120, {});
  for (const std::size_t beam : {1, 4}) {
    for (const double length : {15.0, 60.0, 100.0, 300.0}) {
      for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        MixConfig config = config_of(length);
        config.beam = beam;
        config.seed = seed;
        config.bounds.end = test::track_id("5");
        const Plan plan = plan_of(config, library, random_model(seed % 2 * 3));
        expect_mix(plan, config, library, 20);
        EXPECT_EQ(title_of(plan, plan.placements.size() - 1), "5");
        for (std::size_t i = 0; i + 1 < plan.placements.size(); ++i)
          EXPECT_NE(title_of(plan, i), "5") << seed;
      }
    }
  }
}

TEST(RunChooser, EndsWithAShortTrackToo) {
  MixLibrary library;
  for (int t = 0; t < 8; ++t) library.add_music(std::to_string(t), t == 5 ? 45 : 120, {});
  for (const std::size_t beam : {1, 4}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      MixConfig config = config_of(300);
      config.beam = beam;
      config.seed = seed;
      config.bounds.end = test::track_id("5");
      const Plan plan = plan_of(config, library, random_model());
      EXPECT_EQ(title_of(plan, plan.placements.size() - 1), "5");
    }
  }
}

TEST(RunChooser, WhatMustBeHeardIsHeard) {
  MixLibrary library;
  for (int t = 0; t < 12; ++t) library.add_music(std::to_string(t), 120, {});
  for (const std::size_t beam : {1, 4}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      MixConfig config = config_of(360);
      config.beam = beam;
      config.seed = seed;
      config.bounds.include = {test::track_id("3"), test::track_id("7")};
      config.bounds.end = test::track_id("1");
      const Plan plan = plan_of(config, library, random_model());
      expect_mix(plan, config, library, 20);
      EXPECT_TRUE(titles_of(plan).contains("3") && titles_of(plan).contains("7")) << seed;
      EXPECT_EQ(title_of(plan, plan.placements.size() - 1), "1");
    }
  }
}

TEST(RunChooser, SetBoundsHoldAtTheSeamItself) {
  MixLibrary library;
  for (int t = 0; t < 8; ++t) {
    MadeMusic music;
    music.artist = t % 2 == 0 ? "even" : "odd";
    library.add_music(std::to_string(t), 200, music);
  }
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    MixConfig config = config_of(500);
    config.seed = seed;
    config.bounds.no_repeat = Seconds(100);
    config.bounds.artist_apart = Seconds(30);
    const Plan plan = plan_of(config, library, random_model());
    std::map<std::string, double> over;  // of tracks and artists, when they ended last
    double now = 0;
    for (std::size_t i = 0; i < plan.placements.size(); ++i) {
      const std::string& title = title_of(plan, i);
      const std::string& artist = plan.sources[plan.placements[i].source].artist;
      EXPECT_TRUE(!over.contains(title) || now - over[title] >= 100 - 0.05)
          << "seed " << seed << ", placement " << i;
      EXPECT_TRUE(!over.contains(artist) || now - over[artist] >= 30 - 0.05)
          << "seed " << seed << ", placement " << i;
      now += seconds_of(plan, i);
      over[title] = over[artist] = now;
    }
  }
}

// After C the network likes F best, from which no key is left to go on to; by G and Em there is.
TEST(RunChooser, KeysDoNotRunIntoADeadEnd) {
  MixLibrary library;
  MadeMusic music;
  const std::map<std::string, Key> keys = {
      {"c", {0, false}}, {"e", {4, true}}, {"f", {5, false}}, {"g", {7, false}}};
  for (const auto& [name, key] : keys) {
    music.key = key;
    library.add_music(name, 200, music);
  }
  OpinionatedModel model([](const NamedFragment& last, const NamedFragment& next) {
    return last.track == test::track_id("c") && next.track == test::track_id("f") ? 5.0f : 0.0f;
  });
  MixConfig config = config_of(180);
  config.start = StartPoint{test::track_id("c"), Seconds(0)};
  config.bounds.least = Seconds(60);
  config.bounds.most = Seconds(70);
  const Plan plan = plan_of(config, library, model);
  ASSERT_GE(plan.placements.size(), 3u);
  EXPECT_EQ(title_of(plan, 1), "g");
  EXPECT_EQ(title_of(plan, 2), "e");
}

// The network would have G follow C only where it must; nobody minds F sharp but the keys.
TEST(RunChooser, KeysGiveWayWhereAllThatTheyLeaveWouldBeHeard) {
  MixLibrary library;
  MadeMusic music;
  for (const auto& [name, key] :
       std::map<std::string, Key>{{"c", {0, false}}, {"f#", {6, false}}, {"g", {7, false}}}) {
    music.key = key;
    library.add_music(name, 200, music);
  }
  for (const float opinion : {-10.0f, -100.0f}) {
    const OpinionatedModel model([&](const NamedFragment& last, const NamedFragment& next) {
      return last.track != next.track && next.track == test::track_id("g") ? opinion : 0.0f;
    });
    MixConfig config = config_of(120);
    config.start = StartPoint{test::track_id("c"), Seconds(0)};
    config.bounds.least = Seconds(60);
    config.bounds.most = Seconds(70);
    EXPECT_EQ(title_of(plan_of(config, library, model), 1), opinion < -50 ? "f#" : "g") << opinion;
    config.bounds.key_is_set = true;
    EXPECT_EQ(title_of(plan_of(config, library, model), 1), "g") << "somebody asked for it";
  }
}

// No bound, as nobody knows for sure, but what fits by all that is known comes first.
TEST(RunChooser, KeysThatHardlyFitComeLast) {
  for (const double confidence : {0.0, 0.3}) {
    MixLibrary library;
    MadeMusic music;
    music.key_confidence = confidence;
    for (const auto& [name, key] :
         std::map<std::string, Key>{{"c", {0, false}}, {"f#", {6, false}}, {"g", {7, false}}}) {
      music.key = key;
      library.add_music(name, 200, music);
    }
    const OpinionatedModel model([](const NamedFragment&, const NamedFragment& next) {
      return next.track == test::track_id("f#") ? 5.0f : 0.0f;
    });
    MixConfig config = config_of(120);
    config.start = StartPoint{test::track_id("c"), Seconds(0)};
    config.bounds.least = Seconds(60);
    config.bounds.most = Seconds(70);
    EXPECT_EQ(title_of(plan_of(config, library, model), 1), confidence > 0 ? "g" : "f#");
  }
}

TEST(RunChooser, SaysWhichBoundsLeftNothing) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add_music(std::to_string(t), 60, {});
  const auto refused = [&](double length, auto&& edit) {
    MixConfig config = config_of(length);
    edit(config);
    const Error error = test::refusal([&] { plan_of(config, library, random_model()); });
    EXPECT_EQ(error.kind(), ErrorKind::infeasible);
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  };
  const auto says = [](const std::string& text, const char* word) {
    return testing::AssertionResult(text.find(word) != std::string::npos) << text;
  };
  EXPECT_TRUE(says(refused(60, [](auto& c) { c.bounds.tempo = {200, 210}; }), "tempo cuts 32"));
  EXPECT_TRUE(says(
      refused(230, [](auto& c) { c.bounds.no_repeat = Seconds(3600), c.bounds.most = Seconds(25); }),
      "repeat cuts"));
  EXPECT_TRUE(says(refused(100,
                           [](auto& c) {
                             c.bounds.least = Seconds(70);
                             c.bounds.seconds_are_set = true;
                           }),
                   "length cuts 32"));
  EXPECT_TRUE(says(refused(600, [](auto&) {}), "3:59"));
}

TEST(RunChooser, FragmentsLongerThanATrackMayPlayAreNamed) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add_music(std::to_string(t), 200, {});
  MixConfig config = config_of(300, "60");
  config.bounds.least = Seconds(20);
  config.bounds.most = Seconds(40);
  config.bounds.seconds_are_set = true;
  const std::string text = test::refusal([&] { plan_of(config, library, random_model()); }).what();
  EXPECT_NE(text.find("--fragment"), std::string::npos) << text;
}

TEST(RunChooser, OneTrackPlaysOn) {
  MixLibrary library;
  library.add_music("one", 300, {});
  for (const double length : {1.0, 50.0, 200.0, 299.0}) {
    const MixConfig config = config_of(length);
    const Plan plan = plan_of(config, library, random_model(3));
    expect_mix(plan, config, library, 20);
    EXPECT_EQ(plan.placements.size(), 1u);
    EXPECT_EQ(plan.choosing.groups, 1u);
  }
}

TEST(RunChooser, IrreconcilableTempiMeetWhereNothingElseIsLeft) {
  for (const MadeMusic& other : {at_tempo(85), at_tempo(120, 3), at_tempo(0)}) {
    MixLibrary library;
    library.add_music("a", 80, {});
    library.add_music("b", 80, other);
    const MixConfig config = config_of(130);
    const Plan plan = plan_of(config, library, random_model());
    expect_mix(plan, config, library, 20);
    EXPECT_EQ(plan.choosing.groups, 2u);
    ASSERT_GE(plan.placements.size(), 2u);
    EXPECT_TRUE(relaxes(plan.placements[1], "metre"));
    MixConfig strict = config;
    strict.bounds.stretch_is_set = true;
    if (other.bpm != 85) {  // another metre, or none
      EXPECT_FALSE(relaxes(plan_of(strict, library, random_model()).placements[1], "stretch"));
      continue;
    }
    const std::string text =
        test::refusal([&] { plan_of(strict, library, random_model()); }, ErrorKind::infeasible);
    EXPECT_NE(text.find("stretch cuts"), std::string::npos) << text;
  }
}

TEST(RunChooser, GroupsAreLeftAtFewSeams) {
  MixLibrary library;
  for (int t = 0; t < 5; ++t) library.add_music("slow " + std::to_string(t), 100, at_tempo(90));
  for (int t = 0; t < 5; ++t) library.add_music("fast " + std::to_string(t), 100, at_tempo(130));
  MixConfig config = config_of(420);
  config.bounds.fewest = 1;  // else the last one of a group would not do
  const Plan plan = plan_of(config, library, random_model());
  EXPECT_EQ(plan.choosing.groups, 2u);
  int changes = 0;
  for (std::size_t i = 1; i < plan.placements.size(); ++i)
    changes += title_of(plan, i)[0] != title_of(plan, i - 1)[0] ? 1 : 0;
  EXPECT_LE(changes, 1);
}

TEST(RunChooser, TracksShorterThanTheLeastPlayToo) {
  MixLibrary library;
  for (int t = 0; t < 16; ++t) library.add_music(std::to_string(t), 15, {});
  const MixConfig config = config_of(100);
  const Plan plan = plan_of(config, library, random_model());
  expect_mix(plan, config, library, 7.4);
  EXPECT_GE(plan.placements.size(), 7u);
}

TEST(RunChooser, MixesShorterThanTheLeast) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add_music(std::to_string(t), 60, {});
  for (const double length : {1.0, 10.0, 19.9, 25.0}) {
    const MixConfig config = config_of(length);
    expect_mix(plan_of(config, library, random_model()), config, library, 20);
  }
}

TEST(RunChooser, WhereATrackEndsWithTheMixNothingFollows) {
  MixLibrary library;
  for (int t = 0; t < 3; ++t) library.add_music(std::to_string(t), 60, {});
  // From 34 s on, 26 s are left.
  for (double length = 25.9; length < 26.1; length += 0.01) {
    MixConfig config = config_of(length);
    config.start = StartPoint{test::track_id("1"), Seconds(34.5)};
    EXPECT_NO_THROW(plan_of(config, library, random_model())) << length;
  }
}

// Whole numbers of fragments, least close to most, tracks close to both.
TEST(RunChooser, TightBoundsAreNoDeadEnd) {
  int refused = 0;
  for (const double seconds : {22.0, 25.0, 31.0, 41.0, 47.0}) {
    MixLibrary library;
    for (int t = 0; t < 12; ++t) library.add_music(std::to_string(t), seconds, {});
    for (double length = 30; length < 8 * seconds; length += 13) {
      for (const std::size_t beam : {1, 4}) {
        MixConfig config = config_of(length);
        config.beam = beam;
        try {
          plan_of(config, library, random_model());
        } catch (const Error& error) {
          ++refused;
          ADD_FAILURE() << error.what() << " tracks of " << seconds << " s, beam " << beam;
        }
      }
    }
  }
  EXPECT_EQ(refused, 0);
}

TEST(RunChooser, AMixOfAMinuteHasSeamsEvenWhereTheTrackItselfWouldGoOnBetter) {
  MixLibrary library;
  for (int t = 0; t < 6; ++t) library.add_music(std::to_string(t), 100, {});
  // Whatever plays goes on best by itself, as most networks have it.
  const OpinionatedModel model([](const auto& last, const auto& candidate) {
    return last.track == candidate.track ? 1.0f : 0.0f;
  });
  EXPECT_GT(plan_of(config_of(85), library, model).placements.size(), 1u);
}

TEST(RunChooser, GreedyToo) {
  MixLibrary library;
  for (int t = 0; t < 10; ++t) library.add_music(std::to_string(t), 90, at_tempo(115 + t));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    MixConfig config = config_of(400);
    config.beam = config.exits = 1;
    config.candidates = 20;
    config.seed = seed;
    const Plan plan = plan_of(config, library, random_model(seed % 2 * 4));
    expect_mix(plan, config, library, 20);
    EXPECT_EQ(plan.choosing.beam, 1u);
  }
}

// Even where the beam is as wide as the music has tracks.
TEST(RunChooser, AnotherSeedIsAnotherMix) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add_music(std::to_string(t), 100, {});
  std::set<std::string> beginnings;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    MixConfig config = config_of(150);
    config.seed = seed;
    beginnings.insert(title_of(plan_of(config, library, random_model()), 0));
  }
  EXPECT_GE(beginnings.size(), 3u);
}

TEST(RunChooser, TwoHoursOfManyTracks) {
  MixLibrary library;
  Random random(2);
  for (int t = 0; t < 80; ++t)
    library.add_music(std::to_string(t), random.uniform(120, 300), at_tempo(random.uniform(80, 160)));
  const MixConfig config = config_of(7200);
  for (const std::size_t numbers : {0, 16}) {
    OpinionatedModel model([](const auto& last, const auto& candidate) {
      return static_cast<float>((last.start * 31 + candidate.start * 17) % 1009) / 1009;
    });
    model.embedding_size = numbers;
    if (numbers > 0) model.embedding = test::hashed_embedding(numbers);
    const auto begin = std::chrono::steady_clock::now();
    const Plan plan = plan_of(config, library, model);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    expect_mix(plan, config, library, 20);
    EXPECT_LT(took.count(), 60) << numbers;
    RecordProperty("seconds_" + std::to_string(numbers), static_cast<int>(took.count()));
  }
}

TEST(RunChooser, PlansAreReadAsTheyWereWritten) {
  MixLibrary library;
  for (int t = 0; t < 3; ++t) library.add_music(std::to_string(t), 100, at_tempo(90 + 25 * t));
  const Plan plan = plan_of(config_of(200), library, random_model());
  const test::TemporaryFolder folder;
  plan.write(folder / "mix.plan.json");
  const Plan read = Plan::read(folder / "mix.plan.json");
  EXPECT_EQ(nlohmann::json(read), nlohmann::json(plan));
  EXPECT_EQ(read.placements[1].bounds, plan.placements[1].bounds);
  EXPECT_FALSE(read.placements[1].bounds->relaxed.empty());
}

TEST(RunChooser, NumbersThatAreNoneAreRefused) {
  MixLibrary library;
  for (int t = 0; t < 3; ++t) library.add_music(std::to_string(t), 100, {});
  const OpinionatedModel model([](auto&, auto&) { return std::nanf(""); });
  EXPECT_EQ(test::refusal([&] { plan_of(config_of(150), library, model); }).kind(), ErrorKind::model);
  MixConfig config = config_of(150);
  for (const std::size_t exits : {0, 65}) {
    config.exits = exits;
    EXPECT_EQ(test::refusal([&] { config.validate(); }).kind(), ErrorKind::usage);
  }
}

}  // namespace
}  // namespace segue
