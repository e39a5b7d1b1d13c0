#include "model_torch/crnn.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "model_torch/crnn_loss.hpp"
#include "support/manifests.hpp"
#include "support/random_fragment.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

CrnnConfig small(CrnnConfig::Input input) {
  CrnnConfig config;
  config.input = input;
  config.encoder.channels = 6;
  config.encoder.kernel = 3;
  config.encoder.pool = 3;
  config.rhythm_channels = 4;
  config.hidden = 5;
  config.dropout = 0;
  return config;
}

class Crnn : public testing::TestWithParam<CrnnConfig::Input> {};

TEST_P(Crnn, GradientsFlowIntoEveryParameter) {
  torch::manual_seed(1);
  CrnnNet net(small(GetParam()));
  Random random(1);
  std::vector<LogMel> fragments;
  for (int i = 0; i < 6; ++i) fragments.push_back(random_fragment(60, random));
  const CrnnEncoding encoding = net.encode(net.prepare(fragments, 0, 1));
  const torch::Tensor logits = net.forward(encoding, torch::tensor({{0l}, {-1l}}),
                                           torch::tensor({1l, 2l}), torch::tensor({{2l, 4l}, {3l, 5l}}));
  (logits * torch::tensor({{1.0f, -1.0f}, {2.0f, -1.5f}})).sum().backward();
  for (const auto& item : net.named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    if (item.key() == "dense_bias") continue;
    EXPECT_GT(item.value().grad().abs().sum().item<float>(), 0) << item.key();
  }
}

TEST_P(Crnn, AFragmentsScoreDoesNotDependOnWhatItIsBatchedWith) {
  torch::manual_seed(2);
  CrnnNet net(small(GetParam()));
  net.eval();
  const torch::NoGradGuard no_grad;
  Random random(2);
  const std::vector<LogMel> three = {random_fragment(50, random), random_fragment(37, random),
                                     random_fragment(20, random)};
  std::vector<LogMel> more = three;
  more.push_back(random_fragment(400, random));
  more.push_back(random_fragment(9, random));
  const auto ask = [&](const std::vector<LogMel>& fragments, const torch::Tensor& candidates) {
    return net.forward(net.encode(net.prepare(fragments, 0, 1)), torch::tensor({{0l}}),
                       torch::tensor({1l}), candidates);
  };
  const float alone = ask(three, torch::tensor({{2l}})).item<float>();
  const torch::Tensor crowd = ask(more, torch::tensor({{3l, 2l, 4l, 0l}}));
  EXPECT_NEAR(crowd[0][1].item<float>(), alone, 1e-5);
}

TEST_P(Crnn, AnAbsentPastLeavesTheStateAtRest) {
  torch::manual_seed(3);
  CrnnConfig config = small(GetParam());
  CrnnNet net(config);
  net.eval();
  Random random(3);
  const std::vector<LogMel> fragments = {random_fragment(50, random), random_fragment(50, random)};
  const CrnnEncoding encoding = net.encode(net.prepare(fragments, 0, 1));
  const torch::Tensor playing = torch::tensor({0l}), candidates = torch::tensor({{1l}});
  const torch::Tensor absent =
      net.forward(encoding, torch::full({1, 1}, -1, torch::kInt64), playing, candidates);
  const torch::Tensor none =
      net.forward(encoding, torch::empty({1, 0}, torch::kInt64), playing, candidates);
  EXPECT_EQ(absent.item<float>(), none.item<float>());
}

TEST_P(Crnn, WeightsSurviveTheDisk) {
  const test::TemporaryFolder folder;
  CrnnNet net(small(GetParam())), other(small(GetParam()));
  save_weights(net, folder / "w.safetensors", {});
  load_weights(other, folder / "w.safetensors");
  for (const auto& item : net.named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), other.named_parameters()[item.key()])) << item.key();
  }
  CrnnConfig wider = small(GetParam());
  wider.hidden = 6;
  CrnnNet misfit(wider);
  EXPECT_THROW(load_weights(misfit, folder / "w.safetensors"), Error);
}

INSTANTIATE_TEST_SUITE_P(Inputs, Crnn,
                         testing::Values(CrnnConfig::Input::seam, CrnnConfig::Input::log_mel),
                         [](const auto& parameter) { return parameter.index == 0 ? "Seam" : "LogMel"; });

TEST(CrnnLogMel, RefusesAFragmentShorterThanItsKernel) {
  CrnnNet net(small(CrnnConfig::Input::log_mel));
  Random random(4);
  EXPECT_THROW(net.prepare({random_fragment(2, random)}, 0, 1), Error);
}

// A pulse every 20 frames goes on in the frames after the cut; the gap is 3 frames at guard 0.
TEST(SeamFeatures, ASteadyPulseIsCarriedOnBeyondTheCut) {
  const auto pulse = [](Hop from, Hop frames) {
    LogMel fragment{frames, {}};
    for (Hop i = from; i < from + frames; ++i) {
      fragment.values.insert(fragment.values.end(), LogMelGeometry::bands, i % 20 == 0 ? -1.0f : -4.0f);
    }
    return fragment;
  };
  const BandStatistics statistics{std::vector<float>(80, 0.0f), std::vector<float>(80, 1.0f)};
  const SeamFeatures a = seam_features(pulse(0, 126), 0, 46, statistics);
  // The next fragment's frame 0 is frame 129 of the pulse.
  const SeamFeatures b = seam_features(pulse(129, 126), 0, 46, statistics);
  EXPECT_TRUE(a.exit_flux_known);
  EXPECT_EQ(b.entry_flux_frames, 46);
  for (int i = 0; i < 46; ++i) {
    const bool onset = (129 + i + 1) % 20 == 0;
    EXPECT_EQ(b.entry_flux[static_cast<std::size_t>(i * 8)] > 1, onset) << i;
    EXPECT_EQ(a.exit_flux[static_cast<std::size_t>(i * 8)] > 1, onset) << i;
  }
}

TEST(SeamFeatures, TwoLoneHitsFarApartGiveNumbers) {
  LogMel fragment{600, std::vector<float>(600 * LogMelGeometry::bands, -7)};
  for (const Hop hit : {95, 590}) {
    std::fill_n(fragment.values.begin() + hit * LogMelGeometry::bands, LogMelGeometry::bands, 0.0f);
  }
  const BandStatistics statistics{std::vector<float>(80, -4), std::vector<float>(80, 1)};
  const SeamFeatures features = seam_features(fragment, 0, 60, statistics);
  ASSERT_TRUE(features.exit_flux_known);
  for (const float value : features.exit_flux) ASSERT_TRUE(std::isfinite(value));
}

TEST(CrnnLogMel, HearsTheFramesRightBeforeTheSeam) {
  torch::manual_seed(4);
  CrnnConfig config = small(CrnnConfig::Input::log_mel);
  config.encoder.channels = 32;  // some of them rise
  config.encoder.pool = 10;
  CrnnNet net(config);
  net.eval();
  const torch::NoGradGuard no_grad;
  Random random(3);
  LogMel one = random_fragment(61, random), other = one;  // 59 outputs: the last maximum is of nine
  std::fill(other.values.end() - LogMelGeometry::bands, other.values.end(), 9.0f);
  const auto last = [&](const LogMel& fragment) {
    return net.encode(net.prepare({fragment}, 0, 1)).steps[0][-1].clone();
  };
  EXPECT_FALSE(torch::equal(last(one), last(other)));
}

TEST(SeamFeatures, TheEdgesAreMeansOfTheNearestFrames) {
  LogMel ramp{100, {}};
  for (int i = 0; i < 100; ++i) ramp.values.insert(ramp.values.end(), 80, static_cast<float>(i));
  const BandStatistics statistics{std::vector<float>(80, 1.0f), std::vector<float>(80, 2.0f)};
  const SeamFeatures features = seam_features(ramp, 0, 46, statistics);
  for (std::size_t k = 0; k < 8; ++k) {
    const double window = std::min(100, 1 << k);
    EXPECT_NEAR(features.entry[k * 80 + 3], ((window - 1) / 2 - 1) / 2, 1e-4);
    EXPECT_NEAR(features.exit[k * 80 + 3], (99 - (window - 1) / 2 - 1) / 2, 1e-4);
  }
}

TEST(TrainingLoss, CountsNoAbsentCandidate) {
  BatchTensors batch;
  batch.candidates = torch::tensor({{1l, 2l, -1l}, {2l, -1l, 0l}});
  batch.same = 1;
  const nlohmann::json binary = {{"loss", "binary"}};
  const torch::Tensor logits = torch::tensor({{0.0f, 0.0f, 50.0f}, {0.0f, 80.0f, 0.0f}});
  EXPECT_NEAR(training_loss(logits, batch, binary).item<float>(), std::log(2.0), 1e-6);
  const nlohmann::json listwise = {
      {"loss", "listwise"}, {"binary_weight", 0.0}, {"predecessor_weight", 0.0}};
  // All: two open choices in both rows. Own track: two in the first row, one in the second.
  EXPECT_NEAR(training_loss(logits, batch, listwise).item<float>(),
              0.5 * std::log(2.0) + 0.5 * (std::log(2.0) / 2), 1e-6);
}

}  // namespace
}  // namespace segue
