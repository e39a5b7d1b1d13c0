#include "model_torch/detector.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/content_hash.hpp"
#include "base/error.hpp"
#include "base/half.hpp"
#include "base/random.hpp"
#include "model_torch/detector_networks.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

constexpr Seconds kFade{0.1};

// Noise about a spectrum; of a join, the spectrum changes in the middle.
SeamWindow made_up(bool joined, Random& random) {
  SeamWindow window;
  window.frames = seam_window_frames(kFade);
  window.heard = {0, window.frames};
  std::vector<double> one, other;
  for (int band = 0; band < LogMelGeometry::bands; ++band) {
    one.push_back(random.normal());
    other.push_back(joined ? random.normal() : one.back());
  }
  for (Hop frame = 0; frame < window.frames; ++frame)
    for (int band = 0; band < LogMelGeometry::bands; ++band)
      window.log_mel.push_back(half_from_float(static_cast<float>(
          -3 + (2 * frame < window.frames ? one : other)[static_cast<std::size_t>(band)] +
          0.5 * random.normal())));
  return window;
}

struct Made {
  std::vector<SeamWindow> windows;
  std::vector<std::uint8_t> joined;

  Made(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    for (std::size_t i = 0; i < count; ++i) {
      joined.push_back(i % 2);
      windows.push_back(made_up(i % 2, random));
    }
  }
};

DetectorLesson lesson_of(const char* family, const Made& made, int steps) {
  DetectorLesson lesson;
  lesson.family = family;
  lesson.transition = kFade;
  lesson.windows = made.windows;
  lesson.joined = made.joined;
  lesson.steps = steps;
  lesson.threads = 1;
  return lesson;
}

void write_card(const std::filesystem::path& weights, const char* family,
                nlohmann::json transition = kFade.count()) {
  ModelCard card;
  card.name = card.system = family;
  card.recipe = {{"transition_s", std::move(transition)}};
  card.write(card_path(weights));
}

class Detectors : public testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path weights() const { return folder_ / "detector.safetensors"; }
  test::TemporaryFolder folder_;
};

TEST_P(Detectors, LearnToHearASeam) {
  const Made made(64, 1), unheard(40, 2);
  train_detector(lesson_of(GetParam(), made, 60), weights());
  write_card(weights(), GetParam());
  const auto detector = load_detector(weights());
  const auto scores = detector->score(unheard.windows);
  int right = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) right += (scores[i] > 0) == (unheard.joined[i] == 1);
  EXPECT_GE(right, 36);
  // What is not heard has no influence, and neither has the company of other windows.
  SeamWindow cut = unheard.windows[1];
  cut.heard = {60, cut.frames - 50};
  const float score = detector->score(std::span(&cut, 1))[0];
  Random random(9);
  for (Hop frame = 0; frame < cut.frames; ++frame) {
    if (frame >= cut.heard.begin && frame < cut.heard.end) continue;
    for (int band = 0; band < LogMelGeometry::bands; ++band)
      cut.log_mel[static_cast<std::size_t>(frame * LogMelGeometry::bands + band)] =
          half_from_float(static_cast<float>(random.normal()));
  }
  const SeamWindow together[] = {unheard.windows[0], cut, cut, unheard.windows[3]};
  EXPECT_EQ(detector->score(std::span(&cut, 1))[0], score);
  EXPECT_NEAR(detector->score(together)[1], score, 1e-4);
}

TEST_P(Detectors, TheSameLessonGivesTheSameWeights) {
  const Made made(20, 3);
  train_detector(lesson_of(GetParam(), made, 4), weights());
  train_detector(lesson_of(GetParam(), made, 4), folder_ / "again.safetensors");
  EXPECT_EQ(test::read_bytes(weights()), test::read_bytes(folder_ / "again.safetensors"));
}

TEST_P(Detectors, GradientsFlowIntoEveryParameter) {
  torch::manual_seed(1);
  const auto net = make_detector_network(GetParam(), to_hops(kFade));
  net->train();
  const FrameRange heard{0, seam_window_frames(kFade)};
  const auto windows = net->prepare(torch::randn({8, heard.end, LogMelGeometry::bands}), heard);
  net->forward(windows, heard).square().sum().backward();
  for (const auto& parameter : net->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_TRUE(torch::isfinite(parameter.value().grad()).all().item<bool>()) << parameter.key();
    // Normalised away: what follows a convolution without its bias gives it no gradient.
    const bool may_be_zero = parameter.key().starts_with("conv") && parameter.key().ends_with("bias");
    const double sum = parameter.value().grad().abs().sum().item<double>();
    EXPECT_TRUE(may_be_zero || sum > 0) << parameter.key();
  }
}

TEST_P(Detectors, HearShortFragmentsToo) {
  const auto net = make_detector_network(GetParam(), to_hops(kFade));
  net->eval();
  const Hop frames = seam_window_frames(kFade);
  for (const Hop side : {12, 30, 60, 172}) {
    const FrameRange heard{frames / 2 - side, frames / 2 + side};
    const auto odds =
        net->forward(net->prepare(torch::randn({3, frames, LogMelGeometry::bands}), heard), heard);
    EXPECT_TRUE(torch::isfinite(odds).all().item<bool>()) << side;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, Detectors, testing::Values("contrast", "cnn"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(DetectorFiles, WhatIsWrongIsSaid) {
  const test::TemporaryFolder folder;
  const auto weights = folder / "detector.safetensors";
  const auto told = [&] { return test::refusal([&] { load_detector(weights); }, ErrorKind::model); };
  EXPECT_FALSE(told().empty()) << "no card";
  write_card(weights, "contrast");
  EXPECT_NE(told().find("missing"), std::string::npos);
  write_card(weights, "oboe");
  EXPECT_NE(told().find("oboe"), std::string::npos);
  write_card(weights, "cnn", "long");
  EXPECT_NE(told().find("transitions"), std::string::npos);
  const Made made(4, 3);
  train_detector(lesson_of("contrast", made, 1), weights);
  write_card(weights, "cnn");
  EXPECT_NE(told().find("another architecture"), std::string::npos);
  ModelCard card = ModelCard::read(card_path(weights));
  card.weights = hash_file(card_path(weights));
  card.write(card_path(weights));
  EXPECT_NE(told().find("not the file that its card describes"), std::string::npos);
  Made one_sided(4, 3);
  one_sided.joined.assign(4, 1);
  test::refusal([&] { train_detector(lesson_of("cnn", one_sided, 1), weights); }, ErrorKind::input);
}

}  // namespace
}  // namespace segue
