// What holds for every network and encoder.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "model_torch/encoder.hpp"
#include "model_torch/systems.hpp"
#include "support/manifests.hpp"
#include "support/random_fragment.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

struct Case {
  const char* name;
  const char* recipe;
  std::vector<std::pair<const char*, const char*>> settings;
};

const Case kCases[] = {
    {"CrnnLeNet", "crnn-report", {{"encoder", "lenet"}, {"activation", "tanh"}}},
    {"CrnnAlexNet", "crnn-report", {{"encoder", "alexnet"}}},
    {"CrnnVgg", "crnn-report", {{"encoder", "vgg"}}},
    {"CrnnResNet", "crnn-report", {{"encoder", "resnet"}}},
    {"CrnnFrames", "crnn-report", {{"encoder", "frames"}}},
    {"CrnnSigmoid", "crnn-report", {{"activation", "sigmoid"}}},
    {"Dense", "dense", {{"activation", "tanh"}}},
    {"DenseSong", "dense", {{"label", "song"}, {"encoder", "conv1d"}}},
    {"DenseVgg", "dense", {{"encoder", "vgg"}}},
    {"Autoencoder", "autoencoder", {}},
    {"AutoencoderResNet", "autoencoder", {{"encoder", "resnet"}, {"activation", "sigmoid"}}},
    {"AutoencoderAlexNet", "autoencoder", {{"encoder", "alexnet"}}},
    {"Successor", "successor", {{"edge", "20"}, {"rhythm", "12"}, {"pair_share", "1"}}},
};

class Networks : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    recipe_ = Recipe::load(GetParam().recipe);
    for (const auto& [name, value] : GetParam().settings) recipe_.set(name, value);
    if (recipe_.settings().contains("channels")) recipe_.set("channels", "16");
    recipe_.set("dropout", "0");
    recipe_.validate();
    settings_ = recipe_.settings();
    settings_["songs"] = 4;
    torch::manual_seed(3);
    net_ = make_network(recipe_.system(), settings_);
  }

  test::TemporaryFolder folder_;
  Manifest manifest_ = test::make_manifest(folder_.path(), 4, 1, 8, {60, 90, 40});
  Recipe recipe_;
  nlohmann::json settings_;
  std::unique_ptr<Network> net_;
};

TEST_P(Networks, GradientsFlowIntoEveryParameterFromFragmentsOfUnequalLength) {
  Sampler sampler(manifest_, Side::train, recipe_, 1, true);
  ASSERT_GT(sampler.begin_epoch(1), 0u);
  net_->count(manifest_);
  net_->train();
  const Lesson lesson = net_->study(sampler.batch(0, 1), settings_, 1);
  ASSERT_TRUE(torch::isfinite(lesson.loss).item<bool>());
  ASSERT_TRUE(torch::isfinite(lesson.scores).all().item<bool>());
  lesson.loss.backward();
  const bool norms = settings_["encoder"] == "resnet";
  for (const auto& item : net_->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    // A shift before a batch norm changes nothing.
    if (norms && item.key().find("conv_bias") != std::string::npos) continue;
    EXPECT_GT(item.value().grad().abs().sum().item<float>(), 0) << item.key();
  }
}

TEST_P(Networks, TheModelIsACopyThatKeepsItsScores) {
  net_->count(manifest_);
  net_->eval();
  const FragmentSet set = manifest_.fragments(Side::train);
  const auto model = net_->model({});
  const auto ask = [&](const SuccessorModel& asked) {
    const auto session = asked.open_session(set);
    std::vector<float> scores(6);
    session->score(std::vector<std::size_t>{3, 4}, std::vector<std::size_t>{5, 9, 17, 4, 0, 20}, scores);
    return scores;
  };
  const std::vector<float> before = ask(*model);
  for (const float score : before) EXPECT_TRUE(std::isfinite(score));
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : net_->parameters()) parameter.mul_(2);
  }
  EXPECT_EQ(ask(*model), before);
}

INSTANTIATE_TEST_SUITE_P(All, Networks, testing::ValuesIn(kCases),
                         [](const auto& parameter) { return parameter.param.name; });

class Encoders : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

// Nothing of the padding in a batch is heard.
TEST_P(Encoders, AFragmentsFeaturesAreThoseItHasAlone) {
  torch::manual_seed(5);
  EncoderConfig config;
  std::tie(config.family, config.activation) = GetParam();
  config.channels = 24;
  const auto encoder = make_encoder(config);
  encoder->eval();
  const torch::NoGradGuard no_grad;
  Random random(5);
  std::vector<LogMel> fragments;
  for (const Hop frames : {126, 37, 300, 6, 61}) fragments.push_back(random_fragment(frames, random));
  const BandStatistics bands{std::vector<float>(80, -3), std::vector<float>(80, 1)};
  const EncodedFrames together = encoder->forward(pack_frames(fragments, bands, 1, 1));
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    const EncodedFrames alone = encoder->forward(pack_frames(std::span(&fragments[i], 1), bands, 1, 1));
    ASSERT_EQ(alone.lengths[0], together.lengths[i]);
    ASSERT_EQ(alone.steps.size(1), alone.lengths[0]);
    ASSERT_EQ(alone.steps.size(2), encoder->width());
    const torch::Tensor same =
        together.steps[static_cast<std::int64_t>(i)].narrow(0, 0, alone.lengths[0]);
    const float size = alone.steps.abs().max().item<float>();
    EXPECT_LT((same - alone.steps[0]).abs().max().item<float>(), 1e-5f * (1 + size))
        << fragments[i].frames;
  }
}

TEST_P(Encoders, EveryFrameIsHeard) {
  torch::manual_seed(6);
  EncoderConfig config;
  std::tie(config.family, config.activation) = GetParam();
  config.channels = 24;
  const auto encoder = make_encoder(config);
  encoder->eval();
  Random random(6);
  const LogMel fragment = random_fragment(61, random);
  const BandStatistics bands{std::vector<float>(80, -3), std::vector<float>(80, 1)};
  FrameBatch batch = pack_frames(std::span(&fragment, 1), bands, 1, 1);
  batch.frames.requires_grad_(true);
  encoder->forward(batch).steps.square().sum().backward();
  const torch::Tensor by_frame = batch.frames.grad()[0].abs().sum(0);
  // A maximum passes by a single frame now and then, but no edge and no run of frames.
  EXPECT_GT(by_frame.narrow(0, 0, 4).sum().item<float>(), 0);
  EXPECT_GT(by_frame.narrow(0, 57, 4).sum().item<float>(), 0);
  EXPECT_GT((by_frame > 0).sum().item<std::int64_t>(), 30);
}

INSTANTIATE_TEST_SUITE_P(Families, Encoders,
                         testing::Combine(testing::Values("frames", "conv1d", "lenet", "alexnet", "vgg",
                                                          "resnet"),
                                          testing::Values("relu", "tanh")));

TEST(SlotWeights, AverageAsAdaptivePoolingDoes) {
  torch::manual_seed(7);
  for (const std::int64_t length : {1, 3, 8, 13, 126}) {
    const torch::Tensor x = torch::randn({1, length, 5});
    const torch::Tensor ours = torch::bmm(slot_weights({length}, 8), x);
    const torch::Tensor theirs = torch::adaptive_avg_pool1d(x.transpose(1, 2), 8).transpose(1, 2);
    EXPECT_LT((ours - theirs).abs().max().item<float>(), 1e-5) << length;
  }
}

TEST(SpreadWeights, GoBetweenSlotsInAStraightLine) {
  const torch::Tensor ramp = torch::arange(4, torch::kFloat32).reshape({1, 4, 1});
  const torch::Tensor spread = torch::bmm(spread_weights({16}, 4), ramp)[0].flatten();
  EXPECT_EQ(spread[0].item<float>(), 0);
  EXPECT_EQ(spread[15].item<float>(), 3);
  EXPECT_FLOAT_EQ((spread[8] - spread[7]).item<float>(), 0.25);
  EXPECT_EQ(spread_weights({2, 5}, 3)[0].narrow(0, 2, 3).abs().sum().item<float>(), 0) << "past its end";
}

TEST(Systems, AnUnknownSystemEncoderOrActivationIsRefused) {
  nlohmann::json settings = Recipe::load("dense").settings();
  settings["songs"] = 3;
  EXPECT_THROW(make_network("telepathy", settings), Error);
  settings["encoder"] = "transformer";
  EXPECT_THROW(make_network("dense", settings), Error);
  settings["encoder"] = "conv1d";
  settings["activation"] = "gelu";
  EXPECT_THROW(make_network("dense", settings), Error);
  EXPECT_THROW(make_network("autoencoder", nlohmann::json()), Error);
}

}  // namespace
}  // namespace segue
