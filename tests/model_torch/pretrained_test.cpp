#include "model_torch/pretrained.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "model/plugin.hpp"
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

  static fs::path encoder(const std::string& kind) { return *encoders_ / (kind + ".pt"); }

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

TEST_F(PretrainedTest, AModuleThatBreaksTheContractIsRefusedWithTheReason) {
  EXPECT_NE(refusal_of(encoder("frames")).find("[2 × 80 × 120]"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("length")).find("not one vector of 120"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("infinite")).find("finite"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("narrow")).find("fails on an input"), std::string::npos);
  EXPECT_NE(refusal_of(encoder("no-rate")).find("sample_rate"), std::string::npos);
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
    fs::copy_file(encoder("audio"), folder_ / system / (request.recipe.name() + ".encoder.pt"),
                  fs::copy_options::overwrite_existing);
    EXPECT_THROW(learning_plugin().load_model(weights), Error) << "another encoder";
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
