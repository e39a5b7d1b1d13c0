#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"
#include "training/recipe_table.hpp"
#include "training/training_request.hpp"

namespace segue {
namespace {

TEST(Recipe, TheReportIsAsTheReportHasIt) {
  const Recipe recipe = Recipe::load("crnn-report");
  EXPECT_EQ(recipe.settings().at("epochs"), 75);
  EXPECT_EQ(recipe.settings().at("dropout"), 0.25);
  EXPECT_EQ(recipe.settings().at("loss"), "binary");
  EXPECT_GT(recipe.settings().at("extremes"), 0);
}

TEST(Recipe, EverySettingOfTheBundledRecipesLiesInItsRange) {
  for (const std::string& name : Recipe::bundled()) {
    const Recipe recipe = Recipe::load(name);
    EXPECT_NO_THROW(recipe.validate());
    EXPECT_GE(recipe.settings().size(), 20u);
  }
}

TEST(Recipe, TakesASettingAsText) {
  Recipe recipe = Recipe::load("crnn-tuned");
  recipe.set("epochs", "3");
  recipe.set("learning_rate", "0.01");
  recipe.set("loss", "binary");
  EXPECT_EQ(recipe.settings().at("epochs"), 3);
  EXPECT_EQ(recipe.settings().at("learning_rate"), 0.01);
  EXPECT_EQ(recipe.settings().at("loss"), "binary");
}

TEST(Recipe, ASystemsNameMeansItsTunedRecipe) {
  EXPECT_EQ(Recipe::load("crnn").name(), "crnn-tuned");
  EXPECT_EQ(Recipe::load("dense").system(), "dense");
  EXPECT_EQ(Recipe::load("autoencoder").settings().at("context"), 3);
}

TEST(Recipe, ASystemHasOnlyItsOwnSettings) {
  Recipe dense = Recipe::load("dense");
  dense.set("label", "song");
  const std::string text = test::refusal([&] { dense.set("rhythm_channels", "3"); }, ErrorKind::usage);
  EXPECT_NE(text.find("dense"), std::string::npos) << text;
  EXPECT_NE(text.find("bins"), std::string::npos) << text;
  test::refusal([] { Recipe::load("crnn-tuned").set("label", "song"); }, ErrorKind::usage);
}

TEST(Recipe, OnlyLogMelLeavesTheEncoderToChoose) {
  Recipe recipe = Recipe::load("crnn-tuned");
  recipe.set("encoder", "vgg");
  EXPECT_NE(test::refusal([&] { recipe.validate(); }, ErrorKind::usage).find("input=log-mel"),
            std::string::npos);
  recipe.set("input", "log-mel");
  EXPECT_NO_THROW(recipe.validate());
}

TEST(Recipe, SaysWhichSettingsThereAre) {
  Recipe recipe = Recipe::load("crnn-tuned");
  EXPECT_NE(test::refusal([&] { recipe.set("epoch", "3"); }, ErrorKind::usage).find("learning_rate"),
            std::string::npos);
}

TEST(Recipe, SaysWhichRangeHolds) {
  Recipe recipe = Recipe::load("crnn-tuned");
  for (const char* value : {"0", "-1", "2.5", "many", "", "nan", "inf", "1e9", "3 "}) {
    const std::string text = test::refusal([&] { recipe.set("epochs", value); }, ErrorKind::usage);
    EXPECT_NE(text.find("from 1 to 100000"), std::string::npos) << text;
  }
  EXPECT_NE(test::refusal([&] { recipe.set("input", "wav"); }, ErrorKind::usage).find("log-mel,seam"),
            std::string::npos);
}

TEST(Recipe, RefusesToLearnWithoutWrongAnswers) {
  Recipe recipe = Recipe::load("crnn-report");
  for (const char* name : {"negatives_same", "negatives_other", "extremes"}) recipe.set(name, "0");
  test::refusal([&] { recipe.validate(); }, ErrorKind::usage);
}

TEST(Recipe, ReadsAFileThatChangesABundledRecipe) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "quick.json", R"({"base": "crnn-report", "epochs": 2})");
  const Recipe recipe = Recipe::load((folder / "quick.json").string());
  EXPECT_EQ(recipe.name(), "quick");
  EXPECT_EQ(recipe.settings().at("epochs"), 2);
  EXPECT_EQ(recipe.settings().at("input"), "log-mel");
}

TEST(Recipe, RefusesDamagedFilesAndUnknownNames) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "a.json", "{\"base\": \"crnn-rep");
  test::refusal([&] { Recipe::load((folder / "a.json").string()); }, ErrorKind::input);
  test::write_bytes(folder / "b.json", R"({"base": "crnn-report", "epochs": "two"})");
  test::refusal([&] { Recipe::load((folder / "b.json").string()); }, ErrorKind::usage);
  const std::string itself = (folder / "c.json").string();
  test::write_bytes(itself, R"({"base": ")" + itself + "\"}");
  test::refusal([&] { Recipe::load(itself); }, ErrorKind::input);
  test::write_bytes(folder / "checkpoint.json", R"({"base": "crnn-report"})");
  test::refusal([&] { Recipe::load((folder / "checkpoint.json").string()); }, ErrorKind::input);
  EXPECT_NE(test::refusal([] { Recipe::load("cnn"); }, ErrorKind::usage).find("crnn-tuned"),
            std::string::npos);
}

ModelCard card_of(const std::string& recipe) {
  ModelCard card;
  card.name = "mine";
  card.system = Recipe::load(recipe).system();
  card.recipe = Recipe::load(recipe).settings();
  card.recipe["seed"] = 1;
  card.recipe["songs"] = 7;
  return card;
}

TEST(Recipe, OfAnAdaptationIsThatOfTheModelInFewerEpochsAndSmallerSteps) {
  ModelCard card = card_of("crnn-report");
  card.recipe["hidden"] = 17;
  const Recipe recipe = Recipe::adapting(card);
  EXPECT_EQ(recipe.name(), "mine-adapted");
  EXPECT_EQ(recipe.system(), "crnn");
  nlohmann::json settings = Recipe::load("crnn-report").settings();
  settings["hidden"] = 17;
  settings["epochs"] = Adaptation::epochs;
  settings["learning_rate"] = 0.001 * Adaptation::learning_rate_share;
  EXPECT_EQ(recipe.settings(), settings);
  EXPECT_NO_THROW(recipe.validate());

  card.name = recipe.name();
  card.recipe = recipe.settings();
  card.recipe["epochs"] = 3;
  card.from = CardOrigin{"mine", {}};
  settings["epochs"] = 3;
  EXPECT_EQ(Recipe::adapting(card).settings(), settings) << "steps do not shrink again and again";
  EXPECT_EQ(Recipe::adapting(card).name(), "mine-adapted");
  Recipe successor = Recipe::adapting(card_of("successor"));
  EXPECT_EQ(successor.settings().at("keep"), "best") << "though its card keeps the last epoch";
  EXPECT_NO_THROW(successor.set("patience", "3"));
  EXPECT_NO_THROW(successor.validate());
  successor.set("patience", "0");
  successor.set("keep", "last");
  EXPECT_NE(test::refusal([&] { successor.validate(); }, ErrorKind::usage).find("keep"),
            std::string::npos);
}

TEST(Recipe, OfAnAdaptationChangesNothingThatDefinesTheNetwork) {
  Recipe recipe = Recipe::adapting(card_of("crnn-tuned"));
  recipe.set("epochs", "20");
  recipe.set("learning_rate", "0.01");
  recipe.set("dropout", "0.1");
  recipe.set("hidden", "64");  // as it is
  for (const auto& [name, value] :
       {std::pair("hidden", "65"), std::pair("input", "log-mel"), std::pair("context", "3")}) {
    const std::string text = test::refusal([&] { recipe.set(name, value); }, ErrorKind::usage);
    EXPECT_NE(text.find("fixed by the weights of mine"), std::string::npos) << text;
  }
}

TEST(Recipe, WhatLearntSongsByNameOrHasNoSoundCardIsNotAdapted) {
  ModelCard card = card_of("dense");
  EXPECT_NO_THROW(Recipe::adapting(card));
  card.recipe["label"] = "song";
  EXPECT_NE(test::refusal([&] { Recipe::adapting(card); }, ErrorKind::usage).find("songs"),
            std::string::npos);
  card = card_of("dense");
  card.recipe.erase("weight_decay");  // of before there was such a setting
  EXPECT_NO_THROW(Recipe::adapting(card));
  card.recipe.erase("hidden");
  test::refusal([&] { Recipe::adapting(card); }, ErrorKind::model);
  card.recipe["hidden"] = "many";
  test::refusal([&] { Recipe::adapting(card); }, ErrorKind::model);
  card = card_of("dense");
  card.system = "oracle";
  test::refusal([&] { Recipe::adapting(card); }, ErrorKind::model);
}

TEST(Recipe, PatienceWaitsForNothingWhereTheLastEpochIsKept) {
  Recipe recipe = Recipe::load("successor");
  recipe.set("patience", "5");
  EXPECT_NE(test::refusal([&] { recipe.validate(); }, ErrorKind::usage).find("keep=best"),
            std::string::npos);
  recipe.set("keep", "best");
  EXPECT_NO_THROW(recipe.validate());
}

TEST(Recipe, SuccessorTakesNoEncoder) {
  const std::string text =
      test::refusal([] { Recipe::load("successor").use_pretrained(); }, ErrorKind::usage);
  EXPECT_NE(text.find("--system dense"), std::string::npos) << text;
}

}  // namespace
}  // namespace segue
