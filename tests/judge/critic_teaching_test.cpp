// Teaching a critic, in small: through the plugin, by what the bundled network chooses.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/paths.hpp"
#include "judge/detectors.hpp"
#include "judge/join_examples.hpp"
#include "planning/critic_sets.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

class CriticTeaching : public testing::Test {
 protected:
  void SetUp() override {
    set_verbosity(Verbosity::quiet);
    Random random(3);
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) library_.add_noise(name, 60, random);
    const std::vector<LibraryTrack> all = library_.tracks();
    training_.tracks.assign(all.begin(), all.begin() + 4);
    training_.validation.assign(all.begin() + 4, all.end());
    training_.systems = {"edge"};
    training_.round = 30;
    training_.most_rounds = 2;
    training_.steps = 5;
    training_.threads = 1;
    training_.critic = true;
  }

  test::MixLibrary library_;
  test::TemporaryFolder folder_;
  DetectorTraining training_;
};

TEST_F(CriticTeaching, LeavesASetThatThePlannerFindsAndThatKnowsWhatItHeard) {
  const std::vector<LearningPoint> curve =
      train_detectors(training_, library_.library(), folder_.path());
  EXPECT_EQ(curve.size(), 4u) << "one and two rounds, two families: a critic does not stop early";
  const auto critics = require_critics(Seconds(0.1), folder_.path());
  ASSERT_EQ(critics->critics.size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "100ms.learning"));
  for (const auto& critic : critics->critics) {
    EXPECT_EQ(critic->card().tracks.size(), 6u);
    EXPECT_TRUE(critic->card().metrics.at("odds_of_passages").is_number());
    EXPECT_TRUE(critic->card().knows_any(training_.tracks.front().recording));
  }
}

// Whatever the track is called now: its contents say that it has taught what measures.
TEST_F(CriticTeaching, NothingLearnsFromWhatHasTaughtTheOther) {
  const ModelCard card = ModelCard::read(find_shipped("models/detectors/100ms") / "contrast.card.json");
  const auto taught = std::find_if(card.tracks.begin(), card.tracks.end(),
                                   [](const CardTrack& track) { return track.side == "train"; });
  ASSERT_NE(taught, card.tracks.end());
  training_.tracks[1].recording.push_back(taught->id);
  const auto teach = [&] { train_detectors(training_, library_.library(), folder_.path()); };
  const Error error = test::refusal(teach);
  EXPECT_EQ(error.kind(), ErrorKind::input);
  EXPECT_EQ(error.file(), training_.tracks[1].file);
  EXPECT_NE(error.problem().find("has taught the detectors"), std::string::npos) << error.problem();
  training_.critic = false;  // may learn from it, but hears the audio that these have not got
  EXPECT_EQ(test::refusal(teach).problem().find("has taught"), std::string::npos);
}

TEST_F(CriticTeaching, ThePlannersChoicesAreAmongTheJoinsAndTheCriticChangesThem) {
  const Segmentation cuts = Segmentation::parse("3");
  const auto examples_of = [&](std::shared_ptr<const CriticSet> critics) {
    JoinExampleMaker maker(training_, library_.library());
    if (critics) maker.choose_by(std::move(critics));
    JoinExamples examples;
    maker.add(training_.tracks, cuts, training_.round, 7, false, examples);
    return examples;
  };
  const JoinExamples alone = examples_of(nullptr);
  EXPECT_EQ(std::count(alone.sounds.begin(), alone.sounds.end(), Sound::chosen), 10 + 10 + 10)
      << "of a system, of the planner across tracks and within them";
  EXPECT_EQ(alone.windows.size(), alone.joined.size());

  const JoinExamples heard = examples_of(require_critics(Seconds(0.1)));  // that of segue itself
  ASSERT_EQ(heard.windows.size(), alone.windows.size());
  std::size_t others = 0;
  for (std::size_t i = 0; i < heard.windows.size(); ++i) {
    const bool same = heard.windows[i].log_mel == alone.windows[i].log_mel;
    if (alone.sounds[i] == Sound::hard_cut) {
      EXPECT_TRUE(same) << i;
    }
    // Its twenty joins come last, each ten beside ten passages.
    const bool by_planner = i + 40 >= heard.windows.size() && alone.sounds[i] == Sound::chosen;
    others += by_planner && !same;
  }
  EXPECT_GT(others, 0u) << "it hears and chooses otherwise";
}

}  // namespace
}  // namespace segue
