#include "judge/medley.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "analysis/log_mel.hpp"
#include "base/error.hpp"
#include "base/half.hpp"
#include "support/plans.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::source_of;
using test::TemporaryFolder;
using test::write_float_wav;

constexpr int kRate = LogMelGeometry::sample_rate;

// Log power of a band at a frame.
float level(const SeamWindow& window, Hop frame, int band) {
  return float_from_half(window.log_mel[static_cast<std::size_t>(frame * LogMelGeometry::bands + band)]);
}

// The band that is loudest at a frame.
int loudest(const SeamWindow& window, Hop frame) {
  int best = 0;
  for (int band = 1; band < LogMelGeometry::bands; ++band)
    if (level(window, frame, band) > level(window, frame, best)) best = band;
  return best;
}

std::filesystem::path tone(const std::filesystem::path& file, double hertz, double seconds,
                           int rate = kRate) {
  std::vector<float> samples;
  for (int i = 0; i < seconds * rate; ++i)
    samples.push_back(static_cast<float>(0.2 * std::sin(2 * std::numbers::pi * hertz * i / rate)));
  write_float_wav(file, samples, rate, 1);
  return file;
}

JoinPlace at(std::size_t source, double seconds, int rate = kRate) {
  return {source, to_pcm_frames(Seconds(seconds), rate), 0};
}

class Medleys : public testing::Test {
 protected:
  TemporaryFolder folder_;
  JoinList list_{{source_of(tone(folder_ / "low.wav", 300, 20)),
                  source_of(tone(folder_ / "high.wav", 3000, 20, 44100))},
                 {}};
};

TEST_F(Medleys, TheSeamLiesInTheMiddleOfEveryWindow) {
  for (const double fade : {0.0, 0.1, 1.0}) {
    list_.joins = {{at(0, 9), at(1, 7, 44100), Seconds(fade)},
                   {at(1, 12, 44100), at(0, 6), Seconds(fade)},
                   {at(0, 8), at(0, 8), Seconds(fade)}};
    const auto windows = hear(list_, Seconds(fade));
    ASSERT_EQ(windows.size(), 3u);
    const Hop middle = windows[0].frames / 2;
    const Hop off = to_hops(Seconds(fade / 2)) + 3;
    const int low = loudest(windows[0], 10), high = loudest(windows[1], 10);
    ASSERT_LT(low, high);
    for (const SeamWindow& window : windows) {
      EXPECT_EQ(window.frames, seam_window_frames(Seconds(fade)));
      EXPECT_EQ(window.heard.begin, 0);
      EXPECT_EQ(window.heard.end, window.frames);
    }
    for (Hop frame = 0; frame < windows[0].frames; ++frame) {
      EXPECT_EQ(loudest(windows[2], frame), low);
      if (std::abs(frame - middle) < off) continue;
      EXPECT_EQ(loudest(windows[0], frame), frame < middle ? low : high) << frame;
      EXPECT_EQ(loudest(windows[1], frame), frame < middle ? high : low) << frame;
    }
  }
}

// What is untouched is the source, to float16's precision.
TEST_F(Medleys, AnUntouchedPassageIsItsSource) {
  const auto noise = test::noise(0.2, 20 * kRate, 5);
  write_float_wav(folder_ / "noise.wav", noise, kRate, 1);
  list_.sources = {source_of(folder_ / "noise.wav")};
  list_.joins = {{at(0, 8), at(0, 8)}, {at(0, 11), at(0, 11)}};
  const auto windows = hear(list_, Seconds(0.1));
  for (std::size_t i = 0; i < 2; ++i) {
    const auto begin =
        to_pcm_frames(Seconds(i == 0 ? 8 : 11), kRate) - seam_window_samples(Seconds(0.1)) / 2;
    std::vector<float> rows;
    LogMelExtractor().process(
        std::span(noise).subspan(static_cast<std::size_t>(begin),
                                 static_cast<std::size_t>(seam_window_samples(Seconds(0.1)))),
        rows);
    ASSERT_EQ(rows.size(), windows[i].log_mel.size());
    for (std::size_t j = 0; j < rows.size(); ++j)
      ASSERT_NEAR(float_from_half(windows[i].log_mel[j]), rows[j], 0.01) << j;
  }
}

TEST_F(Medleys, WrittenAndReadBackItSoundsTheSame) {
  list_.joins = {{at(0, 9), at(1, 7, 44100), Seconds(0.1)}, {at(1, 12, 44100), at(0, 6), Seconds(0.1)}};
  list_.joins[1].before = Seconds(2.5);
  const auto direct = hear(list_, Seconds(0.1));
  EncodingConfig encoding;
  encoding.bits = 24;
  const auto read_back = hear_encoded(list_, Seconds(0.1), encoding, ".flac");
  ASSERT_EQ(direct.size(), read_back.size());
  for (std::size_t i = 0; i < direct.size(); ++i) {
    EXPECT_EQ(direct[i].heard.begin, read_back[i].heard.begin);
    for (Hop frame = direct[i].heard.begin; frame < direct[i].heard.end; ++frame) {
      const int band = loudest(direct[i], frame);
      ASSERT_NEAR(level(direct[i], frame, band), level(read_back[i], frame, band), 0.02) << frame;
    }
  }
}

TEST_F(Medleys, MusicBehindTheNextTransitionIsNotHeard) {
  list_.joins = {{at(0, 9), at(1, 7, 44100), Seconds(0.1)}};
  list_.joins[0].before = Seconds(1.5);
  list_.joins[0].after = Seconds(2);
  const SeamWindow window = hear(list_, Seconds(0.1))[0];
  EXPECT_EQ(window.frames, seam_window_frames(Seconds(0.1)));
  EXPECT_NEAR(static_cast<double>(window.frames / 2 - window.heard.begin), 1.5 * kRate / 512, 2.5);
  EXPECT_NEAR(static_cast<double>(window.heard.end - window.frames / 2), 2.0 * kRate / 512, 2.5);
}

TEST_F(Medleys, APlaceWithoutMusicAroundItIsRefused) {
  list_.joins = {{at(0, 3), at(1, 7, 44100), Seconds(0.1)}};
  EXPECT_THROW(make_medley(list_, list_.joins, kRate), Error);
  EXPECT_FALSE(reaches_back(list_.sources[0], to_pcm_frames(Seconds(3), kRate), Seconds(4)));
  EXPECT_TRUE(reaches_on(list_.sources[0], to_pcm_frames(Seconds(3), kRate), Seconds(4)));
}

}  // namespace
}  // namespace segue
