#include "planning/critic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>

#include "base/paths.hpp"
#include "evaluation/seam_sets.hpp"
#include "support/level_critic.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

class CriticTest : public testing::Test {
 protected:
  CriticTest() {
    library_.add("a", 30);
    library_.add("b", 30, 44100, [](double) { return -24.0; });
    cutting_.segmentation = Segmentation::parse("3");
    set_ = test::level_critics(asked_);
  }

  static void judge(Critic& critic, std::size_t last, std::span<Candidate> ranked) {
    const RankedAfter ranking{last, ranked};
    critic.judge(std::span(&ranking, 1));
  }

  test::MixLibrary library_;
  MixConfig cutting_;
  std::size_t asked_ = 0;
  std::shared_ptr<const CriticSet> set_;
};

TEST_F(CriticTest, HearsBothSidesAtTheLevelsOfTheMix) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  Critic critic(pool, crossfade_ear(pool, set_, {}), {});
  // The same frames in all tracks, but one is raised by 2 dB, the other by 8.
  std::size_t loud = 1, soft = 0;
  for (std::size_t i = 0; i < pool.fragments().size(); ++i)
    (pool.fragments()[i].loudness_lufs < -20 ? soft : loud) = i;
  const auto [gain_loud, gain_soft] = gains_between(pool, loud, soft, -16);
  EXPECT_NEAR(gain_soft - gain_loud, 6, 0.01);
  const std::vector<FragmentSeam> seams = {{loud, loud - 1}, {loud, soft}};
  const std::vector<float> odds = critic.odds(seams);
  EXPECT_NEAR(odds[0], 0, 1.0 / 256);
  EXPECT_NEAR(odds[1], 0.6, 1.0 / 128) << "log10 of power";
}

TEST_F(CriticTest, HearsEachSeamOnce) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  Critic critic(pool, crossfade_ear(pool, set_, {}), {});
  const std::vector<FragmentSeam> seams = {{0, 3}, {0, 4}, {0, 5}, {0, 4}};
  const auto first = critic.odds(seams);
  EXPECT_EQ(asked_, 3u);
  EXPECT_EQ(first[1], first[3]);
  EXPECT_EQ(critic.odds(seams), first);
  EXPECT_EQ(asked_, 3u);
  const std::vector<FragmentSeam> others = {{1, 3}, {1, 4}, {0, 3}, {1, 5}};
  EXPECT_EQ(critic.odds(others)[2], first[0]);
  EXPECT_EQ(asked_, 6u);
}

// Those not heard must not gain by it.
TEST_F(CriticTest, WhatIsNotHeardIsWorthTheLeastOfWhatIs) {
  library_.add("c", 90);
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  Critic critic(pool, crossfade_ear(pool, set_, {}), {});
  std::vector<Candidate> ranked;
  for (std::size_t i = 0; i < CriticConfig{}.heard + 10; ++i)
    ranked.push_back({i + 1, -static_cast<std::int64_t>(i)});
  const std::vector<Candidate> before = ranked;
  judge(critic, 0, ranked);
  EXPECT_EQ(asked_, CriticConfig{}.heard);
  std::int64_t least = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const std::int64_t change = ranked[i].score - before[i].score;
    EXPECT_LT(change, 0);
    if (i < CriticConfig{}.heard) least = std::min(least, change);
    if (i >= CriticConfig{}.heard) {
      EXPECT_EQ(change, least);
    }
  }
}

TEST_F(CriticTest, OfWhatIsTooShortForAnOpinionItHasNone) {
  cutting_.segmentation = Segmentation::parse("0.6-2", 5);
  library_.add("c", 120);
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  CriticConfig config;
  config.heard = 5;
  const EarConfig ear;
  Critic critic(pool, crossfade_ear(pool, set_, ear), config);
  const auto is_short = [&](std::size_t i) {
    return hops_to_seconds(pool.fragments()[i].span.length) - ear.fade < EarConfig::kLeastHeard;
  };
  std::size_t long_one = 0, short_one = 0;
  while (is_short(long_one)) ++long_one;
  while (!is_short(short_one)) ++short_one;
  std::vector<Candidate> ranked;
  for (std::size_t i = 0; i < 30; ++i) ranked.push_back({i, -static_cast<std::int64_t>(i)});
  const std::vector<Candidate> before = ranked;
  judge(critic, short_one, ranked);
  EXPECT_EQ(asked_, 0u);
  for (std::size_t i = 0; i < ranked.size(); ++i)
    EXPECT_EQ(ranked[i].score - before[i].score,
              std::llround(config.weight * Critic::log_unheard(0) / kScoreUnit))
        << "it cannot tell";
  ranked = before;
  judge(critic, long_one, ranked);
  EXPECT_EQ(asked_, 5u);
  std::vector<std::int64_t> heard, unheard, beyond;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const std::int64_t change = ranked[i].score - before[i].score;
    (heard.size() == 5 ? beyond : is_short(i) ? unheard : heard).push_back(change);
  }
  ASSERT_FALSE(unheard.empty());
  const std::int64_t mean = std::accumulate(heard.begin(), heard.end(), std::int64_t{0}) / 5;
  for (const std::int64_t change : unheard) EXPECT_EQ(change, mean);
  for (const std::int64_t change : beyond)
    EXPECT_EQ(change, *std::min_element(heard.begin(), heard.end()));
}

// Where music by itself sounds like a join, one is heard less.
TEST_F(CriticTest, JoinsAreHeldAgainstTheirPlaces) {
  CriticSet set;
  set.passages = -1;
  EXPECT_EQ(set.beside(2, {}, {}), 2);
  EXPECT_EQ(set.beside(2, -1, -1), 2);
  EXPECT_EQ(set.beside(2, 1, {}), 1) << "of an unknown place the usual is supposed";
  EXPECT_EQ(set.beside(2, 1, 3), -1);
}

class NoNumbers : public SeamDetector {
 public:
  const ModelCard& card() const override { return card_; }
  std::vector<float> score(std::span<const SeamWindow> windows) const override {
    return std::vector<float>(windows.size(), std::nanf(""));
  }

 private:
  ModelCard card_;
};

TEST_F(CriticTest, OddsThatAreNoNumbersAreRefused) {
  CriticSet set;
  set.critics.push_back(std::make_unique<NoNumbers>());
  test::refusal([&] { set.odds(std::vector<SeamWindow>(2)); }, ErrorKind::model);
}

// A blend sounds as well as its best way; where critics know none of the ways, none is preferred.
TEST_F(CriticTest, HearsBlendsByTheirBestWay) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  EarConfig config;
  config.room = Seconds(10);
  const auto ear = blend_ear(pool, {set_}, config);
  std::vector<FragmentSeam> seams;
  for (std::size_t i = 1; i < 6; ++i) seams.push_back({i / 4, pool.fragments().size() - i});
  const std::vector<float> together = ear->odds(seams);
  ASSERT_EQ(together.size(), seams.size());
  EXPECT_GE(asked_, seams.size());
  for (std::size_t i = 0; i < seams.size(); ++i) {
    EXPECT_TRUE(std::isfinite(together[i]));
    EXPECT_EQ(ear->odds(std::span(&seams[i], 1))[0], together[i]);
  }
}

TEST(Critics, WeighTheProbabilityThatASeamIsNotHeard) {
  EXPECT_NEAR(Critic::log_unheard(0), std::log(0.5), 1e-6);
  EXPECT_NEAR(Critic::log_unheard(-30), 0, 1e-6);
  EXPECT_NEAR(Critic::log_unheard(30), -30, 1e-3);
  EXPECT_TRUE(std::isfinite(Critic::log_unheard(1e30f)));
}

TEST(Critics, AreFoundByTheNearestCrossfade) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(find_critics(Seconds(0.1), folder.path()), nullptr);
  std::filesystem::create_directory(folder / "100ms");
  std::filesystem::create_directory(folder / "100ms.learning");
  EXPECT_EQ(test::refusal([&] { find_critics(Seconds(0.2), folder.path()); }).kind(), ErrorKind::model);
}

TEST(Critics, ThoseOfTheUserGoBeforeThoseOfSegue) {
  const test::TemporaryFolder user, shipped;
  for (const char* kind : {"100ms", "1000ms"}) std::filesystem::create_directories(shipped / kind);
  std::filesystem::create_directories(user / "200ms");
  const std::filesystem::path folders[] = {user.path(), shipped.path()};
  const auto found = [&](double fade) {
    const auto set = nearest_set(Seconds(fade), folders, [](Seconds) { return true; });
    return set ? set->folder : std::filesystem::path();
  };
  EXPECT_EQ(found(0.2), user / "200ms") << "nearer than what is shipped";
  EXPECT_EQ(found(0.1), shipped / "100ms");
  EXPECT_EQ(found(0.9), shipped / "1000ms");
  std::filesystem::create_directories(user / "100ms");
  EXPECT_EQ(found(0.1), user / "100ms") << "as near";
}

TEST(Critics, AreLookedForAtTheUsersFirst) {
  ASSERT_NE(find_critics(Seconds(0.1)), nullptr) << "those of segue";
  const test::TemporaryFolder data;
  const char* old = std::getenv("XDG_DATA_HOME");
  const std::string before = old != nullptr ? old : "";
  ::setenv("XDG_DATA_HOME", data.path().c_str(), 1);
  const std::filesystem::path mine = user_critics_folder() / "100ms";
  std::filesystem::create_directories(mine);
  // As near as that of segue, and taken, though it holds none.
  EXPECT_EQ(test::refusal([] { find_critics(Seconds(0.1)); }).file(), mine);
  old != nullptr ? ::setenv("XDG_DATA_HOME", before.c_str(), 1) : ::unsetenv("XDG_DATA_HOME");
}

TEST(Critics, OfWholeMillisecondsTeachSetsThatAreFound) {
  EXPECT_EQ(kind_name(whole_milliseconds(Seconds(0.1036))), "104ms");
  EXPECT_EQ(whole_milliseconds(Seconds(0.1036)).count(), 0.104);
  EXPECT_EQ(kind_name(whole_milliseconds(Seconds(0.0002))), "1ms");
  EXPECT_EQ(whole_milliseconds(Seconds(0.1)).count(), 0.1);
}

// What chooses by ear and what measures never heard the same track.
TEST(Critics, ShareNoTrackWithTheDetectors) {
  const auto tracks_in = [](const std::string& kind) {
    std::set<std::string> tracks;
    std::error_code code;
    const std::filesystem::path folder = find_shipped("models/" + kind);
    for (std::filesystem::recursive_directory_iterator it(folder, code), end; !code && it != end;
         it.increment(code)) {
      if (!it->path().native().ends_with(".card.json")) continue;
      for (const CardTrack& track : ModelCard::read(it->path()).tracks)
        if (track.side == "train") tracks.insert(track.id.hex());
    }
    return tracks;
  };
  const std::set<std::string> critics = tracks_in("critics"), detectors = tracks_in("detectors");
  ASSERT_GE(critics.size(), 10u);
  ASSERT_GE(detectors.size(), 10u);
  for (const std::string& track : critics) EXPECT_FALSE(detectors.contains(track)) << track;
}

}  // namespace
}  // namespace segue
