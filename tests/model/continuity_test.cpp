#include "model/continuity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/feature_files.hpp"
#include "support/refusal.hpp"
#include "support/signals.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

constexpr int kRate = 44100;

TEST(LinearPrediction, FindsTheTwoCoefficientsOfASine) {
  // sin(wt) = 2 cos(w) sin(w(t-1)) - sin(w(t-2)).
  const std::vector<float> sine = test::sine(1000, 0.5, 4096, kRate, 1);
  const LinearPrediction prediction = predict_linearly(sine, 2);
  ASSERT_EQ(prediction.coefficients.size(), 2u);
  EXPECT_NEAR(prediction.coefficients[0], 2 * std::cos(2 * std::numbers::pi * 1000 / kRate), 1e-4);
  EXPECT_NEAR(prediction.coefficients[1], -1, 1e-4);
  EXPECT_LT(prediction.power, 1e-8);
}

TEST(LinearPrediction, FindsTheFilterThatNoiseWentThrough) {
  const std::vector<float> noise = test::noise(0.1, 100000, 1);
  std::vector<float> filtered(noise.size());
  for (std::size_t t = 3; t < noise.size(); ++t) {
    filtered[t] = noise[t] + 1.2f * filtered[t - 1] - 0.8f * filtered[t - 2] + 0.1f * filtered[t - 3];
  }
  const LinearPrediction prediction = predict_linearly(filtered, 5);
  const double expected[] = {1.2, -0.8, 0.1, 0, 0};
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(prediction.coefficients[k], expected[k], 0.01);
  EXPECT_NEAR(prediction.power / (0.01 / 3), 1, 0.02) << "the noise alone is missed";
}

TEST(LinearPrediction, OfSilenceAndOfFewSamplesSaysLittle) {
  const LinearPrediction silence = predict_linearly(std::vector<float>(512, 0.0f), 8);
  EXPECT_EQ(silence.coefficients, std::vector<float>(8, 0.0f));
  EXPECT_EQ(silence.power, 0);
  EXPECT_EQ(predict_linearly(std::vector<float>{1, 2, 3}, 8).coefficients.size(), 1u);
  EXPECT_TRUE(predict_linearly({}, 8).coefficients.empty());
}

// Three tones and a little noise.
std::vector<float> chord(std::size_t frames, double phase = 0) {
  std::vector<float> sum = test::noise(0.001, frames, 7);
  for (const double hertz : {220.0, 277.2, 329.6}) {
    const std::vector<float> tone = test::sine(hertz, 0.2, frames, kRate, 1, phase);
    for (std::size_t i = 0; i < frames; ++i) sum[i] += tone[i];
  }
  return sum;
}

TEST(Continuity, ASoundThatGoesOnSurprisesLessThanTheSameSoundOutOfPhase) {
  const std::vector<float> whole = chord(20000), shifted = chord(20000, 1.0);
  const EdgeSound exit = exit_sound(std::span(whole).first(10000));
  const Surprises right = surprises(exit, entry_sound(std::span(whole).subspan(10000)));
  const Surprises wrong = surprises(exit, entry_sound(std::span(shifted).subspan(10000)));
  for (std::size_t i = 0; i < right.size(); ++i) {
    EXPECT_LT(std::abs(right[i]), 2.5) << i;
    EXPECT_GT(wrong[i], 5) << i;
  }
  EXPECT_GT(continuity(right), continuity(wrong) + 3);
}

TEST(Continuity, OneSampleTooManyIsHeard) {
  const std::vector<float> whole = chord(20000);
  const EdgeSound exit = exit_sound(std::span(whole).first(10000));
  const Surprises right = surprises(exit, entry_sound(std::span(whole).subspan(10000)));
  const Surprises late = surprises(exit, entry_sound(std::span(whole).subspan(10001)));
  EXPECT_GT(continuity(right), continuity(late));
}

TEST(Continuity, IsTheSameWhenPlayedBackwardsWithBothDirectionsExchanged) {
  const std::vector<float> whole = chord(20000);
  const std::vector<float> backwards(whole.rbegin(), whole.rend());
  const Surprises there =
      surprises(exit_sound(std::span(whole).first(9000)), entry_sound(std::span(whole).subspan(9000)));
  const Surprises back = surprises(exit_sound(std::span(backwards).first(11000)),
                                   entry_sound(std::span(backwards).subspan(11000)));
  for (std::size_t i = 0; i < there.size(); ++i) EXPECT_EQ(there[i], back[(i + 3) % 6]) << i;
}

TEST(Continuity, OfSilenceShortAndBrokenSoundIsANumber) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::vector<float>> sounds{{},
                                               {0.5f},
                                               std::vector<float>(5000, 0.0f),
                                               std::vector<float>(100, none),
                                               chord(5000),
                                               std::vector<float>(5000, 1e18f),
                                               std::vector<float>(30, 0.1f)};
  for (const std::vector<float>& a : sounds) {
    for (const std::vector<float>& b : sounds) {
      for (const float surprise : surprises(exit_sound(a), entry_sound(b))) {
        EXPECT_GE(surprise, -3);
        EXPECT_LE(surprise, 15);
      }
    }
  }
}

// Says the same of all.
class Undecided : public SuccessorModel {
 public:
  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return 2; }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet&, Hop, std::size_t) const override {
    struct Session : ScoringSession {
      void score(std::span<const std::size_t>, std::span<const std::size_t>,
                 std::span<float> scores) override {
        std::fill(scores.begin(), scores.end(), 1.0f);
      }
    };
    return std::make_unique<Session>();
  }

 private:
  ModelCard card_;
};

class HearingTheWaveform : public ::testing::Test {
 protected:
  static constexpr Hop kHops = 44;  // of a fragment
  static constexpr std::size_t kCount = 6;

  // `kCount` fragments of one track, whose audio is `samples` at 22 050 Hz.
  FragmentSet fragments_of(std::vector<float> samples) {
    const AudioReader reader = [samples = std::move(samples)](Seconds start, Seconds length, int rate) {
      EXPECT_EQ(rate, 0);
      const auto begin = static_cast<std::size_t>(std::llround(start.count() * 22050));
      const auto end = std::min(
          samples.size(), static_cast<std::size_t>(std::llround((start + length).count() * 22050)));
      return std::vector<float>(samples.begin() + static_cast<std::ptrdiff_t>(begin),
                                samples.begin() + static_cast<std::ptrdiff_t>(end));
    };
    const std::filesystem::path file =
        test::write_features(folder_.path(), test::track_id("a"), kHops * static_cast<Hop>(kCount));
    FragmentSet set;
    set.add_track(FeatureFile::open(file, reader));
    for (std::size_t i = 0; i < kCount; ++i) set.add(0, {kHops * static_cast<Hop>(i), kHops});
    return set;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<SuccessorModel> model_ = hearing_the_waveform(std::make_unique<Undecided>());
};

TEST_F(HearingTheWaveform, FindsTheNextOfFragmentsThatOnlyTheWaveformTellsApart) {
  const FragmentSet set = fragments_of(chord(kCount * kHops * 512));
  const auto session = model_->open_session(set);
  EXPECT_EQ(model_->context_length(), 2u);
  for (std::size_t i = 0; i + 1 < kCount; ++i) {
    std::vector<std::size_t> others;
    for (std::size_t k = 0; k < kCount; ++k) {
      if (k != i) others.push_back(k);
    }
    std::vector<float> scores(others.size());
    session->score(std::span(&i, 1), others, scores);
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    EXPECT_EQ(others[static_cast<std::size_t>(best)], i + 1);
  }
}

TEST_F(HearingTheWaveform, WithAGuardTheSystemJudgesAlone) {
  const FragmentSet set = fragments_of(chord(kCount * kHops * 512));
  const auto session = model_->open_session(set, kGuard116Frames);
  const std::size_t first = 0;
  const std::vector<std::size_t> others{1, 2, 3};
  std::vector<float> scores(3);
  session->score(std::span(&first, 1), others, scores);
  EXPECT_EQ(scores, std::vector<float>(3, 1.0f));
}

TEST_F(HearingTheWaveform, FeaturesAloneAreRefused) {
  const std::filesystem::path file =
      test::write_features(folder_.path(), test::track_id("b"), 2 * kHops);
  FragmentSet set;
  set.add_track(FeatureFile::open(file));
  set.add(0, {0, kHops});
  set.add(0, {kHops, kHops});
  const auto session = model_->open_session(set);
  const std::size_t first = 0, second = 1;
  float score = 0;
  EXPECT_EQ(test::refusal([&] {
              session->score(std::span(&first, 1), std::span(&second, 1), std::span(&score, 1));
            }).file(),
            file);
}

}  // namespace
}  // namespace segue
