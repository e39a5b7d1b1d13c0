#include "output/mix_writer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "support/plans.hpp"
#include "support/programs.hpp"
#include "support/refusal.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::count_files;
using test::placement_of;
using test::plan_of;
using test::source_of;
using test::TemporaryFolder;

class WriteMix : public testing::Test {
 protected:
  void SetUp() override { set_verbosity(Verbosity::quiet); }
  void TearDown() override { set_verbosity(Verbosity::normal); }

  // A stereo sine of 1 kHz at this level, all of a file of some seconds.
  Plan tone(double level, int rate, int seconds) {
    const auto file = sources_ / "tone.wav";
    test::write_float_wav(
        file, test::sine(1000, test::linear(level), static_cast<std::size_t>(rate * seconds), rate, 2),
        rate, 2);
    return plan_of({source_of(file)}, {placement_of(0, 0, PcmFrame{rate} * seconds)}, 0, 0, rate);
  }

  const TemporaryFolder sources_;
  const TemporaryFolder folder_;
};

EncodingConfig encoding_for(const std::filesystem::path& file) {
  EncodingConfig encoding;
  encoding.container = EncodingConfig::container_for(file);
  return encoding;
}

TEST_F(WriteMix, WritesEveryFormatWholeAndMeasuresIt) {
  for (const char* name : {"mix.wav", "mix.flac", "mix.ogg", "mix.opus", "mix.mp3"}) {
    const int rate = std::string(name) == "mix.opus" ? 48000 : 44100;
    const auto plan = tone(-20, rate, 4);
    const MixReport report = write_mix(plan, folder_ / name, encoding_for(name));
    EXPECT_NEAR(report.integrated_lufs, -20, 0.1) << name;  // EBU Tech 3341
    EXPECT_NEAR(report.true_peak_dbtp, -20, 0.2) << name;
    EXPECT_EQ(report.pcm_frames, plan.length);
    EXPECT_NEAR(static_cast<double>(test::decode_with_ffmpeg(folder_ / name).size()),
                2 * static_cast<double>(plan.length), 2 * 1152)
        << name;
  }
}

// The ffmpeg program's own meter reads what the report says.
TEST_F(WriteMix, ReportsWhatFfmpegMeasures) {
  const auto file = sources_ / "noise.wav";
  test::write_float_wav(file, test::noise(0.9, 2 * 44100 * 4, 1), 44100, 2);
  const auto plan = plan_of({source_of(file)}, {placement_of(0, 0, 44100 * 4, 6)}, 0, 0);
  const MixReport report = write_mix(plan, folder_ / "mix.flac", encoding_for("mix.flac"));
  EXPECT_LE(report.true_peak_dbtp, -1);
  const std::string told = test::output_of("ffmpeg -nostats -i " + test::quoted(folder_ / "mix.flac") +
                                           " -af ebur128 -f null - 2>&1");
  const std::size_t summary = told.rfind("Summary:");
  ASSERT_NE(summary, std::string::npos) << told;
  const double lufs = std::stod(told.substr(told.find("I:", summary) + 2));
  EXPECT_NEAR(report.integrated_lufs, lufs, 0.1);
}

TEST_F(WriteMix, OpusNeedsAPlanAt48Kilohertz) {
  const auto plan = tone(-20, 44100, 1);
  const std::string sentence = test::refusal(
      [&] { write_mix(plan, folder_ / "mix.opus", encoding_for("mix.opus")); }, ErrorKind::usage);
  EXPECT_NE(sentence.find("48000"), std::string::npos) << sentence;
  EXPECT_EQ(count_files(folder_.path()), 0u);
}

TEST_F(WriteMix, LeavesNothingWhenASourceFails) {
  auto plan = tone(-20, 44100, 1);
  plan.sources[0].pcm_frames *= 2;
  plan.placements[0].length = plan.length = plan.length * 2;
  EXPECT_THROW(write_mix(plan, folder_ / "mix.flac", encoding_for("mix.flac")), Error);
  EXPECT_EQ(count_files(folder_.path()), 0u);
}

TEST_F(WriteMix, StopsSoonAfterAnInterrupt) {
  const auto once = tone(-20, 44100, 20);
  auto plan = once;
  plan.placements.assign(100, once.placements[0]);
  plan.transitions.assign(99, Transition{});
  plan.length = once.length * 100;
  std::chrono::steady_clock::time_point asked;
  {
    const std::jthread other([&asked] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      asked = std::chrono::steady_clock::now();
      request_interrupt();
    });
    test::refusal([&] { write_mix(plan, folder_ / "mix.flac", encoding_for("mix.flac")); },
                  ErrorKind::interrupted);
  }
  clear_interrupt();
  EXPECT_LT(std::chrono::steady_clock::now() - asked,
            std::chrono::milliseconds(500));  // 100 on an idle machine
  EXPECT_EQ(count_files(folder_.path()), 0u);
}

}  // namespace
}  // namespace segue
