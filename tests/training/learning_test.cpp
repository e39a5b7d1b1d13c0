// Training from end to end, through the plugin.
#include "support/learning.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

#include "base/folder_lock.hpp"
#include "base/safetensors.hpp"
#include "support/break_off.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

class Learning : public test::LearningFixture {
 protected:
  // A network that learns in a second.
  TrainingRequest request(const std::string& recipe, const std::string& run) const {
    return request_of(Recipe::load(recipe), run, small_);
  }

  test::Settings small_ = {{"channels", "8"},    {"hidden", "8"}, {"clip_length", "8"},
                           {"batch_clips", "2"}, {"epochs", "3"}, {"guard", "0"}};
};

using test::column;

TEST_F(Learning, TheTunedRecipeLearnsASmallSetByHeart) {
  TrainingRequest asked = request("crnn-tuned", "run");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"epochs", "20"},
                                                        {"patience", "0"},
                                                        {"dropout", "0"},
                                                        {"learning_rate", "0.01"},
                                                        {"stretch", "0"},
                                                        {"gain_db", "0"},
                                                        {"tilt_db", "0"},
                                                        {"shift", "0"}}) {
    asked.recipe.set(name, value);
  }
  const TrainingResult result = learning_plugin().train(asked);
  const auto losses = column(asked.folder / "curves.csv", 1),
             aucs = column(asked.folder / "curves.csv", 2);
  ASSERT_EQ(losses.size(), 20u);
  EXPECT_LT(losses.back(), losses.front() / 3);
  EXPECT_GT(aucs.back(), 0.99);
  EXPECT_GT(result.best_validation_auc, 0.9);  // the spectrum wanders in the same way
}

TEST_F(Learning, TheReportsRecipeLearnsASmallSetByHeart) {
  TrainingRequest asked = request("crnn-report", "run");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"epochs", "60"},
                                                        {"patience", "0"},
                                                        {"dropout", "0"},
                                                        {"learning_rate", "0.02"},
                                                        {"hidden", "16"},
                                                        {"shift", "0"},
                                                        {"negatives_same", "4"}}) {
    asked.recipe.set(name, value);
  }
  learning_plugin().train(asked);
  EXPECT_GT(column(asked.folder / "curves.csv", 2).back(), 0.9);
}

TEST_F(Learning, LeavesWeightsCardAndCurves) {
  TrainingRequest asked = request("crnn-tuned", "run");
  asked.command = "segue train music";
  manifest_.tracks[0].licence = "CC-BY-SA 4.0";
  asked.manifest = manifest_;
  const TrainingResult result = learning_plugin().train(asked);
  EXPECT_EQ(result.weights, asked.folder / "crnn-tuned.safetensors");
  EXPECT_EQ(result.epochs, 3);
  const ModelCard card = ModelCard::read(card_path(result.weights));
  EXPECT_EQ(card.weights, hash_file(result.weights));
  EXPECT_EQ(card.command, "segue train music");
  EXPECT_EQ(card.tracks.size(), 6u);
  EXPECT_EQ(card.tracks[0].licence, "CC-BY-SA 4.0");
  EXPECT_EQ(card.tracks[5].side, "val");
  EXPECT_EQ(card.recipe.at("channels"), 8);
  EXPECT_GT(card.metrics.at("val").at("g0").at("auc_hard").get<double>(), 0);
  EXPECT_TRUE(fs::exists(asked.folder / "curves.csv"));
  EXPECT_TRUE(fs::exists(asked.folder / "curves.svg"));
  const auto model = learning_plugin().load_model(result.weights);
  EXPECT_EQ(model->context_length(), 2u);
}

TEST_F(Learning, TheSameSeedGivesTheSameWeightsAndAnotherSeedOthers) {
  std::vector<std::string> weights;
  for (const std::uint64_t seed : {5, 5, 6}) {
    TrainingRequest asked = request("crnn-tuned", "run" + std::to_string(weights.size()));
    asked.seed = seed;
    asked.recipe.set("epochs", "1");
    weights.push_back(test::read_bytes(learning_plugin().train(asked).weights));
  }
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_NE(weights[0], weights[2]);
}

TEST_F(Learning, AnInterruptEndsItWithinASecondAndTheRunGoesOnToTheSameWeights) {
  for (const std::string recipe : {"crnn-tuned", "crnn-report"}) {
    TrainingRequest asked = request(recipe, recipe + "-whole");
    asked.recipe.set("epochs", "8");
    const std::string whole = test::read_bytes(learning_plugin().train(asked).weights);
    asked.folder = folder_ / (recipe + "-broken");
    test::break_off([&] { learning_plugin().train(asked); }, asked.folder / "checkpoint.safetensors");
    EXPECT_FALSE(fs::exists(asked.folder / (recipe + ".safetensors")));
    EXPECT_EQ(refusal(asked), ErrorKind::usage);  // not without being told to go on
    asked.resume = true;
    const TrainingResult result = learning_plugin().train(asked);
    EXPECT_EQ(result.epochs, 8);
    EXPECT_EQ(test::read_bytes(result.weights), whole);
  }
}

pid_t start_learning(const fs::path& manifest, const fs::path& run, bool resume) {
  const std::string program = SEGUE_BINARY_DIR "/segue-learn";
  std::vector<const char*> arguments = {
      program.c_str(), manifest.c_str(), "-o",    run.c_str(), "--threads", "1",
      "--set",         "channels=8",     "--set", "hidden=8",  "--set",     "clip_length=8",
      "--set",         "batch_clips=1",  "--set", "epochs=8",  "--recipe",  "crnn-tuned"};
  if (resume) arguments.push_back("--resume");
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDERR_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    ::execv(program.c_str(), const_cast<char**>(arguments.data()));
    ::_exit(127);
  }
  return child;
}

TEST_F(Learning, ARunThatWasKilledGoesOnToTheSameWeights) {
  manifest_.write(folder_ / "");
  int status = 0;
  ::waitpid(start_learning(folder_.path(), folder_ / "whole", false), &status, 0);
  ASSERT_EQ(status, 0);
  const pid_t child = start_learning(folder_.path(), folder_ / "broken", false);
  while (!fs::exists(folder_ / "broken/checkpoint.safetensors") &&
         ::waitpid(child, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_FALSE(fs::exists(folder_ / "broken/crnn-tuned.safetensors"));
  ::waitpid(start_learning(folder_.path(), folder_ / "broken", true), &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(test::read_bytes(folder_ / "broken/crnn-tuned.safetensors"),
            test::read_bytes(folder_ / "whole/crnn-tuned.safetensors"));
}

TEST_F(Learning, FragmentsOfUnequalLengthAreLearnt) {
  manifest_ = test::make_manifest(folder_.path(), 3, 1, 14, {30, 61, 24, 129});
  for (const std::string recipe : {"crnn-tuned", "crnn-report"}) {
    TrainingRequest asked = request(recipe, recipe);
    const TrainingResult result = learning_plugin().train(asked);
    EXPECT_TRUE(std::isfinite(column(asked.folder / "curves.csv", 1).back()));
    EXPECT_GT(result.best_validation_auc, 0);
  }
}

TEST_F(Learning, StopsWhenValidationGetsNoBetter) {
  TrainingRequest asked = request("crnn-tuned", "run");
  asked.recipe.set("epochs", "50");
  asked.recipe.set("patience", "2");
  asked.recipe.set("learning_rate", "1e-7");  // nothing is learnt
  const TrainingResult result = learning_plugin().train(asked);
  EXPECT_LT(result.epochs, 50);
  EXPECT_EQ(result.epochs - result.best_epoch, 2);
}

TEST_F(Learning, KeepsTheBestEpochOrTheLastAsTheRecipeSays) {
  TrainingRequest asked = request("crnn-tuned", "best");
  asked.recipe.set("learning_rate", "0.3");  // soon spoils what was learnt
  asked.recipe.set("epochs", "4");
  const TrainingResult best = learning_plugin().train(asked);
  ASSERT_LT(best.best_epoch, 4);
  asked.recipe.set("patience", "0");
  asked.recipe.set("keep", "last");
  asked.folder = folder_ / "last";
  const TrainingResult last = learning_plugin().train(asked);
  EXPECT_EQ(last.best_epoch, 4);
  EXPECT_LT(last.best_validation_auc, best.best_validation_auc);
  const SafetensorsFile kept = SafetensorsFile::open(last.weights),
                        state =
                            SafetensorsFile::open(last.weights.parent_path() / "checkpoint.safetensors");
  EXPECT_EQ(kept.floats("dense_weight"), state.floats("net.dense_weight"));
}

TEST_F(Learning, ACheckpointOfAnotherRunIsRefused) {
  TrainingRequest asked = request("crnn-tuned", "run");
  asked.recipe.set("epochs", "1");
  learning_plugin().train(asked);
  asked.resume = true;
  asked.seed = 99;
  EXPECT_EQ(refusal(asked), ErrorKind::input);
  asked.seed = 1;
  fs::resize_file(asked.folder / "checkpoint.safetensors", 1000);
  EXPECT_THROW(learning_plugin().train(asked), Error);
}

TEST_F(Learning, ARunThatIsRefusedLeavesTheManifestOfTheRunBefore) {
  TrainingRequest asked = request("crnn-tuned", "run");
  asked.recipe.set("epochs", "1");
  asked.manifest_folder = asked.folder;
  learning_plugin().train(asked);
  const std::string before = test::read_bytes(asked.folder / "train.csv");
  EXPECT_FALSE(before.empty());
  asked.manifest.tracks.erase(asked.manifest.tracks.begin());
  EXPECT_EQ(refusal(asked), ErrorKind::usage);
  asked.resume = true;
  EXPECT_EQ(refusal(asked), ErrorKind::input);
  EXPECT_EQ(test::read_bytes(asked.folder / "train.csv"), before);
}

TEST_F(Learning, TwoRunsInOneFolderAreRefused) {
  TrainingRequest asked = request("crnn-tuned", "run");
  fs::create_directories(asked.folder);
  const FolderLock other(asked.folder);
  ASSERT_TRUE(other.held());
  EXPECT_EQ(refusal(asked), ErrorKind::usage);
}

TEST_F(Learning, TooLittleMusicIsRefused) {
  TrainingRequest asked = request("crnn-tuned", "run");
  asked.manifest = test::make_manifest(folder_.path(), 2, 0, 16);
  EXPECT_EQ(refusal(asked), ErrorKind::input);
  asked.manifest = test::make_manifest(folder_.path(), 1, 1, 1);
  EXPECT_EQ(refusal(asked), ErrorKind::input);
  asked.manifest = {};
  EXPECT_EQ(refusal(asked), ErrorKind::input);
}

TEST_F(Learning, ALossThatIsNoNumberEndsTheRun) {
  manifest_.tracks[1].features =
      test::write_features(folder_ / "", manifest_.tracks[1].id, 16 * 43, [](Hop, int) { return NAN; });
  EXPECT_EQ(refusal(request("crnn-tuned", "run")), ErrorKind::internal);
  EXPECT_FALSE(fs::exists(folder_ / "run/crnn-tuned.safetensors"));
}

TEST_F(Learning, AnUnknownDeviceIsRefused) {
  TrainingRequest asked = request("crnn-tuned", "run");
  asked.device = "abacus";
  EXPECT_EQ(refusal(asked), ErrorKind::usage);
}

}  // namespace
}  // namespace segue
