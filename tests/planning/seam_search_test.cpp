#include "planning/seam_search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include "base/half.hpp"
#include "support/feature_files.hpp"
#include "support/hits.hpp"
#include "support/level_critic.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::HeardTrack;
using test::hits;
using test::TemporaryFolder;

// Sketches all ways between these places, and takes the best.
Proposal best_of(SeamPlaces places, const CriticSets& critics, const ProposalConfig& config) {
  SeamSearch search(std::move(places), critics, config);
  for (std::size_t task = 0; task < search.tasks(); ++task) search.run(task);
  return search.best();
}

CriticSets only(Seconds transition, std::unique_ptr<SeamDetector> critic) {
  auto set = std::make_shared<CriticSet>();
  set->transition = transition;
  set->critics.push_back(std::move(critic));
  return {set};
}

// Where one of two exits is so soft that levels cannot meet, the other is taken, even by critics who
// like the step.
TEST(SeamSearch, WhereLevelsCannotMeetIsLeftLast) {
  class LikesSteps : public test::LevelCritic {
   public:
    using LevelCritic::LevelCritic;
    std::vector<float> score(std::span<const SeamWindow> windows) const override {
      std::vector<float> odds = LevelCritic::score(windows);
      for (float& one : odds) one = -one;
      return odds;
    }
  };
  const TemporaryFolder folder;
  std::vector<float> mono = hits(120, .5, .25, .5);
  for (std::size_t i = mono.size() / 2; i < mono.size(); ++i) mono[i] *= .03f;
  const HeardTrack a(folder, "a", mono, .5, .25);
  const HeardTrack b(folder, "b", hits(120, .5, .1), .5, .1);
  const auto exit_of = [&](std::vector<MeetingPlace> exits) {
    std::size_t asked = 0;
    ProposalConfig config;
    config.lengths = {Seconds(0.1)};
    return best_of({std::move(exits), {b.place(60.1)}},
                   only(Seconds(0.1), std::make_unique<LikesSteps>(asked)), config);
  };
  const Proposal soft = exit_of({a.place(90.25)});
  EXPECT_NEAR(soft.out_at.count(), 90.25, .3) << "if there is nothing else";
  EXPECT_GT(soft.step, 3);
  const Proposal loud = exit_of({a.place(90.25), a.place(30.25)});
  EXPECT_NEAR(loud.out_at.count(), 30.25, .3);
  EXPECT_LT(loud.step, Proposal::kMostStep);
}

// Has no opinion, and notes what sounds in the middle of each window.
class MiddleCritic : public SeamDetector {
 public:
  explicit MiddleCritic(std::vector<double>& middles) : middles_(middles) {}
  const ModelCard& card() const override { return card_; }
  std::vector<float> score(std::span<const SeamWindow> windows) const override {
    for (const SeamWindow& window : windows) {
      const auto at = static_cast<std::size_t>(window.frames / 2 * LogMelGeometry::bands);
      middles_.push_back(static_cast<double>(float_from_half(window.log_mel[at])));
    }
    return std::vector<float>(windows.size());
  }

 private:
  std::vector<double>& middles_;
  ModelCard card_;
};

// A join whose transition lies before or behind the seam is held against music about its middle, not
// about the seam.
TEST(SeamSearch, PlacesAreHeardByThemselvesWhereTheTransitionIs) {
  const TemporaryFolder folder;
  constexpr double kSlope = .002;  // of the lowest band, a frame: tells the time
  const auto music = FeatureFile::open(test::write_features(
      folder.path(), test::track_id("slope"), to_hops(Seconds(100)),
      [](Hop frame, int band) { return band == 0 ? -4 + static_cast<float>(kSlope * frame) : -3.0f; }));
  std::vector<double> middles;
  MeetingPlace out, in;
  out.features = in.features = music.get();
  out.length = in.length = Seconds(100);
  out.room = in.room = Seconds(30);
  out.at = Seconds(40);
  in.at = Seconds(60);
  ProposalConfig config;
  config.lengths = {Seconds(12)};
  config.move = config.leave_early = false;
  const CriticSets sets = only(Seconds(12), std::make_unique<MiddleCritic>(middles));
  SeamSearch search({{out}, {in}}, sets, config);
  ASSERT_EQ(search.tasks(), 3u);
  search.run(0);
  for (const auto& [task, at] : {std::pair(1, 40.0), std::pair(2, 60.0)}) {
    middles.clear();
    search.run(static_cast<std::size_t>(task));
    std::set<long> seconds;
    for (const double value : middles)
      seconds.insert(std::lround(hops_to_seconds(Hop(1)).count() * (value + 4) / kSlope - at));
    EXPECT_EQ(seconds, (std::set<long>{-6, 0, 6}));
    EXPECT_EQ(middles.size(), 3u) << "each once";
  }
  EXPECT_TRUE(search.best().duration().count() > 11);
}

// So that a mix gets no longer or shorter than there is music for.
TEST(SeamSearch, KeepsToTheRoomThatThereIs) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", test::noise(.1, 120 * 22050, 3), 0, 0);
  const HeardTrack b(folder, "b", test::noise(.1, 120 * 22050, 5), 0, 0);
  std::size_t asked = 0;
  ProposalConfig config;
  config.lengths = {Seconds(0.1)};
  const auto best = [&](const CriticSets& critics, const SeamRoom& room) {
    SeamSearch search({{a.place(60), a.place(64), a.place(57)}, {b.place(30), b.place(28), b.place(35)}},
                      critics, config);
    for (std::size_t task = 0; task < search.tasks(); ++task) search.run(task);
    return search.best(room);
  };
  const CriticSets sets = {test::level_critics(asked)};
  EXPECT_NEAR(best(sets, {Seconds(35), Seconds(38)})->lengthens().count(), 36, .1);
  EXPECT_NEAR(best(sets, {Seconds(21), Seconds(23)})->lengthens().count(), 22, .1);
  EXPECT_NEAR(best(sets, {Seconds(31), Seconds(40), Seconds(61)})->in_at.count(), 28, .1);
  EXPECT_FALSE(best(sets, {Seconds(37), Seconds(50)}));
  EXPECT_FALSE(best({}, {})) << "where nobody hears";
}

// However many places of it are tried.
TEST(SeamSearch, EachTrackIsDecodedOnce) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", test::noise(.1, 120 * 22050, 3), 0, 0);
  const HeardTrack b(folder, "b", test::noise(.1, 120 * 22050, 5), 0, 0);
  int decoded = 0;
  const auto counted = [&](MeetingPlace place) {
    place.audio = [&decoded, read = place.audio](Seconds start, Seconds length, int rate) {
      ++decoded;
      return read(start, length, rate);
    };
    return place;
  };
  std::vector<double> middles;
  const CriticSets sets = only(Seconds(12), std::make_unique<MiddleCritic>(middles));
  ProposalConfig config;
  config.lengths = {Seconds(12)};
  config.shares = {.5};
  SeamSearch search(
      {{counted(a.place(60)), counted(a.place(62))}, {counted(b.place(60)), counted(b.place(57))}}, sets,
      config);
  for (std::size_t task = 0; task < search.tasks(); ++task) search.run(task);
  EXPECT_EQ(decoded, 0) << "sketches need none";
  EXPECT_GT(search.best().duration().count(), 11);
  EXPECT_EQ(decoded, 2);
}

// Of such odds where treble comes in, of none where music goes on.
class TrebleCritic : public SeamDetector {
 public:
  explicit TrebleCritic(float odds) : odds_(odds) {}
  const ModelCard& card() const override { return card_; }
  std::vector<float> score(std::span<const SeamWindow> windows) const override {
    std::vector<float> odds;
    for (const SeamWindow& window : windows) {
      const auto treble = [&](Hop frame) {
        const auto at = static_cast<std::size_t>(frame * LogMelGeometry::bands + 76);
        return float_from_half(window.log_mel[at]);
      };
      const bool comes = treble(window.heard.end - 1) - treble(window.heard.begin) > .5f;
      odds.push_back(comes ? odds_ : 0.0f);
    }
    return odds;
  }

 private:
  float odds_;
  ModelCard card_;
};

// Between a cut, a fade of a second and a blend nobody else decides.
TEST(SeamSearch, CriticsChooseTheLength) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", test::sine(300, .2, 120 * 22050, 22050, 1), 0, 0);
  const HeardTrack b(folder, "b", test::noise(.1, 120 * 22050, 5), 0, 0);
  const double lengths[] = {.1, 1, 12};
  for (const double wins : lengths) {
    CriticSets sets;
    for (const double length : lengths)
      sets.push_back(
          only(Seconds(length), std::make_unique<TrebleCritic>(length == wins ? 1.f : 3.f)).front());
    const Proposal way = best_of({{a.place(60)}, {b.place(60)}}, sets, {});
    EXPECT_NEAR(way.duration().count(), wins, .01);
    ASSERT_TRUE(way.odds);
    EXPECT_NEAR(*way.odds, 1, .01);
  }
}

TEST(SeamSearch, LongBlendsAreTriedAtEverySecondPlace) {
  const TemporaryFolder folder;
  const HeardTrack a(folder, "a", test::noise(.1, 120 * 22050, 3), 0, 0);
  const HeardTrack b(folder, "b", test::noise(.1, 120 * 22050, 5), 0, 0);
  for (const auto& [length, pairs] : {std::pair(32.0, 2u), std::pair(12.0, 6u)}) {
    std::vector<double> middles;
    const CriticSets sets = only(Seconds(length), std::make_unique<MiddleCritic>(middles));
    ProposalConfig config;
    config.lengths = {Seconds(length)};
    config.shares = {.5};
    config.longest_plain = Seconds(32);
    SeamSearch search({{a.place(60), a.place(62), a.place(58)}, {b.place(60), b.place(57)}}, sets,
                      config);
    for (std::size_t exit = 0; exit < 3; ++exit) search.run(exit);
    EXPECT_EQ(middles.size(), 3 * pairs) << length;
    for (std::size_t task = 3; task < search.tasks(); ++task) search.run(task);
    EXPECT_GT(search.best().duration().count(), length - 1);
  }
}

// Treble comes in with what is busy. Critics who hear no difference leave it to what is busy at once;
// where one is heard, it counts more.
TEST(SeamSearch, OfWaysThatSoundAlikeBusyPassagesDoNotCollide) {
  const TemporaryFolder folder;
  std::vector<float> dull = test::noise(.2, 120 * 22050, 3);
  for (int pass = 0; pass < 3; ++pass)
    for (auto at = dull.begin(); at + 8 < dull.end(); ++at) *at = std::accumulate(at, at + 8, 0.0f) / 6;
  const HeardTrack a(folder, "a", dull, 0, 0);
  // From the middle on, a hum below where voices and melodies are.
  std::vector<float> mono = test::noise(.1, 60 * 22050, 5);
  const std::vector<float> hum = test::sine(90, .1, 60 * 22050, 22050, 1);
  mono.insert(mono.end(), hum.begin(), hum.end());
  const HeardTrack b(folder, "b", mono, 0, 0);
  ProposalConfig config;
  config.lengths = {Seconds(12)};
  const auto entered = [&](float fondness, std::vector<MeetingPlace> entries) {
    return best_of({{a.place(60)}, std::move(entries)},
                   only(Seconds(12), std::make_unique<TrebleCritic>(-fondness)), config);
  };
  const MeetingPlace busy = b.place(30), calm = b.place(90);
  for (const auto& entries : {std::vector{busy, calm}, std::vector{calm, busy}}) {
    const Proposal way = entered(0, entries);
    EXPECT_GT(way.in_at.count(), 60);
    EXPECT_EQ(way.transition.why.find("busy"), std::string::npos) << way.transition.why;
    EXPECT_LT(entered(5, entries).in_at.count(), 60);
  }
  const Proposal alone = entered(0, {busy});
  EXPECT_NE(alone.transition.why.find("both busy for "), std::string::npos) << alone.transition.why;
  ASSERT_TRUE(alone.odds);
  EXPECT_NEAR(*alone.odds, 0, .01) << "what critics say, not what counts against it";
}

}  // namespace
}  // namespace segue
