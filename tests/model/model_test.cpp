#include <gtest/gtest.h>

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

TEST(Registry, WeightsOfAnUnknownSystemAreRefused) {
  const TemporaryFolder folder;
  ModelCard card = example_card();
  card.system = "telepathy";
  card.write(folder / "x.card.json");
  test::write_bytes(folder / "x.safetensors", "whatever");
  const std::string sentence = refusal([&] { load_model((folder / "x.safetensors").native()); });
  EXPECT_NE(sentence.find("telepathy"), std::string::npos) << sentence;
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
