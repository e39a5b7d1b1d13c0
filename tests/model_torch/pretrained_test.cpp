#include "model_torch/pretrained.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "model/plugin.hpp"
#include "model_torch/systems.hpp"
#include "support/manifests.hpp"
#include "support/programs.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"
#include "training/training_request.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

class PretrainedTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_verbosity(Verbosity::quiet);
    encoders_ = new test::TemporaryFolder;
    test::output_of("OMP_NUM_THREADS=1 /usr/bin/python3 " SEGUE_SOURCE_DIR
                    "/tests/support/encoders.py " +
                    test::quoted(encoders_->path().string()));
  }
  static void TearDownTestSuite() { delete encoders_; }

  PretrainedTest() {
    keep_in(folder_ / "cache");
    use_threads(1);
  }
  // Where embeddings are kept from now on.
  static void keep_in(const fs::path& folder) { ::setenv("XDG_CACHE_HOME", folder.c_str(), 1); }

  static fs::path encoder(const std::string& kind) { return *encoders_ / (kind + ".pt"); }

  fs::path kept_file(const Pretrained& encoder, const ManifestTrack& track) const {
    return user_cache_folder() / "embeddings" / encoder.hash().hex() / (track.id.hex() + ".safetensors");
  }

  // A track whose audio is a constant, and how often it was read.
  std::shared_ptr<const FeatureFile> audible(int& read) {
    const AudioReader reader = [&read](Seconds, Seconds length, int rate) {
      ++read;
      return std::vector<float>(static_cast<std::size_t>(length.count() * rate + 0.5), 0.25f);
    };
    return FeatureFile::open(manifest_.tracks[0].features, reader);
  }

  std::string refusal_of(const fs::path& file) {
    const Error error = test::refusal([&] { Pretrained::load(file); });
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_EQ(error.file(), file);
    EXPECT_FALSE(error.remedy().empty());
    return error.problem();
  }

  static inline test::TemporaryFolder* encoders_ = nullptr;
  test::TemporaryFolder folder_;
  Manifest manifest_ = test::make_manifest(folder_.path(), 3, 1, 12);
};

TEST_F(PretrainedTest, AModuleFromPythonMakesAVectorOfEachFragmentWhateverItsLength) {
  const auto encoder_ = Pretrained::load(encoder("log-mel"));
  EXPECT_EQ(encoder_->width(), 24);
  const auto track = FeatureFile::open(manifest_.tracks[0].features);
  const std::vector<float> one = encoder_->embed(*track, {0, 43}, 0);
  EXPECT_EQ(one.size(), 24u);
  EXPECT_EQ(encoder_->embed(*track, {0, 43}, 0), one);
  EXPECT_NE(encoder_->embed(*track, {0, 43}, kGuard116Frames), one);
  EXPECT_NE(encoder_->embed(*track, {43, 100}, 0), one);
}

TEST_F(PretrainedTest, AModuleThatHearsAudioIsGivenTheSamplesOfTheVisibleFramesAlone) {
  const auto encoder_ = Pretrained::load(encoder("audio"));
  std::vector<double> asked;
  const AudioReader reader = [&](Seconds start, Seconds length, int rate) {
    asked = {start.count(), length.count(), static_cast<double>(rate)};
    return std::vector<float>(static_cast<std::size_t>(length.count() * rate + 0.5), 0.25f);
  };
  const auto track = FeatureFile::open(manifest_.tracks[0].features, reader);
  const std::vector<float> heard = encoder_->embed(*track, {43, 43}, kGuard116Frames);
  // Five frames are hidden on both sides; what is left of the fragment's samples is less by 5 hops.
  EXPECT_NEAR(asked[0], 48 * 512 / 22050.0, 1e-9);
  EXPECT_NEAR(asked[0] + asked[1], (86 - 5) * 512 / 22050.0, 1e-9);
  EXPECT_EQ(asked[2], 16000);
  EXPECT_NEAR(heard[0], asked[1], 1e-4);
  EXPECT_NEAR(heard[1], 0.25, 1e-6);
  const auto features_alone = FeatureFile::open(manifest_.tracks[0].features);
  const Error error = test::refusal([&] { encoder_->embed(*features_alone, {86, 43}, 0); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
}

TEST_F(PretrainedTest, WhatItHeardOnceIsNotComputedAgain) {
  int read = 0;
  const auto track = audible(read);
  std::vector<float> first;
  {
    const auto one = Pretrained::load(encoder("audio"));
    first = one->embed(*track, {0, 43}, 0);
    EXPECT_EQ(one->embed(*track, {0, 43}, 0), first);
    one->embed(*track, {43, 43}, 0);
    EXPECT_EQ(read, 2);
  }
  const auto two = Pretrained::load(encoder("audio"));
  EXPECT_EQ(two->embed(*track, {0, 43}, 0), first);
  EXPECT_EQ(read, 2) << "found on disk";
  two->embed(*track, {0, 43}, kGuard116Frames);
  two->embed(*track, {0, 86}, 0);
  EXPECT_EQ(read, 4) << "another guard or span";
  // The same track analysed anew: its log-mel differs, so its audio may.
  test::write_features(folder_.path(), manifest_.tracks[0].id, 12 * 43, test::wandering_spectrum(99));
  Pretrained::load(encoder("audio"))->embed(*audible(read), {0, 43}, 0);
  EXPECT_EQ(read, 5);
}

TEST_F(PretrainedTest, AnotherEncoderOrADamagedFileIsHeardAnew) {
  int read = 0;
  const auto track = audible(read);
  const std::vector<float> first = Pretrained::load(encoder("audio"))->embed(*track, {0, 43}, 0);
  const auto file = kept_file(*Pretrained::load(encoder("audio")), manifest_.tracks[0]);
  ASSERT_TRUE(fs::exists(file));
  const auto other = Pretrained::load(encoder("louder"));
  EXPECT_NE(other->embed(*track, {0, 43}, 0), first);
  EXPECT_EQ(read, 2);
  fs::resize_file(file, fs::file_size(file) - 1);
  EXPECT_EQ(Pretrained::load(encoder("audio"))->embed(*track, {0, 43}, 0), first);
  EXPECT_EQ(read, 3);
  EXPECT_EQ(Pretrained::load(encoder("audio"))->embed(*track, {0, 43}, 0), first);
  EXPECT_EQ(read, 3) << "made again";
}

TEST_F(PretrainedTest, IsAskedByOneThreadOnly) {
  const auto track = FeatureFile::open(manifest_.tracks[0].features);
  use_threads(2);
  const Error error = test::refusal([&] {
    Pretrained::load(encoder("log-mel"))->embed(*track, {0, 43}, 0);
  });
  EXPECT_EQ(error.kind(), ErrorKind::internal);
}

TEST_F(PretrainedTest, AModuleThatBreaksTheContractIsRefusedWithTheReason) {
  EXPECT_NE(refusal_of(encoder("frames")).find("[2 × 80 × 120]"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("length")).find("not one vector of 120"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("infinite")).find("finite"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("narrow")).find("fails on an input"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("no-rate")).find("sample_rate"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("moody")).find("each time"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("image")).find("neither"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("nothing")).find("no such"), std::string::npos);
  test::write_bytes(folder_ / "text.pt", "this is no module");
  EXPECT_NE(refusal_of(folder_ / "text.pt").find("TorchScript"), std::string::npos);
}

TEST_F(PretrainedTest, EverySystemLearnsOnTopOfItAndTakesItAlong) {
  const FragmentSet set = manifest_.fragments(Side::train);
  for (const std::string system : {"crnn", "dense", "autoencoder"}) {
    TrainingRequest request;
    request.manifest = manifest_;
    request.recipe = Recipe::load(system);
    request.recipe.use_pretrained();
    request.recipe.set("epochs", "2");
    request.encoder = encoder("log-mel");
    request.folder = folder_ / system;
    request.threads = 1;
    const fs::path weights = learning_plugin().train(request).weights;
    const auto model = learning_plugin().load_model(weights);
    std::vector<float> scores(2);
    model->open_session(set)->score(std::vector<std::size_t>{3}, std::vector<std::size_t>{4, 30},
                                    scores);
    EXPECT_NE(scores[0], scores[1]) << system;
    TrainingRequest adaptation = request;
    adaptation.recipe = Recipe::adapting(ModelCard::read(card_path(weights)));
    adaptation.from = weights;
    adaptation.encoder.clear();
    adaptation.folder = folder_ / (system + " adapted");
    const fs::path adapted = learning_plugin().train(adaptation).weights;
    EXPECT_NO_THROW(learning_plugin().load_model(adapted)) << "its encoder came along";
    fs::copy_file(encoder("audio"), folder_ / system / (request.recipe.name() + ".encoder.pt"),
                  fs::copy_options::overwrite_existing);
    EXPECT_THROW(learning_plugin().load_model(weights), Error) << "another encoder";
  }
}

// Weights and scores, with embeddings computed or found on disk.
TEST_F(PretrainedTest, WhereItsEmbeddingsComeFromMakesNoDifference) {
  const FragmentSet set = manifest_.fragments(Side::train);
  const auto train = [&](const std::string& system, const std::string& name) {
    TrainingRequest request;
    request.manifest = manifest_;
    request.recipe = Recipe::load(system);
    request.recipe.use_pretrained();
    request.recipe.set("epochs", "2");
    request.encoder = encoder("log-mel");
    request.folder = folder_ / (system + name);
    request.threads = 2;
    return learning_plugin().train(request).weights;
  };
  const auto scores = [&](const fs::path& weights, Hop guard, std::size_t threads) {
    const auto model = learning_plugin().load_model(weights);
    std::vector<std::size_t> candidates;
    for (std::size_t i = 4; i < set.size(); ++i) candidates.push_back(i);
    std::vector<float> values(candidates.size());
    model->open_session(set, guard, threads)->score(std::vector<std::size_t>{2, 3}, candidates, values);
    return values;
  };
  test::write_bytes(folder_ / "file", "");
  for (const std::string system : {"crnn", "dense", "autoencoder"}) {
    keep_in(folder_ / ("cache of " + system));
    const fs::path first = train(system, " first"), second = train(system, " second");
    keep_in(folder_ / "file");  // no folder can be made there
    const fs::path without = train(system, " without");
    EXPECT_EQ(test::read_bytes(first), test::read_bytes(without)) << system;
    EXPECT_EQ(test::read_bytes(first), test::read_bytes(second)) << system;
    for (const Hop guard : {Hop{0}, Hop{2}}) {  // the second was not heard in training
      keep_in(folder_ / "file");
      const std::vector<float> plain = scores(without, guard, 1);
      EXPECT_EQ(scores(without, guard, 2), plain) << system;
      keep_in(folder_ / ("cache of " + system));
      for (const std::size_t threads : {2, 1, 1})
        EXPECT_EQ(scores(first, guard, threads), plain) << system;
    }
  }
}

TEST_F(PretrainedTest, ARecipeAndItsEncoderBelongTogether) {
  TrainingRequest request;
  request.manifest = manifest_;
  request.recipe = Recipe::load("dense");
  request.folder = folder_ / "run";
  request.encoder = encoder("log-mel");
  EXPECT_EQ(test::refusal([&] { learning_plugin().train(request); }).kind(), ErrorKind::usage);
  request.recipe.use_pretrained();
  request.encoder.clear();
  EXPECT_EQ(test::refusal([&] { learning_plugin().train(request); }).kind(), ErrorKind::usage);
}

}  // namespace
}  // namespace segue
