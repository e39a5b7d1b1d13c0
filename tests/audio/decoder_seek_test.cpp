#include <gtest/gtest.h>

#include "audio/decoder.hpp"
#include "support/music.hpp"

namespace segue {
namespace {

using test::largest_difference;
using test::make_music;
using test::read_all;
using test::TemporaryFolder;

constexpr double kMinus90Decibels = 3.16e-5;

// Reads a second at odd positions, forwards, backwards, across the end, and holds it against the
// whole file read from its start.
void expect_exact_seeks(const std::filesystem::path& file, double tolerance) {
  SCOPED_TRACE(file.filename().string());
  const auto whole = read_all(file, 2);
  const auto frames = static_cast<PcmFrame>(whole.size() / 2);
  AudioDecoder decoder = AudioDecoder::open(file, 2);
  const PcmFrame second = decoder.format().sample_rate;
  std::vector<float> block(static_cast<std::size_t>(second) * 2);
  const PcmFrame positions[] = {
      frames / 2 + 13, 0,          1,          frames - 1,     frames / 3 + 7,
      12345,           frames - 5, frames / 5, frames / 5 + 1, frames * 9 / 10,
      frames - 4321,   frames,     777,        frames + 99999, frames * 3 / 4 + 1,
      frames / 4,      frames / 7};
  for (const PcmFrame position : positions) {
    decoder.seek(position);
    EXPECT_EQ(decoder.position(), position);
    const PcmFrame expected = std::clamp<PcmFrame>(frames - position, 0, second);
    const PcmFrame got = decoder.read(block);
    ASSERT_EQ(got, expected) << position;
    const auto size = static_cast<std::size_t>(got) * 2;
    const auto from = std::min(static_cast<std::size_t>(position) * 2, whole.size());
    EXPECT_LE(largest_difference(std::span(block).first(size), std::span(whole).subspan(from, size)),
              tolerance)
        << position;
  }
}

class SeekTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { music_ = test::stereo_music(25, 44100); }
  static void TearDownTestSuite() { music_ = {}; }

  void check(const std::string& name, const std::string& options, double tolerance) {
    const TemporaryFolder folder;
    make_music(folder / name, music_, 44100, 2, options);
    expect_exact_seeks(folder / name, tolerance);
  }

 private:
  inline static std::vector<float> music_;
};

TEST_F(SeekTest, IsBitExactInWav) { check("a.wav", "", 0); }
TEST_F(SeekTest, IsBitExactIn24BitWav) { check("a.wav", "-c:a pcm_s24le", 0); }
TEST_F(SeekTest, IsBitExactInAiff) { check("a.aiff", "", 0); }
TEST_F(SeekTest, IsBitExactInFlac) { check("a.flac", "", 0); }
TEST_F(SeekTest, IsBitExactInOggFlac) { check("a.ogg", "-c:a flac", 0); }
TEST_F(SeekTest, IsBitExactInAppleLossless) { check("a.m4a", "-c:a alac", 0); }
TEST_F(SeekTest, IsExactInMp3OfConstantBitrate) { check("a.mp3", "-b:a 128k", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInMp3OfVariableBitrate) { check("a.mp3", "-q:a 3", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInMp3WithoutXingHeader) {
  check("a.mp3", "-q:a 3 -write_xing 0", kMinus90Decibels);
}
TEST_F(SeekTest, IsExactInOggVorbis) { check("a.ogg", "-c:a libvorbis", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInOggOpus) { check("a.opus", "", kMinus90Decibels); }
// Perceptual noise substitution lets the decoder make up noise; no two passes give the same.
TEST_F(SeekTest, IsExactInM4a) { check("a.m4a", "-c:a aac -aac_pns 0", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInRawAac) { check("a.aac", "-c:a aac -aac_pns 0", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInWma) { check("a.wma", "", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInMatroskaVorbis) { check("a.mka", "-c:a libvorbis", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInMatroskaOpus) { check("a.webm", "-c:a libopus", kMinus90Decibels); }
TEST_F(SeekTest, IsExactInMpegTransportStreams) {
  check("a.ts", "-c:a aac -aac_pns 0", kMinus90Decibels);
}
TEST_F(SeekTest, IsExactInAc3) { check("a.ac3", "", kMinus90Decibels); }

TEST_F(SeekTest, IsExactInTheAudioOfAVideo) {
  const std::string video = "-f lavfi -i testsrc=d=25:s=64x64:r=5 -c:v mpeg4 ";
  check("a.mp4", video + "-c:a aac -aac_pns 0", kMinus90Decibels);
  check("a.mkv", video + "-c:a aac -aac_pns 0", kMinus90Decibels);
  check("a.avi", video + "-c:a mp3", kMinus90Decibels);
}

TEST_F(SeekTest, IsExactInChainedOgg) {
  const TemporaryFolder folder;
  make_music(folder / "a.ogg", test::stereo_music(9, 44100, 2), 44100, 2);
  make_music(folder / "b.ogg", test::stereo_music(8, 44100, 3), 44100, 2);
  test::write_bytes(folder / "ab.ogg",
                    test::read_bytes(folder / "a.ogg") + test::read_bytes(folder / "b.ogg"));
  EXPECT_NEAR(static_cast<double>(read_all(folder / "ab.ogg").size()) / 2, 17 * 44100, 1024);
  expect_exact_seeks(folder / "ab.ogg", kMinus90Decibels);
}

TEST(AudioDecoder, SeeksExactlyInRealMusic) {
  if (!std::filesystem::exists(test::kRealMusic)) GTEST_SKIP() << "wesnoth-1.16-music is not installed";
  for (const char* name : {"sad.ogg", "frantic-old.ogg", "revelation.ogg", "silvan_sanctuary.ogg"}) {
    expect_exact_seeks(test::kRealMusic / name, kMinus90Decibels);
  }
}

// The timestamps of Vorbis jitter, and ffmpeg writes whole pages of Opus with the wrong ones.
TEST(AudioDecoder, SeeksExactlyWhereTimestampsAreOff) {
  const auto original = test::kRealMusic / "frantic.ogg";
  if (!std::filesystem::exists(original)) GTEST_SKIP() << "wesnoth-1.16-music is not installed";
  const TemporaryFolder folder;
  for (const char* name : {"a.opus", "a.flac", "lossless.m4a"}) {
    const std::string codec = std::string_view(name) == "lossless.m4a" ? " -c:a alac " : " ";
    test::run_ffmpeg("-t 120 -i " + test::quoted(original.string()) + codec +
                     test::quoted((folder / name).string()));
    expect_exact_seeks(folder / name, kMinus90Decibels);
    const auto whole = read_all(folder / name, 1);
    AudioDecoder decoder = AudioDecoder::open(folder / name, 1);
    std::vector<float> block(4000);
    Random random(1);
    for (int i = 0; i < 40; ++i) {
      const std::size_t position = random.below(whole.size() - block.size());
      decoder.seek(static_cast<PcmFrame>(position));
      decoder.read(block);
      ASSERT_LE(largest_difference(block, std::span(whole).subspan(position, block.size())),
                kMinus90Decibels)
          << name << " at " << position;
    }
  }
}

}  // namespace
}  // namespace segue
