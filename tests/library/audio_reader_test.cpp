#include "library/audio_reader.hpp"

#include <gtest/gtest.h>

#include "support/plans.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

// A second of silence, then a second at 0.5 left and 0.25 right.
TEST(AudioReader, GivesAStretchOfTheFileMonoAtTheRateAskedFor) {
  const test::TemporaryFolder folder;
  constexpr int kRate = 44100;
  std::vector<float> stereo(4 * kRate, 0.0f);
  for (std::size_t i = 2 * kRate; i < stereo.size(); i += 2) {
    stereo[i] = 0.5f;
    stereo[i + 1] = 0.25f;
  }
  test::write_float_wav(folder / "step.wav", stereo, kRate, 2);
  const AudioReader read = audio_reader(folder / "step.wav");
  const std::vector<float> heard = read(Seconds(0.9), Seconds(0.2), 16000);
  ASSERT_EQ(heard.size(), 3200u);
  EXPECT_NEAR(heard[800], 0, 1e-3);
  EXPECT_NEAR(heard[2400], 0.375, 1e-3);
  const std::vector<float> beyond = read(Seconds(1.9), Seconds(0.4), 16000);
  ASSERT_EQ(beyond.size(), 6400u);
  EXPECT_NEAR(beyond[800], 0.375, 1e-3);
  EXPECT_NEAR(beyond[4000], 0, 1e-3) << "silent after its end";
}

TEST(AudioReader, GivesTheSidesOfStereo) {
  const test::TemporaryFolder folder;
  std::vector<float> stereo;
  for (int i = 0; i < 22050; ++i) stereo.insert(stereo.end(), {0.5f, -0.25f});
  test::write_float_wav(folder / "stereo.wav", stereo, 22050, 2);
  test::write_float_wav(folder / "mono.wav", std::vector<float>(22050, 0.5f), 22050, 1);
  const AudioReader stereo_sides = audio_reader(folder / "stereo.wav", AudioSignal::sides);
  const std::vector<float> heard = stereo_sides(Seconds(-0.1), Seconds(0.5), 22050);
  ASSERT_EQ(heard.size(), 11025u);
  EXPECT_EQ(heard[2000], 0.0f);
  EXPECT_EQ(heard[2300], 0.375f);
  const AudioReader mono_sides = audio_reader(folder / "mono.wav", AudioSignal::sides);
  for (const float sample : mono_sides(Seconds(0), Seconds(0.5), 22050)) ASSERT_EQ(sample, 0.0f);
}

TEST(AudioReader, IsSilentBeforeTheTrack) {
  const test::TemporaryFolder folder;
  test::write_float_wav(folder / "loud.wav", std::vector<float>(22050, 0.5f), 22050, 1);
  const AudioReader read = audio_reader(folder / "loud.wav");
  const std::vector<float> heard = read(Seconds(-0.5), Seconds(1), 22050);
  ASSERT_EQ(heard.size(), 22050u);
  EXPECT_EQ(heard[11024], 0.0f);
  EXPECT_EQ(heard[11025], 0.5f);
  for (const float sample : read(Seconds(-3), Seconds(1), 22050)) ASSERT_EQ(sample, 0.0f);
}

TEST(AudioReader, AtTheFilesOwnRateNeighboursMeetSampleBySampleAndNothingIsAddedAtTheEnds) {
  const test::TemporaryFolder folder;
  constexpr int kRate = 48000;  // hops are no whole number of samples
  std::vector<float> ramp(kRate);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i) / kRate;
  test::write_float_wav(folder / "ramp.wav", ramp, kRate, 1);
  const AudioReader read = audio_reader(folder / "ramp.wav");
  const Seconds hop(512 / 22050.0);
  std::vector<float> together;
  for (int i = -1; i < 45; ++i) {
    const std::vector<float> some = read(i * hop, hop, 0);
    together.insert(together.end(), some.begin(), some.end());
  }
  EXPECT_EQ(together, ramp);
}

TEST(AudioReader, AFileThatVanishedIsNamed) {
  const AudioReader read = audio_reader("/nowhere/gone.wav");
  EXPECT_EQ(test::refusal([&] { read(Seconds(0), Seconds(1), 16000); }).file(), "/nowhere/gone.wav");
}

}  // namespace
}  // namespace segue
