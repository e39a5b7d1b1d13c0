// The report's systems from end to end, through the plugin.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "support/break_off.hpp"
#include "support/learning.hpp"
#include "training/sampler.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::Settings;

class TrainedSystems : public test::LearningFixture {
 protected:
  TrainingRequest request(const std::string& recipe, const Settings& settings) const {
    return request_of(Recipe::load(recipe), "run",
                      {{"clip_length", "8"},
                       {"batch_clips", "2"},
                       {"guard", "0"},
                       {"shift", "0"},
                       {"dropout", "0"},
                       {"patience", "0"}},
                      settings);
  }

  // First and last of a column of curves.csv.
  std::pair<double, double> ends_of(int column) const {
    const std::vector<double> values = test::column(folder_ / "run/curves.csv", column);
    return {values.front(), values.back()};
  }
};

TEST_F(TrainedSystems, DenseLearnsThePlacesOfASmallSetByHeartAndSortsByThem) {
  const TrainingRequest asked =
      request("dense", {{"bins", "8"}, {"epochs", "120"}, {"learning_rate", "0.003"}, {"hidden", "64"}});
  const TrainingResult result = learning_plugin().train(asked);
  const auto [first, last] = ends_of(1);
  EXPECT_LT(last, first / 5);
  const auto model = learning_plugin().load_model(result.weights);
  EXPECT_EQ(model->card().system, "dense");
  // The weights of the best epoch by AUC on other tracks need not be the last ones: ask for order only.
  const FragmentSet set = manifest_.fragments(Side::train);
  const auto session = model->open_session(set, 0, 1);
  std::vector<std::size_t> shuffled = {9, 2, 14, 5, 0, 12, 7, 3, 15, 10, 1, 6, 13, 4, 8, 11};
  const std::vector<std::size_t> sorted = session->sorted(shuffled);
  ASSERT_EQ(sorted.size(), shuffled.size());
  std::vector<std::size_t> all = sorted;
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
  double inversions = 0;
  for (std::size_t a = 0; a < sorted.size(); ++a) {
    for (std::size_t b = a + 1; b < sorted.size(); ++b) inversions += sorted[a] > sorted[b];
  }
  EXPECT_LT(inversions, 120 / 4) << "of 120 pairs, half by chance";
}

TEST_F(TrainedSystems, DenseLearnsWhichSongAFragmentIsFrom) {
  const TrainingRequest asked = request(
      "dense", {{"label", "song"}, {"epochs", "30"}, {"learning_rate", "0.003"}, {"hidden", "64"}});
  const TrainingResult result = learning_plugin().train(asked);
  const auto [first, last] = ends_of(1);
  EXPECT_LT(last, first / 10);
  // A track's fragments follow each other, others' do not.
  const FragmentSet set = manifest_.fragments(Side::train);
  const auto model = learning_plugin().load_model(result.weights);
  std::vector<float> scores(2);
  model->open_session(set, 0, 1)->score(std::vector<std::size_t>{3}, std::vector<std::size_t>{9, 40},
                                        scores);
  EXPECT_GT(scores[0], scores[1]);
  EXPECT_EQ(model->card().recipe.at("songs"), 4);
}

TEST_F(TrainedSystems, TheAutoencoderLearnsToGiveFragmentsBackAndShowsThem) {
  for (std::size_t i : {4, 5}) manifest_.tracks[i].features = manifest_.tracks[i - 4].features;
  const TrainingRequest asked = request("autoencoder", {{"epochs", "60"}, {"learning_rate", "0.003"}});
  const TrainingResult result = learning_plugin().train(asked);
  const auto [first, last] = ends_of(1);
  EXPECT_LT(last, first / 2);
  const ModelCard card = ModelCard::read(card_path(result.weights));
  EXPECT_LT(card.metrics.at("reconstruction_rms_db").get<double>(),
            card.metrics.at("band_mean_rms_db").get<double>());
  EXPECT_GT(fs::file_size(asked.folder / "reconstruction.png"), 1000u);
  EXPECT_EQ(test::read_bytes(asked.folder / "reconstruction.png").substr(1, 3), "PNG");
  EXPECT_EQ(learning_plugin().load_model(result.weights)->context_length(), 3u);
}

TEST_F(TrainedSystems, AResumedRunGivesTheWeightsOfAnUnbrokenOne) {
  for (const auto& [recipe, encoder] :
       std::vector<std::pair<std::string, const char*>>{{"dense", "frames"},
                                                        {"autoencoder", "conv1d"},
                                                        {"crnn-report", "resnet"},
                                                        {"successor", ""}}) {
    Settings settings = {{"epochs", "12"}, {"dropout", "0.25"}};
    if (*encoder != 0) settings.insert(settings.end(), {{"encoder", encoder}, {"channels", "8"}});
    TrainingRequest asked = request(recipe, settings);
    asked.folder = folder_ / (recipe + "-whole");
    const std::string whole = test::read_bytes(learning_plugin().train(asked).weights);
    asked.folder = folder_ / (recipe + "-broken");
    test::break_off([&] { learning_plugin().train(asked); }, asked.folder / "checkpoint.safetensors");
    asked.resume = true;
    EXPECT_EQ(test::read_bytes(learning_plugin().train(asked).weights), whole) << recipe;
  }
}

TEST_F(TrainedSystems, FragmentsOfUnequalLengthAreLearnt) {
  manifest_ = test::make_manifest(folder_.path(), 3, 1, 14, {30, 61, 24, 129});
  for (const std::string recipe : {"dense", "autoencoder", "successor"}) {
    TrainingRequest asked = request(recipe, {{"epochs", "2"}});
    asked.folder = folder_ / recipe;
    EXPECT_GT(learning_plugin().train(asked).best_validation_auc, 0);
  }
}

TEST_F(TrainedSystems, ABatchSaysWhereItsFragmentsComeFrom) {
  manifest_.tracks[2].song = manifest_.tracks[0].song;
  const std::vector<std::string> songs = songs_of(manifest_, Side::train);
  EXPECT_EQ(songs.size(), 3u);
  Sampler sampler(manifest_, Side::train, Recipe::load("crnn-tuned"), 1, false);
  sampler.begin_epoch(1);
  const TrainingBatch batch = sampler.batch(0, 1);
  ASSERT_EQ(batch.origins.size(), 64u);  // four tracks of sixteen, then the extreme cases
  ASSERT_GT(batch.fragments.size(), batch.origins.size());
  std::vector<int> of_song(3);
  for (std::size_t i = 0; i < batch.origins.size(); ++i) {
    ++of_song.at(batch.origins[i].song);
    EXPECT_NEAR(batch.origins[i].position, (static_cast<double>(i % 16) + 0.5) / 16, 0.01);
  }
  EXPECT_EQ(of_song, (std::vector<int>{32, 16, 16}));
}

}  // namespace
}  // namespace segue
