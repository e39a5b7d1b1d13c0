#include "planning/planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "support/level_critic.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

using test::hashed_opinion;
using test::MixLibrary;
using test::OpinionatedModel;

MixConfig config_of(double seconds, const char* fragment = "3") {
  MixConfig config;
  config.length = Seconds(seconds);
  config.segmentation = Segmentation::parse(fragment, 11);
  return config;
}

double seconds_of(const Plan& plan, const Placement& placement) {
  return static_cast<double>(placement.length) / plan.sources[placement.source].sample_rate;
}

// Neighbours end where the other begins; hops are rounded to PCM frames.
bool adjacent(const Placement& a, const Placement& b) {
  return a.source == b.source &&
         (std::abs(a.start + a.length - b.start) <= 1 || std::abs(b.start + b.length - a.start) <= 1);
}

// The rules of the collage, as the header promises them.
void expect_rules(const Plan& plan, const MixConfig& config, std::size_t usable_tracks) {
  plan.validate();
  EXPECT_EQ(plan.length, std::llround(config.length.count() * config.sample_rate));
  std::set<std::pair<std::size_t, PcmFrame>> played;
  std::map<std::size_t, double> filled;
  double longest = 0;
  for (const Placement& placement : plan.placements) {
    EXPECT_TRUE(played.emplace(placement.source, placement.start).second) << "no fragment twice";
    longest = std::max(longest, seconds_of(plan, placement));
  }
  const std::vector<PcmFrame> seams = plan.seams();
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    const PcmFrame end = i + 1 < seams.size() ? seams[i + 1] : plan.length;
    filled[plan.placements[i].source] += static_cast<double>(end - seams[i]) / plan.sample_rate;
    EXPECT_FALSE(i > 0 && adjacent(plan.placements[i - 1], plan.placements[i])) << "seam " << i;
    EXPECT_TRUE(std::is_sorted(plan.placements[i].runners_up.begin(),
                               plan.placements[i].runners_up.end(),
                               [](auto& a, auto& b) { return a.score > b.score; }));
  }
  const double even = config.length.count() / static_cast<double>(usable_tracks);
  const double limit = std::max(config.track_share * config.length.count(), even + longest);
  for (const auto& [source, seconds] : filled) EXPECT_LE(seconds, limit + 0.01);
}

TEST(Planner, EveryRuleHoldsOnRandomLibraries) {
  Random random(4);
  int planned = 0, heard = 0;
  for (int round = 0; round < 60; ++round) {
    MixLibrary library;
    const auto tracks = 2 + random.below(7);
    double total = 0;
    for (std::size_t t = 0; t < tracks; ++t) {
      const double seconds = random.uniform(20, 60);
      const int rates[] = {44100, 48000, 22050, 96000, 11025};
      library.add("track " + std::to_string(t), seconds, rates[random.below(5)]);
      total += seconds;
    }
    const char* cuts[] = {"3", "1", "0.5-4", "2-2.5"};
    MixConfig config = config_of(random.uniform(1, total / 3), cuts[random.below(4)]);
    config.seed = random.next();
    config.track_share = random.uniform(0.3, 1);
    config.candidates = random.below(2) * random.below(60);
    config.crossfade = Seconds(random.uniform(0, 2));
    config.sample_rate = random.below(2) == 0 ? 44100 : 48000;
    config.beam = 1 + random.below(6);
    OpinionatedModel model(hashed_opinion(50));
    if (random.below(2) == 0) {
      model.embedding_size = 5;
      model.embedding = test::hashed_embedding(5);
      config.candidates =
          random.below(2) == 0 ? std::optional<std::size_t>(1 + random.below(30)) : std::nullopt;
    }
    std::size_t asked = 0;
    if (random.below(2) == 0) config.critics = test::level_critics(asked);
    if (random.below(2) == 0) config.edge_weight = random.uniform(0.1, 2);
    try {
      const Plan plan = plan_mix(config, library.library(), library.tracks(), model);
      expect_rules(plan, config, tracks);
      ++planned;
      heard += asked > 0 ? 1 : 0;
    } catch (const Error& error) {
      // Short tracks may not be able to fill what others may not.
      EXPECT_EQ(error.kind(), ErrorKind::infeasible) << error.what();
      EXPECT_NE(error.remedy().find("--track-share"), std::string::npos) << error.what();
    }
  }
  EXPECT_GE(planned, 48);
  EXPECT_GE(heard, 8);
}

TEST(Planner, TheBestOfAllThatTheRulesAllowIsTaken) {
  MixLibrary library;
  for (int t = 0; t < 5; ++t) library.add(std::to_string(t), 40);
  MixConfig config = config_of(60);
  config.candidates = 0;
  config.beam = 1;
  config.track_share = 0.3;  // 18 s: six fragments of 129 hops
  const auto opinion = hashed_opinion(1000003);
  const Plan plan = plan_mix(config, library.library(), library.tracks(), OpinionatedModel(opinion));
  expect_rules(plan, config, 5);
  // Anew and without cleverness: all fragments, all rules, at each step.
  std::set<std::pair<std::size_t, Hop>> played;
  std::map<std::size_t, int> count;
  const auto hop_of = [&](const Placement& placement) {
    return std::llround(static_cast<double>(placement.start) * 22050 / 512 / 44100);
  };
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    const Placement& now = plan.placements[i];
    if (i > 0) {
      const Placement& before = plan.placements[i - 1];
      const test::NamedFragment last{plan.sources[before.source].track, hop_of(before)};
      std::vector<double> scores;
      for (std::size_t s = 0; s < plan.sources.size(); ++s) {
        for (Hop start = 0; start + 129 <= library.tracks()[0].record.hops; start += 129) {
          const bool neighbour = s == before.source && std::abs(start - last.start) == 129;
          if (played.contains({s, start}) || neighbour || count[s] == 6) continue;
          scores.push_back(opinion(last, {plan.sources[s].track, start}));
        }
      }
      ASSERT_EQ(plan.sources.size(), 5u);
      std::sort(scores.rbegin(), scores.rend());
      EXPECT_NEAR(now.score, scores[0], 1e-6) << "placement " << i;
      EXPECT_EQ(now.why, "best of " + std::to_string(scores.size()) + " heard");
      ASSERT_EQ(now.runners_up.size(), 5u);
      for (std::size_t r = 0; r < 5; ++r) EXPECT_NEAR(now.runners_up[r].score, scores[r + 1], 1e-6);
    }
    played.emplace(now.source, hop_of(now));
    ++count[now.source];
  }
}

TEST(Planner, TheOrderOfTracksAndNoiseInTheLastDigitsChangeNothing) {
  MixLibrary library;
  for (int t = 0; t < 6; ++t) library.add(std::to_string(t), 45, t % 2 == 0 ? 44100 : 48000);
  for (const std::size_t candidates : {0, 20}) {
    MixConfig config = config_of(90, "1-3");
    config.candidates = candidates;
    // Ten different scores only: most decisions are ties.
    const auto opinion = hashed_opinion(10);
    std::vector<LibraryTrack> tracks = library.tracks();
    const nlohmann::json plan = plan_mix(config, library.library(), tracks, OpinionatedModel(opinion));
    Random random(3);
    for (int round = 0; round < 5; ++round) {
      random.shuffle(std::span(tracks));
      const OpinionatedModel noisy([&](const auto& last, const auto& candidate) {
        return opinion(last, candidate) + static_cast<float>(random.uniform(-2e-7, 2e-7));
      });
      EXPECT_EQ(nlohmann::json(plan_mix(config, library.library(), tracks, noisy)), plan);
    }
    config.seed = 2;
    EXPECT_NE(nlohmann::json(plan_mix(config, library.library(), tracks, OpinionatedModel(opinion))),
              plan);
  }
}

TEST(Planner, TheContextIsWhatPlayedBeforeOldestFirst) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add(std::to_string(t), 30);
  OpinionatedModel model(hashed_opinion(100), 3);
  std::vector<std::vector<std::pair<TrackId, Hop>>> contexts;
  model.on_question = [&](const FragmentSet& set, auto context, auto) {
    auto& named = contexts.emplace_back();
    for (const std::size_t fragment : context) {
      named.emplace_back(set.features_of(set.track_of(fragment)).track(), set.span_of(fragment).start);
    }
  };
  MixConfig config = config_of(30);
  config.beam = 1;
  const Plan plan = plan_mix(config, library.library(), library.tracks(), model);
  ASSERT_EQ(contexts.size() + 1, plan.placements.size());
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    ASSERT_EQ(contexts[i].size(), std::min<std::size_t>(i + 1, 3));
    for (std::size_t k = 0; k < contexts[i].size(); ++k) {
      const Placement& placement = plan.placements[i + 1 - contexts[i].size() + k];
      EXPECT_EQ(contexts[i][k].first, plan.sources[placement.source].track);
      EXPECT_EQ(hop_to_pcm(contexts[i][k].second, 44100), placement.start);
    }
  }
}

TEST(Planner, CandidatesAreDrawnEvenlyOverTheTracks) {
  MixLibrary library;
  library.add("short", 10);
  for (int t = 0; t < 4; ++t) library.add("long " + std::to_string(t), 100 + 100 * t);
  MixConfig config = config_of(10, "1");
  config.candidates = 50;
  config.track_share = 1;
  OpinionatedModel model(hashed_opinion(100));
  std::map<std::size_t, std::set<std::size_t>> heard;
  model.on_question = [&](const FragmentSet& set, auto, auto candidates) {
    ASSERT_EQ(candidates.size(), 50u);
    std::map<std::size_t, int> by_track;
    for (const std::size_t candidate : candidates) {
      ++by_track[set.track_of(candidate)];
      heard[set.track_of(candidate)].insert(candidate);
    }
    for (std::size_t t = 0; t < set.track_count(); ++t) {
      // 50 over five tracks; the short one may leave a few of its ten to the others.
      const bool is_short = set.features_of(t).track() == test::track_id("short");
      EXPECT_NEAR(by_track[t], is_short ? 8 : 10.5, 3);
    }
    EXPECT_EQ(std::set<std::size_t>(candidates.begin(), candidates.end()).size(), 50u);
  };
  plan_mix(config, library.library(), library.tracks(), model);
  for (const auto& [track, fragments] : heard) EXPECT_GE(fragments.size(), 10u);
}

TEST(Planner, WithMoreTracksThanCandidatesEachIsADifferentTrack) {
  MixLibrary library;
  for (int t = 0; t < 30; ++t) library.add(std::to_string(t), 9);
  MixConfig config = config_of(20);
  config.candidates = 8;
  OpinionatedModel model(hashed_opinion(100));
  model.on_question = [&](const FragmentSet& set, auto, auto candidates) {
    std::set<std::size_t> tracks;
    for (const std::size_t candidate : candidates) tracks.insert(set.track_of(candidate));
    EXPECT_EQ(tracks.size(), 8u);
  };
  plan_mix(config, library.library(), library.tracks(), model);
}

TEST(Planner, TheStartIsTheFragmentThatHoldsTheMoment) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add(std::to_string(t), 40, 48000);
  MixConfig config = config_of(30);
  config.start = StartPoint{test::track_id("2"), Seconds(10)};
  const OpinionatedModel model(hashed_opinion(100));
  const Plan plan = plan_mix(config, library.library(), library.tracks(), model);
  const Placement& first = plan.placements[0];
  EXPECT_EQ(plan.sources[first.source].track, test::track_id("2"));
  EXPECT_LE(first.start, 480000);
  EXPECT_GT(first.start + first.length, 480000);
  EXPECT_EQ(first.why, "start");
  EXPECT_EQ(first.score, 0);
  EXPECT_TRUE(first.runners_up.empty());
  config.start = StartPoint{test::track_id("none"), Seconds(0)};
  const auto mix = [&] { plan_mix(config, library.library(), library.tracks(), model); };
  EXPECT_EQ(test::refusal(mix).kind(), ErrorKind::usage);
  config.start = StartPoint{test::track_id("2"), Seconds(39.9)};
  EXPECT_EQ(test::refusal(mix).kind(), ErrorKind::usage) << "in what is left over at the end";
}

TEST(Planner, SilentFragmentsAreNotUsed) {
  MixLibrary library;
  const double silent = -std::numeric_limits<double>::infinity();
  for (int t = 0; t < 3; ++t) {
    library.add(std::to_string(t), 60, 44100, [&](double time) { return time < 30 ? silent : -18; });
  }
  library.add("hum", 60, 44100, [](double) { return -61; });
  const Plan plan = plan_mix(config_of(60), library.library(), library.tracks(),
                             OpinionatedModel(hashed_opinion(100)));
  expect_rules(plan, config_of(60), 3);
  for (const Placement& placement : plan.placements) {
    EXPECT_GE(placement.start + placement.length, 30 * 44100);
    EXPECT_NE(plan.sources[placement.source].title, "hum");
  }
}

TEST(Planner, OfDoublesOneIsUsed) {
  MixLibrary library;
  for (const char* name : {"a", "a again", "b", "c"}) library.add(name, 30);
  library.tracks()[1].record.double_of = test::track_id("a");
  const OpinionatedModel model(hashed_opinion(100));
  const auto used = [&](const MixConfig& config) {
    std::set<std::string> titles;
    const Plan plan = plan_mix(config, library.library(), library.tracks(), model);
    for (const Placement& placement : plan.placements) {
      titles.insert(plan.sources[placement.source].title);
    }
    return titles;
  };
  MixConfig config = config_of(80);
  config.track_share = 1;
  EXPECT_EQ(used(config), (std::set<std::string>{"a", "b", "c"}));
  config.start = StartPoint{test::track_id("a again"), Seconds(0)};
  EXPECT_EQ(used(config), (std::set<std::string>{"a again", "b", "c"}));
}

TEST(Planner, KnownTracksAreMarkedAndDoublesOfThem) {
  MixLibrary library;
  for (const char* name : {"a", "b", "c"}) library.add(name, 30);
  library.tracks()[1].recording.push_back(test::track_id("elsewhere"));
  OpinionatedModel model(hashed_opinion(100));
  model.editable_card().tracks = {{test::track_id("a"), "a", "train", ""},
                                  {test::track_id("elsewhere"), "e", "val", ""}};
  const Plan plan = plan_mix(config_of(60), library.library(), library.tracks(), model);
  for (const Placement& placement : plan.placements) {
    EXPECT_EQ(placement.known, plan.sources[placement.source].title != "c");
  }
}

TEST(Planner, SmallLibrariesWorkWhereTheRulesCanBeKept) {
  // Four fragments in a row can only be played 1 3 0 2 or 2 0 3 1: greed alone rarely finds it.
  MixLibrary one;
  one.add("one", 12.1);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    MixConfig config = config_of(11.98);
    config.seed = seed;
    const Plan plan =
        plan_mix(config, one.library(), one.tracks(), OpinionatedModel(hashed_opinion(1000)));
    EXPECT_EQ(plan.placements.size(), 4u);
    expect_rules(plan, config, 1);
  }
  // A longer track, used up to its last fragment.
  MixLibrary longer;
  longer.add("one", 61);
  MixConfig all = config_of(20 * 129 * 512 / 22050.0);
  expect_rules(plan_mix(all, longer.library(), longer.tracks(), OpinionatedModel(hashed_opinion(1000))),
               all, 1);
  MixLibrary two;
  two.add("a", 30);
  two.add("b", 30);
  MixConfig half = config_of(50);
  half.track_share = 0.1;  // raised to an even share
  expect_rules(plan_mix(half, two.library(), two.tracks(), OpinionatedModel(hashed_opinion(1000))), half,
               2);
}

TEST(Planner, SaysWhichRuleLeavesNothingAndHowToLoosenIt) {
  const OpinionatedModel model(hashed_opinion(1000));
  const auto refused = [&](MixLibrary& library, const MixConfig& config) {
    const Error error =
        test::refusal([&] { plan_mix(config, library.library(), library.tracks(), model); });
    EXPECT_EQ(error.kind(), ErrorKind::infeasible);
    return std::string(error.what());
  };
  MixLibrary library;
  library.add("a", 10);
  library.add("b", 110);
  EXPECT_NE(refused(library, config_of(600)).find("has 1:56 of fragments for a mix of 10:00"),
            std::string::npos);
  EXPECT_NE(refused(library, config_of(600)).find("--length"), std::string::npos);
  const std::string share = refused(library, config_of(100));
  EXPECT_NE(share.find("--track-share 0.9"), std::string::npos) << share;
  MixLibrary three;
  three.add("three", 9.1);
  EXPECT_NE(refused(three, config_of(8.9)).find("neighbours"), std::string::npos);
  MixLibrary tiny;
  tiny.add("tiny", 1);
  EXPECT_NE(refused(tiny, config_of(2)).find("shorter --fragment"), std::string::npos);
  MixLibrary none;
  EXPECT_EQ(test::refusal([&] { plan_mix(config_of(9), none.library(), {}, model); }).kind(),
            ErrorKind::infeasible);
}

TEST(Planner, WhatItAdvisesWorks) {
  MixLibrary library;
  library.add("a", 10);
  library.add("b", 110);
  MixConfig config = config_of(100);
  const OpinionatedModel model(hashed_opinion(1000));
  const Error error =
      test::refusal([&] { plan_mix(config, library.library(), library.tracks(), model); });
  const std::size_t at = error.remedy().find("--track-share ");
  ASSERT_NE(at, std::string::npos);
  config.track_share = std::stod(error.remedy().substr(at + 14));
  expect_rules(plan_mix(config, library.library(), library.tracks(), model), config, 2);
}

TEST(Planner, CrossfadesAreCentredAndGiveWayAtTheEdgesOfSources) {
  MixLibrary library;
  for (int t = 0; t < 8; ++t) library.add(std::to_string(t), 9.1, t % 2 == 0 ? 44100 : 48000);
  MixConfig config = config_of(40);
  config.crossfade = Seconds(0.5);
  config.track_share = 0.5;
  const Plan plan =
      plan_mix(config, library.library(), library.tracks(), OpinionatedModel(hashed_opinion(1000)));
  bool centred = false, late = false, early = false;
  for (std::size_t i = 0; i < plan.transitions.size(); ++i) {
    const Transition& transition = plan.transitions[i];
    const Placement& out = plan.placements[i];
    const PlanSource& source = plan.sources[out.source];
    const double left =
        static_cast<double>(source.pcm_frames - out.start - out.length) / source.sample_rate;
    const bool is_last_seam = i + 1 == plan.transitions.size();
    if (plan.placements[i + 1].start == 0 && left > 0.5) {
      EXPECT_EQ(transition.before, 0) << "nothing sounds ahead of a track's beginning";
      EXPECT_EQ(transition.after, 22050);
      late = true;
    } else if (plan.placements[i + 1].start > 0 && left < 0.24 && !is_last_seam) {
      EXPECT_NEAR(static_cast<double>(transition.after) / 44100, left, 0.001);
      EXPECT_EQ(transition.before + transition.after, 22050);
      early = true;
    } else if (plan.placements[i + 1].start > 0 && left > 0.5 && !is_last_seam) {
      EXPECT_EQ(transition.before, 11025);
      EXPECT_EQ(transition.after, 11025);
      centred = true;
    }
  }
  EXPECT_TRUE(centred && late && early) << "the example should hold all three";
}

TEST(Planner, CrossfadesInShortFragmentsAreShortened) {
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add(std::to_string(t), 30);
  MixConfig config = config_of(20, "0.5");
  config.crossfade = Seconds(2);
  const Plan plan =
      plan_mix(config, library.library(), library.tracks(), OpinionatedModel(hashed_opinion(1000)));
  expect_rules(plan, config, 4);
  for (std::size_t i = 1; i + 1 < plan.transitions.size(); ++i) {
    const PcmFrame length = plan.transitions[i].before + plan.transitions[i].after;
    EXPECT_LE(length, to_pcm_frames(Seconds(0.52), 44100));
    EXPECT_TRUE(plan.placements[i + 1].start == 0 || length >= to_pcm_frames(Seconds(0.25), 44100));
  }
  config.crossfade = Seconds(0);
  const Plan cuts =
      plan_mix(config, library.library(), library.tracks(), OpinionatedModel(hashed_opinion(1000)));
  EXPECT_EQ(cuts.transitions[0].before + cuts.transitions[0].after, 0);
}

TEST(Planner, SettingsThatMakeNoSenseAreRefused) {
  const std::vector<std::function<void(MixConfig&)>> edits = {
      [](MixConfig& c) { c.length = Seconds(0); },
      [](MixConfig& c) { c.length = Seconds(0.99); },
      [](MixConfig& c) { c.length = Seconds(1e9); },
      [](MixConfig& c) { c.length = Seconds(std::nan("")); },
      [](MixConfig& c) { c.segmentation.shortest = Seconds(0.1); },
      [](MixConfig& c) { c.track_share = 0; },
      [](MixConfig& c) { c.track_share = 1.01; },
      [](MixConfig& c) { c.track_share = std::nan(""); },
      [](MixConfig& c) { c.beam = 0; },
      [](MixConfig& c) { c.beam = 1001; },
      [](MixConfig& c) { c.crossfade = Seconds(-0.1); },
      [](MixConfig& c) { c.crossfade = Seconds(2.1); },
      [](MixConfig& c) { c.sample_rate = 0; },
      [](MixConfig& c) { c.target_lufs = 3; },
      [](MixConfig& c) { c.ceiling_dbtp = 1; },
  };
  EXPECT_NO_THROW(MixConfig().validate());
  for (const auto& edit : edits) {
    MixConfig config;
    edit(config);
    EXPECT_EQ(test::refusal([&] { config.validate(); }).kind(), ErrorKind::usage);
  }
}

TEST(Planner, ANetworkThatGivesNoNumbersIsRefused) {
  MixLibrary library;
  library.add("a", 60);
  const OpinionatedModel model([](auto&, auto&) { return std::nanf(""); });
  EXPECT_EQ(
      test::refusal([&] { plan_mix(config_of(9), library.library(), library.tracks(), model); }).kind(),
      ErrorKind::model);
}

TEST(Planner, AnInterruptEndsIt) {
  MixLibrary library;
  library.add("a", 60);
  const OpinionatedModel model([](auto&, auto&) {
    request_interrupt();
    return 0.5f;
  });
  const Error error =
      test::refusal([&] { plan_mix(config_of(9), library.library(), library.tracks(), model); });
  clear_interrupt();
  EXPECT_EQ(error.kind(), ErrorKind::interrupted);
}

}  // namespace
}  // namespace segue
