#include "analysis/fingerprint.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "media/fingerprinter.hpp"
#include "support/music.hpp"

namespace segue {
namespace {

using Values = std::vector<std::uint32_t>;

Values fingerprint_of(std::span<const float> mono, int sample_rate) {
  Fingerprinter fingerprinter(sample_rate);
  std::vector<std::int16_t> samples;
  for (const float sample : mono)
    samples.push_back(static_cast<std::int16_t>(std::lrint(sample * 32767)));
  fingerprinter.add(samples);
  return fingerprinter.finish();
}

Values fingerprint_of(const std::filesystem::path& file) {
  AudioDecoder decoder = AudioDecoder::open(file, 1);
  std::vector<float> samples(static_cast<std::size_t>(decoder.format().sample_rate) * 60);
  samples.resize(static_cast<std::size_t>(decoder.read(samples)));
  return fingerprint_of(samples, decoder.format().sample_rate);
}

Values random_values(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  Values values(count);
  for (auto& value : values) value = static_cast<std::uint32_t>(random.next());
  return values;
}

TEST(Fingerprint, KnowsARecordingInOtherFormatsFromOtherMusic) {
  if (!std::filesystem::exists(test::kRealMusic)) GTEST_SKIP() << "wesnoth-1.16-music is not installed";
  const test::TemporaryFolder folder;
  std::vector<Values> originals;
  for (const char* name :
       {"frantic.ogg", "frantic-old.ogg", "victory.ogg", "defeat.ogg", "suspense.ogg"}) {
    const auto original = test::kRealMusic / name;
    originals.push_back(fingerprint_of(original));
    const std::string input = "-t 61 -i " + test::quoted(original.string());
    for (const auto& [ending, options] :
         {std::pair("mp3", " -b:a 64k "), std::pair("opus", " -b:a 48k ")}) {
      const auto other = folder / (std::string("a.") + ending);
      test::run_ffmpeg(input + options + test::quoted(other.string()));
      const double same = fingerprint_similarity(originals.back(), fingerprint_of(other));
      EXPECT_GT(same, kSameRecording + 0.08) << name << " as " << ending;
    }
  }
  for (std::size_t i = 0; i < originals.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_LT(fingerprint_similarity(originals[i], originals[j]), kSameRecording - 0.15)
          << i << " " << j;
    }
  }
}

TEST(Fingerprint, KnowsARecordingThatBeginsTwoSecondsLater) {
  const auto music = test::stereo_music(30, 22050);  // two channels of it as one signal
  const auto whole = fingerprint_of(music, 22050);
  const auto later = fingerprint_of(std::span(music).subspan(22050 * 2), 22050);
  EXPECT_GT(fingerprint_similarity(whole, later), kSameRecording);
  EXPECT_GT(fingerprint_similarity(later, whole), kSameRecording);
}

TEST(Fingerprint, KeepsTheFirst120Seconds) {
  auto music = test::stereo_music(75, 22050);
  ASSERT_GT(music.size(), 22050U * 140);
  const auto whole = fingerprint_of(music, 22050);
  music.resize(22050 * 120);
  EXPECT_EQ(fingerprint_of(music, 22050), whole);
}

TEST(Fingerprint, EqualValuesAreOneAndChanceIsAHalf) {
  const auto a = random_values(900, 1);
  EXPECT_EQ(fingerprint_similarity(a, a), 1);
  EXPECT_NEAR(fingerprint_similarity(a, random_values(900, 2)), 0.5, 0.02);
}

TEST(Fingerprint, FindsTheBestAlignmentWithinThreeSeconds) {
  const auto a = random_values(900, 1);
  const Values within(a.begin() + 24, a.end());  // 8.08 values a second
  const Values outside(a.begin() + 25, a.end());
  EXPECT_EQ(fingerprint_similarity(a, within), 1);
  EXPECT_EQ(fingerprint_similarity(within, a), 1);
  EXPECT_LT(fingerprint_similarity(a, outside), 0.6);
}

TEST(Fingerprint, LessThanTwoSecondsAreLikeNothing) {
  const auto a = random_values(900, 1);
  EXPECT_EQ(fingerprint_similarity(a, Values(a.begin(), a.begin() + 15)), 0);
  EXPECT_EQ(fingerprint_similarity({}, a), 0);
  EXPECT_EQ(fingerprint_similarity({}, {}), 0);
  EXPECT_TRUE(fingerprint_of(std::vector<float>(1000), 22050).empty());
}

}  // namespace
}  // namespace segue
