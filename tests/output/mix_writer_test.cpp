#include "output/mix_writer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
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

// The rules of the format, as any reader takes them.
struct CueTrack {
  int number = 0;
  std::string title, performer;
  double seconds = -1;
};

struct CueSheet {
  std::string file, file_type;
  std::vector<CueTrack> tracks;
};

CueSheet parse_cue(const std::string& text) {
  CueSheet sheet;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(line.find('\r'), std::string::npos);
    std::istringstream words(line);
    std::string command;
    words >> command;
    const std::size_t open = line.find('"');
    const std::size_t close = line.rfind('"');
    const std::string value = open == close ? "" : line.substr(open + 1, close - open - 1);
    EXPECT_EQ(value.find('"'), std::string::npos) << line;
    if (command == "FILE") {
      sheet.file = value;
      sheet.file_type = line.substr(close + 2);
    } else if (command == "TRACK") {
      std::string type;
      sheet.tracks.emplace_back();
      words >> sheet.tracks.back().number >> type;
      EXPECT_EQ(type, "AUDIO");
    } else if (command == "TITLE" && !sheet.tracks.empty()) {
      sheet.tracks.back().title = value;
    } else if (command == "PERFORMER") {
      sheet.tracks.back().performer = value;
    } else if (command == "INDEX") {
      int index = 0;
      int minutes = 0;
      int seconds = 0;
      int frames = 0;
      EXPECT_EQ(std::sscanf(line.c_str(), " INDEX %d %d:%2d:%2d", &index, &minutes, &seconds, &frames),
                4);
      EXPECT_EQ(index, 1);
      EXPECT_LT(seconds, 60);
      EXPECT_LT(frames, 75);
      sheet.tracks.back().seconds = minutes * 60 + seconds + frames / 75.0;
    } else {
      EXPECT_TRUE(command == "REM" || command == "TITLE") << line;
    }
  }
  return sheet;
}

Plan plan_with(std::size_t sources, const std::vector<std::size_t>& order, PcmFrame length) {
  Plan plan;
  for (std::size_t i = 0; i < sources; ++i) {
    PlanSource source;
    source.path = "/music/track " + std::to_string(i) + ".ogg";
    source.sample_rate = 44100;
    source.pcm_frames = 44100 * 1000;
    source.artist = "Artist " + std::to_string(i);
    plan.sources.push_back(source);
  }
  for (const std::size_t source : order) plan.placements.push_back(placement_of(source, 0, length));
  plan.transitions.resize(order.size() - 1);
  plan.length = length * static_cast<PcmFrame>(order.size());
  return plan;
}

TEST(CueSheet, HasAnEntryWhereverTheTrackChanges) {
  auto plan = plan_with(3, {0, 0, 1, 2, 2, 2, 0}, 44100 * 30 + 294);  // 294 frames are half a CUE frame
  plan.sources[1].title = "Say \"hello\"\nworld";
  const auto sheet = parse_cue(cue_sheet(plan, "/somewhere/my mix.flac"));
  EXPECT_EQ(sheet.file, "my mix.flac");
  EXPECT_EQ(sheet.file_type, "WAVE");
  ASSERT_EQ(sheet.tracks.size(), 4u);
  const std::vector<int> places = {0, 2, 3, 6};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(sheet.tracks[i].number, static_cast<int>(i) + 1);
    const double exact = places[i] * (30 + 294 / 44100.0);
    EXPECT_LE(sheet.tracks[i].seconds, exact + 1e-9);
    EXPECT_GT(sheet.tracks[i].seconds, exact - 1 / 75.0);
  }
  EXPECT_EQ(sheet.tracks[0].title, "track 0");
  EXPECT_EQ(sheet.tracks[0].performer, "Artist 0");
  EXPECT_EQ(sheet.tracks[1].title, "Say 'hello'\\nworld");
}

TEST(CueSheet, TellsMp3FromTheRest) {
  const auto plan = plan_with(1, {0}, 44100);
  EXPECT_EQ(parse_cue(cue_sheet(plan, "a.MP3")).file_type, "MP3");
  EXPECT_EQ(parse_cue(cue_sheet(plan, "a.ogg")).file_type, "WAVE");
}

TEST(CueSheet, StaysWithin99Entries) {
  for (const std::size_t changes : {99, 100, 198, 199, 2000}) {
    std::vector<std::size_t> order(changes);
    for (std::size_t i = 0; i < changes; ++i) order[i] = i % 2;
    const std::string text = cue_sheet(plan_with(2, order, 44100), "a.flac");
    const auto sheet = parse_cue(text);
    EXPECT_LE(sheet.tracks.size(), 99u);
    EXPECT_GE(sheet.tracks.size(), 50u);
    EXPECT_EQ(text.find("REM") != std::string::npos, changes > 99) << changes;
    double last = -1;
    for (const auto& track : sheet.tracks) {
      EXPECT_GT(track.seconds, last);
      last = track.seconds;
    }
  }
}

}  // namespace
}  // namespace segue
