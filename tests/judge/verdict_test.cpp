#include "judge/verdict.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

// Reads its opinion off the window: `frames` is the score.
class FakeDetector : public SeamDetector {
 public:
  FakeDetector(std::string family, float factor) : factor_(factor) { card_.system = std::move(family); }
  const ModelCard& card() const override { return card_; }
  std::vector<float> score(std::span<const SeamWindow> windows) const override {
    std::vector<float> scores;
    for (const SeamWindow& window : windows)
      scores.push_back(factor_ * static_cast<float>(window.frames));
    return scores;
  }

 private:
  ModelCard card_;
  float factor_;
};

// Windows that score low … low + count - 1.
HeardSeams seams(Hop low, std::size_t count, std::size_t tracks = 5) {
  HeardSeams heard;
  for (std::size_t i = 0; i < count; ++i) {
    heard.windows.push_back({low + static_cast<Hop>(i), {}, {}});
    heard.groups.push_back(i * tracks / count);
  }
  return heard;
}

DetectorSet set_of(float one, float other) {
  DetectorSet set;
  set.transition = Seconds(0.1);
  set.detectors.push_back(std::make_unique<FakeDetector>("contrast", one));
  set.detectors.push_back(std::make_unique<FakeDetector>("cnn", other));
  return set;
}

// Hard cuts are heard, continuations are not.
ControlSeams sound_controls() { return {seams(100, 40), seams(0, 40), seams(0, 40), seams(0, 40)}; }

TEST(Verdict, CountsWhatValidDetectorsHear) {
  const DetectorSet set = set_of(1, -0.5f);
  Judge judge(set, sound_controls(), 5, Seconds(0.1), 1);
  judge.hear("edge", seams(20, 40), seams(0, 40));
  const Verdict& verdict = judge.verdict();
  ASSERT_EQ(verdict.controls.size(), 3u);
  EXPECT_TRUE(verdict.controls[0].valid());
  EXPECT_FALSE(verdict.controls[1].valid()) << "it finds hard cuts more continuous than music";
  EXPECT_EQ(verdict.controls[2].detector, "together");
  EXPECT_DOUBLE_EQ(verdict.controls[0].hard_cuts, 1);
  EXPECT_DOUBLE_EQ(verdict.controls[0].continuation, 0.5);
  // 40 × 40 pairs: joins 20 … 59 against 0 … 39. Lost: pairs with join < passage, 20·19/2 of them,
  // and 20 equal ones count half.
  const double auc = (1600 - 190 - 10) / 1600.0;
  ASSERT_TRUE(verdict.figures[0].strongest);
  EXPECT_DOUBLE_EQ(verdict.figures[0].strongest->auc, auc);
  EXPECT_LT(verdict.figures[0].strongest->interval.low, auc);
  EXPECT_GT(verdict.figures[0].strongest->interval.high, auc);
  EXPECT_DOUBLE_EQ(verdict.figures[0].detectors[1].auc, 1 - auc);
  const nlohmann::json json = verdict;
  EXPECT_EQ(json["figures"][0]["joins"], "edge");
  EXPECT_EQ(json["figures"][0]["n_joins"], 40);
  EXPECT_EQ(json["valid"], true);
  EXPECT_EQ(json["kind"], "100ms");
  EXPECT_TRUE(json["figures"][0]["by_detector"].contains("cnn"));
}

TEST(Verdict, CannotTellWhereNoDetectorIsSound) {
  const DetectorSet set = set_of(1, 1);
  for (const bool deaf : {true, false}) {
    ControlSeams controls = sound_controls();
    if (deaf) {
      controls.hard_cuts = seams(20, 40);
    } else {
      controls.faded = seams(10, 40);  // the fade alone is taken for a join
    }
    Judge judge(set, controls, 5, Seconds(0.1), 1);
    judge.hear("edge", seams(20, 40), seams(0, 40));
    EXPECT_FALSE(judge.verdict().valid()) << deaf;
    EXPECT_FALSE(judge.verdict().figures[0].strongest);
    const nlohmann::json json = judge.verdict();
    EXPECT_TRUE(json["figures"][0]["auc"].is_null());
    EXPECT_EQ(json["valid"], false);
  }
}

TEST(Verdict, TooFewJoinsAreNoVerdict) {
  const DetectorSet set = set_of(1, 1);
  Judge judge(set, sound_controls(), 5, Seconds(0.1), 1);
  const std::string told =
      test::refusal([&] { judge.hear("edge", seams(0, 19), seams(0, 40)); }, ErrorKind::input);
  EXPECT_NE(told.find("19 joins"), std::string::npos) << told;
  EXPECT_EQ(judge.verdict().figures.size(), 0u);
}

TEST(Detectors, AreFoundByTheLengthOfTheFade) {
  const test::TemporaryFolder folder;
  for (const char* kind : {"100ms", "1000ms", "2000ms.learning", "notes"})
    std::filesystem::create_directories(folder / kind);
  const auto kind = [&](double fade) {
    const auto place = locate_detectors(Seconds(fade), folder.path());
    return place ? kind_name(place->transition) : "none";
  };
  EXPECT_EQ(kind(0.1), "100ms");
  EXPECT_EQ(kind(0.09), "100ms");
  EXPECT_EQ(kind(0), "100ms");
  EXPECT_EQ(kind(0.2), "none");
  EXPECT_EQ(kind(1.15), "1000ms");
  EXPECT_EQ(kind(2), "none") << "half-learnt";
  const std::string told =
      test::refusal([&] { find_detectors(Seconds(0.5), folder.path()); }, ErrorKind::model);
  EXPECT_NE(told.find("0.5 s"), std::string::npos) << told;
  EXPECT_NE(told.find("--learn"), std::string::npos) << told;
}

}  // namespace
}  // namespace segue
