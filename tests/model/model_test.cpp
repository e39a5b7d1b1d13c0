#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "model/model_card.hpp"
#include "model/registry.hpp"
#include "support/feature_files.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using test::TemporaryFolder;

ModelCard example_card() {
  ModelCard card;
  card.name = "mine";
  card.system = "crnn";
  card.command = "segue train";
  card.segue_version = "0.1.0";
  card.weights = test::track_id("weights");
  card.recipe = {{"epochs", 3}};
  card.metrics = {{"val_auc_hard", 0.5}};
  card.segmentation = "3";
  card.tracks = {{test::track_id("a"), "a", "train", "CC0"}, {test::track_id("b"), "b", "val", ""}};
  return card;
}

std::string refusal(const std::function<void()>& act) { return test::refusal(act, ErrorKind::model); }

TEST(ModelCard, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const ModelCard card = example_card();
  card.write(folder / "mine.card.json");
  const ModelCard read = ModelCard::read(folder / "mine.card.json");
  EXPECT_EQ(read.name, card.name);
  EXPECT_EQ(read.weights, card.weights);
  EXPECT_EQ(read.recipe, card.recipe);
  EXPECT_EQ(read.metrics, card.metrics);
  EXPECT_TRUE(read.knows(test::track_id("a")));
  EXPECT_TRUE(read.knows(test::track_id("b"))) << "the val side is known too";
  EXPECT_FALSE(read.knows(test::track_id("c")));
  EXPECT_FALSE(read.from);
}

TEST(ModelCard, KeepsWhichWeightsItBeganWith) {
  const TemporaryFolder folder;
  ModelCard card = example_card();
  card.from = CardOrigin{"base", test::track_id("base")};
  card.write(folder / "mine.card.json");
  const ModelCard read = ModelCard::read(folder / "mine.card.json");
  ASSERT_TRUE(read.from);
  EXPECT_EQ(read.from->name, "base");
  EXPECT_EQ(read.from->weights, test::track_id("base"));
}

TEST(Registry, WhatLearnsNothingIsNotAdapted) {
  EXPECT_EQ(find_weights_to_adapt("bundled"), find_weights(kDefaultModel));
  EXPECT_EQ(find_weights_to_adapt("crnn-report"), find_weights("crnn-report"));
  for (const char* name : {"edge", "random"}) {
    const std::string text = test::refusal([&] { find_weights_to_adapt(name); }, ErrorKind::usage);
    EXPECT_NE(text.find("learns nothing"), std::string::npos) << text;
  }
}

TEST(Baselines, EdgeIsTheDistanceOfTheFramesAtTheSeam) {
  const TemporaryFolder folder;
  const auto ramp = [](Hop frame, int band) {
    return static_cast<float>(frame) / 16 + (band == 0 ? 1 : 0);
  };
  const auto file = test::write_features(folder.path(), test::track_id("a"), 60, ramp);
  FragmentSet fragments;
  fragments.add_track(FeatureFile::open(file));
  for (const Hop start : {0, 20, 40}) fragments.add(0, {start, 20});
  fragments.add(0, {20, 5});  // two frames are heard of it
  const auto model = load_model("edge");
  for (const Hop guard : {Hop{0}, Hop{5}}) {
    const auto session = model->open_session(fragments, guard, 1);
    std::vector<float> scores(2);
    session->score(std::vector<std::size_t>{2, 0}, std::vector<std::size_t>{1, 2}, scores);
    // Frames 13 … 16 beside 20 … 23: each of 4 × 80 values differs by 7/16, at guard g by (7 + 2g)/16.
    const double step = static_cast<double>(7 + 2 * guard) / 16;
    EXPECT_NEAR(scores[0], -step * std::sqrt(320), 1e-4);
    EXPECT_NEAR(scores[1], -(step + 20.0 / 16) * std::sqrt(320), 1e-4);
  }
  const auto session = model->open_session(fragments, 0, 1);
  float score = 0;
  session->score(std::vector<std::size_t>{0}, std::vector<std::size_t>{3}, std::span(&score, 1));
  EXPECT_NEAR(score, -5.0 / 16 * std::sqrt(160), 1e-4) << "15 and 16 beside 20 and 21";
}

TEST(Baselines, RandomScoresAreTheSameEachTimeAndKnowNoTrack) {
  const auto model = load_model("random");
  EXPECT_EQ(find_card("random").system, "random");
  EXPECT_TRUE(model->card().tracks.empty());
  const FragmentSet none;
  const auto one = model->open_session(none), two = model->open_session(none);
  std::vector<std::size_t> candidates(1000);
  std::iota(candidates.begin(), candidates.end(), 1);
  std::vector<float> a(1000), b(1000), other(1000);
  one->score(std::vector<std::size_t>{0}, candidates, a);
  two->score(std::vector<std::size_t>{5, 0}, candidates, b);
  two->score(std::vector<std::size_t>{7}, candidates, other);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, other);
  EXPECT_NEAR(std::accumulate(a.begin(), a.end(), 0.0) / 1000, 0.5, 0.05);
}

TEST(ModelCard, DamagedMissingOrNewerCardsAreRefused) {
  const TemporaryFolder folder;
  EXPECT_NE(refusal([&] { ModelCard::read(folder / "none.card.json"); }).find("is missing"),
            std::string::npos);
  EXPECT_NE(refusal([&] { ModelCard::read(folder.path()); }).find("is missing"), std::string::npos);
  for (const char* text : {"", "{", "[]", "{}", R"({"card_version": 1, "name": 5})"}) {
    test::write_bytes(folder / "bad.card.json", text);
    EXPECT_NE(refusal([&] { ModelCard::read(folder / "bad.card.json"); }).find("not a sound"),
              std::string::npos)
        << text;
  }
  test::write_bytes(folder / "new.card.json", R"({"card_version": 99})");
  EXPECT_NE(refusal([&] { ModelCard::read(folder / "new.card.json"); }).find("newer segue"),
            std::string::npos);
}

TEST(Registry, UnknownNamesListWhatThereIs) {
  const std::string sentence = refusal([] { find_weights("no-such"); });
  EXPECT_NE(sentence.find("no model 'no-such'"), std::string::npos);
  EXPECT_NE(sentence.find("crnn-tuned"), std::string::npos);
  EXPECT_NE(refusal([] { find_weights("/none/x.safetensors"); }).find("no such weights"),
            std::string::npos);
}

TEST(Registry, BothRecipesOfTheReportsNetworkAreBundledWithTheirCards) {
  for (const char* name : {"crnn-report", "crnn-tuned"}) {
    const ModelCard card = ModelCard::read(card_path(find_weights(name)));
    EXPECT_EQ(card.system, "crnn");
    EXPECT_EQ(card.weights, hash_file(find_weights(name))) << "card and weights belong together";
    EXPECT_FALSE(card.tracks.empty());
  }
}

}  // namespace
}  // namespace segue
