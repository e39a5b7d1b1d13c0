// Going on to learn from finished weights, through the plugin.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/safetensors.hpp"
#include "support/break_off.hpp"
#include "support/learning.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::Settings;

constexpr const char* kBandStatistics[] = {"band_mean", "band_scale"};

std::vector<float> floats(const fs::path& weights, const std::string& name) {
  return SafetensorsFile::open(weights).floats(name);
}

bool same_tensors(const fs::path& one, const fs::path& other) {
  const SafetensorsFile a = SafetensorsFile::open(one);
  return std::all_of(a.tensors().begin(), a.tensors().end(), [&](const auto& tensor) {
    return a.floats(tensor.first) == floats(other, tensor.first);
  });
}

class AdaptationTest : public test::LearningFixture {
 protected:
  // A network that was learnt in a second.
  fs::path base(const std::string& recipe, const Settings& settings = {}) {
    base_result_ = learning_plugin().train(request_of(Recipe::load(recipe), "base-" + recipe,
                                                      {{"clip_length", "8"},
                                                       {"batch_clips", "2"},
                                                       {"epochs", "6"},
                                                       {"guard", "0"},
                                                       {"warmup", "0"},
                                                       {"learning_rate", "0.01"}},
                                                      settings));
    return base_result_.weights;
  }

  TrainingRequest request(const fs::path& from, const std::string& run,
                          const Settings& settings = {}) const {
    TrainingRequest request =
        request_of(Recipe::adapting(ModelCard::read(card_path(from))), run, settings);
    request.manifest = others_;
    request.from = from;
    return request;
  }

  TrainingResult base_result_;
  // Seven tracks of which the first six are those of the base, dealt otherwise.
  Manifest others_ = [this] {
    Manifest others = test::make_manifest(folder_.path(), 7, 0, 16);
    others.tracks[0].side = Side::test;
    others.tracks[1].side = Side::validation;
    return others;
  }();
};

TEST_F(AdaptationTest, TheCardTellsWhereTheWeightsComeFromAndWhatIsKnown) {
  const fs::path from = base("crnn-tuned", {{"hidden", "8"}, {"channels", "8"}});
  const TrainingResult result = learning_plugin().train(request(from, "run"));
  EXPECT_EQ(result.name, "crnn-tuned-adapted");
  ASSERT_TRUE(result.validation_auc_before);
  EXPECT_GE(result.best_validation_auc, *result.validation_auc_before);
  const ModelCard card = ModelCard::read(card_path(result.weights));
  ASSERT_TRUE(card.from);
  EXPECT_EQ(card.from->name, "crnn-tuned");
  EXPECT_EQ(card.from->weights, hash_file(from));
  EXPECT_EQ(card.metrics.at("validation_auc_before"), *result.validation_auc_before);
  std::string sides;
  for (const CardTrack& track : card.tracks) sides += track.name + " " + track.side + ", ";
  EXPECT_EQ(sides,
            "track 0 train, track 1 train, track 2 train, track 3 train, track 4 train, track 5 train, "
            "track 6 train, ");
  EXPECT_EQ(learning_plugin().load_model(result.weights)->card().recipe.at("hidden"), 8);
}

TEST_F(AdaptationTest, WhatLearntAnewIsComparedWithTheWeightsToBeginWithByTheSameMeasure) {
  const fs::path from = base("autoencoder");
  others_ = manifest_;
  const TrainingResult result = learning_plugin().train(request(from, "run"));
  EXPECT_EQ(*result.validation_auc_before, base_result_.best_validation_auc);
}

TEST_F(AdaptationTest, WhereNothingGetsBetterTheWeightsStayAsTheyWere) {
  const fs::path from = base("crnn-tuned", {{"hidden", "8"}, {"channels", "8"}, {"epochs", "12"}});
  const TrainingResult result =
      learning_plugin().train(request(from, "run", {{"learning_rate", "0.5"}, {"epochs", "2"}}));
  EXPECT_EQ(result.epochs, 2);
  EXPECT_EQ(result.best_epoch, 0);
  EXPECT_EQ(result.best_validation_auc, *result.validation_auc_before);
  EXPECT_TRUE(same_tensors(from, result.weights));
}

TEST_F(AdaptationTest, BandsAreHeardAsTheyWereWhateverTheMusic) {
  const fs::path from = base("autoencoder");
  for (ManifestTrack& track : others_.tracks)
    track.features = test::write_features(folder_ / "", track.id, 16 * 43,
                                          [](Hop frame, int) { return frame % 7 < 3 ? -1.0f : -6.0f; });
  const TrainingResult result =
      learning_plugin().train(request(from, "run", {{"epochs", "1"}, {"learning_rate", "0.01"}}));
  for (const char* name : kBandStatistics) EXPECT_EQ(floats(result.weights, name), floats(from, name));
}

TEST_F(AdaptationTest, ARunThatWasBrokenOffGoesOnToTheSameWeights) {
  for (const std::string recipe : {"crnn-tuned", "dense", "successor"}) {
    const fs::path from = base(recipe);
    TrainingRequest asked = request(from, recipe + "-whole");
    const TrainingResult unbroken = learning_plugin().train(asked);
    asked.folder = folder_ / (recipe + "-broken");
    test::break_off([&] { learning_plugin().train(asked); }, asked.folder / "checkpoint.safetensors");
    EXPECT_EQ(refusal(asked), ErrorKind::usage);  // not without being told to go on
    asked.resume = true;
    const TrainingResult resumed = learning_plugin().train(asked);
    EXPECT_EQ(test::read_bytes(resumed.weights), test::read_bytes(unbroken.weights)) << recipe;
    EXPECT_EQ(resumed.validation_auc_before, unbroken.validation_auc_before) << recipe;
  }
}

TEST_F(AdaptationTest, ARunFromOtherWeightsIsAnotherRun) {
  const fs::path from = base("autoencoder");
  TrainingRequest asked = request(from, "run", {{"epochs", "1"}});
  const fs::path other = learning_plugin().train(asked).weights;
  asked.from = other;
  asked.resume = true;
  EXPECT_EQ(refusal(asked), ErrorKind::input);
}

TEST_F(AdaptationTest, WhatDoesNotFitIsRefused) {
  const fs::path from = base("autoencoder");
  TrainingRequest asked = request(from, "run");
  asked.recipe = Recipe::load("dense");
  EXPECT_EQ(refusal(asked), ErrorKind::usage);
  asked = request(from, "run");
  asked.encoder = from;
  EXPECT_EQ(refusal(asked), ErrorKind::usage);
  asked = request(from, "run");
  asked.from = folder_ / "none.safetensors";
  EXPECT_EQ(refusal(asked), ErrorKind::model);
  fs::resize_file(from, 100);
  asked.from = from;
  EXPECT_EQ(refusal(asked), ErrorKind::model);
  EXPECT_FALSE(fs::exists(folder_ / "run/checkpoint.safetensors"));
}

}  // namespace
}  // namespace segue
