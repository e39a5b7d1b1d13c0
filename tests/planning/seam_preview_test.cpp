// A seam previewed from spectrograms beside the same seam made of audio by hand.
#include "planning/seam_preview.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "analysis/log_mel.hpp"
#include "base/half.hpp"
#include "base/random.hpp"
#include "support/feature_files.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

constexpr int kHop = LogMelGeometry::hop_length;
constexpr double kRate = LogMelGeometry::sample_rate;

// Notes over noise, as mono at 22 050 Hz.
std::vector<float> music(std::uint64_t seed, Hop hops) {
  Random random(seed);
  std::vector<float> samples;
  double hertz = 220, since = 0, phase = 0;
  for (Hop i = 0; i < hops * kHop; ++i, since += 1 / kRate) {
    if (since > 0.29) {
      since = 0;
      hertz = 110 * std::exp2(random.uniform(0, 4));
    }
    phase += 2 * std::numbers::pi * hertz / kRate;
    const double tone = std::sin(phase) + 0.4 * std::sin(2 * phase) + 0.2 * std::sin(3 * phase);
    samples.push_back(
        static_cast<float>(0.2 * std::exp(-4 * since) * tone + random.uniform(-0.01, 0.01)));
  }
  return samples;
}

struct Track {
  std::vector<float> samples;
  std::shared_ptr<const FeatureFile> features;
};

Track track_of(std::uint64_t seed, Hop hops, const std::filesystem::path& folder) {
  Track track{music(seed, hops), nullptr};
  std::vector<float> rows;
  LogMelExtractor().process(track.samples, rows);
  track.features = FeatureFile::open(test::write_features(
      folder, test::track_id(std::to_string(seed)), hops,
      [&](Hop i, int band) { return rows[static_cast<std::size_t>(i * kBands + band)]; }));
  return track;
}

float value(const SeamWindow& window, Hop frame, int band) {
  return float_from_half(window.log_mel[static_cast<std::size_t>(frame * kBands + band)]);
}

// The seam as audio, analyzed on the grid of the preview.
std::vector<float> by_hand(const Track& a, Hop leave, double gain_a, const Track& b, Hop enter,
                           double gain_b, double fade, Hop frames) {
  const Hop lead = (frames / 2 + 2) * kHop;
  std::vector<float> audio;
  const auto at = [](const Track& track, Hop i) {
    const bool inside = i >= 0 && i < static_cast<Hop>(track.samples.size());
    return inside ? static_cast<double>(track.samples[static_cast<std::size_t>(i)]) : 0.0;
  };
  for (Hop i = -lead; i < (frames + 4) * kHop - lead; ++i) {
    const double t = static_cast<double>(i) / kRate;
    const double place = fade > 0 ? std::clamp(t / fade + 0.5, 0.0, 1.0) : (i < 0 ? 0.0 : 1.0);
    const double out = std::cos(place * std::numbers::pi / 2) * std::pow(10, gain_a / 20);
    const double in = std::sin(place * std::numbers::pi / 2) * std::pow(10, gain_b / 20);
    audio.push_back(static_cast<float>(out * at(a, leave * kHop + i) + in * at(b, enter * kHop + i)));
  }
  std::vector<float> rows;
  LogMelExtractor().process(audio, rows);
  return rows;
}

class SeamPreview : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Track a_ = track_of(1, 600, folder_.path()), b_ = track_of(2, 600, folder_.path());

  // Mean and largest difference in dB within and beyond the frames that the fade reaches.
  struct Difference {
    double beyond = 0, within = 0;
  };
  Difference compare(Hop leave, double gain_a, const Track& b, Hop enter, double gain_b, double fade) {
    PreviewConfig config;
    config.fade = Seconds(fade);
    config.transition = Seconds(std::max(fade, 0.1));
    const SeamWindow window =
        preview_seam({a_.features.get(), leave, gain_a}, {b.features.get(), enter, gain_b}, config);
    const auto rows = by_hand(a_, leave, gain_a, b, enter, gain_b, fade, window.frames);
    EXPECT_EQ(window.log_mel.size(), static_cast<std::size_t>(window.frames * kBands));
    Difference difference;
    double count = 0;
    const double reach = fade / 2 * kRate / kHop + 2;
    for (Hop frame = 0; frame < window.frames; ++frame) {
      const bool near = std::abs(static_cast<double>(frame - window.frames / 2)) <= reach;
      for (int band = 0; band < kBands; ++band) {
        const double off = 10 * std::abs(value(window, frame, band) -
                                         rows[static_cast<std::size_t>(frame * kBands + band)]);
        if (near) {
          difference.within += off;
          ++count;
        } else {
          difference.beyond = std::max(difference.beyond, off);
        }
      }
    }
    difference.within /= count;
    return difference;
  }
};

TEST_F(SeamPreview, IsTheRenderedSeamBeyondTheFadeAndNearlySoWithin) {
  for (const double fade : {0.1, 1.0}) {
    const Difference difference = compare(300, -3, b_, 280, 2.5, fade);
    EXPECT_LT(difference.beyond, 0.1) << fade;  // dB: half floats, twice
    EXPECT_LT(difference.within, 2.0) << fade;
  }
}

TEST_F(SeamPreview, ATrackThatGoesOnByItselfSwellsAsTheRenderedOneDoes) {
  const Difference difference = compare(300, 0, a_, 300, 0, 0.1);
  EXPECT_LT(difference.beyond, 0.1);
  EXPECT_LT(difference.within, 1.0);
}

TEST_F(SeamPreview, OutsideTheTracksIsSilence) {
  PreviewConfig config;
  const SeamWindow window =
      preview_seam({a_.features.get(), 20, 0}, {b_.features.get(), 590, 0}, config);
  EXPECT_FLOAT_EQ(value(window, 0, 10), -7);
  EXPECT_FLOAT_EQ(value(window, window.frames - 1, 10), -7);
  EXPECT_GT(value(window, window.frames / 2 - 5, 10), -7);
}

TEST_F(SeamPreview, FarMusicIsNotHeard) {
  PreviewConfig config;
  config.before = Seconds(2);
  config.after = Seconds(1);
  const SeamWindow window =
      preview_seam({a_.features.get(), 300, 0}, {b_.features.get(), 280, 0}, config);
  const auto middle = static_cast<double>(window.frames) / 2;
  EXPECT_NEAR(static_cast<double>(window.heard.begin), middle - 2.05 * kRate / kHop + 2, 2);
  EXPECT_NEAR(static_cast<double>(window.heard.end), middle + 1.05 * kRate / kHop - 2, 2);
}

}  // namespace
}  // namespace segue
