#include "audio/decoder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <limits>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "support/music.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::largest_difference;
using test::make_music;
using test::read_all;
using test::stereo_music;
using test::TemporaryFolder;

TEST(AudioDecoder, ReadsWhatFfmpegReadsFromEveryFormat) {
  const TemporaryFolder folder;
  const auto music = stereo_music(3, 44100);
  const std::pair<const char*, const char*> formats[] = {{"s16.wav", ""},
                                                         {"s24.wav", "-c:a pcm_s24le"},
                                                         {"u8.wav", "-c:a pcm_u8"},
                                                         {"f64.wav", "-c:a pcm_f64le"},
                                                         {"a.aiff", ""},
                                                         {"a.flac", ""},
                                                         {"a.mp3", "-b:a 96k"},
                                                         {"v.mp3", "-q:a 5"},
                                                         {"a.m4a", ""},
                                                         {"lossless.m4a", "-c:a alac"},
                                                         {"a.aac", ""},
                                                         {"a.ogg", "-c:a libvorbis"},
                                                         {"a.opus", ""},
                                                         {"a.wma", ""},
                                                         {"a.mka", "-c:a libvorbis"},
                                                         {"a.caf", ""},
                                                         {"low.mp3", "-ar 22050 -ac 1"}};
  for (const auto& [name, options] : formats) {
    make_music(folder / name, music, 44100, 2, options);
    EXPECT_LT(largest_difference(read_all(folder / name), test::decode_with_ffmpeg(folder / name)), 1e-6)
        << name;
  }
}

TEST(AudioDecoder, ReadsTheLengthThatWasEncodedWhereTheFormatTellsIt) {
  const TemporaryFolder folder;
  const auto music = stereo_music(2.345, 48000);
  for (const char* name : {"a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.aiff"}) {
    make_music(folder / name, music, 48000, 2);
    EXPECT_EQ(read_all(folder / name).size(), music.size()) << name;
  }
}

TEST(AudioDecoder, SaysRateChannelsCodecContainerAndLength) {
  const TemporaryFolder folder;
  make_music(folder / "a.mp3", stereo_music(10, 32000), 32000, 2);
  AudioDecoder decoder = AudioDecoder::open(folder / "a.mp3");
  EXPECT_EQ(decoder.format().sample_rate, 32000);
  EXPECT_EQ(decoder.format().channels, 2);
  EXPECT_EQ(decoder.format().codec, "mp3");
  EXPECT_EQ(decoder.format().container, "mp3");
  EXPECT_EQ(decoder.channels(), 2);
  ASSERT_TRUE(decoder.estimated_duration());
  EXPECT_NEAR(decoder.estimated_duration()->count(), 10, 0.1);
  EXPECT_EQ(AudioDecoder::open(folder / "a.mp3", 1).channels(), 1);
}

TEST(AudioDecoder, ReadsTheAudioOfAVideoWithACover) {
  const TemporaryFolder folder;
  const auto music = stereo_music(2, 44100);
  make_music(folder / "a.flac", music, 44100, 2);
  const std::string audio = "-i " + test::quoted((folder / "a.flac").string());
  test::run_ffmpeg("-f lavfi -i testsrc=d=2:s=64x64 " + audio + " -c:a copy -c:v mpeg4 -map 0 -map 1 " +
                   test::quoted((folder / "a.mkv").string()));
  test::run_ffmpeg(audio +
                   " -f lavfi -i testsrc=d=1:s=64x64 -map 0 -map 1 -frames:v 1 -c:v png -c:a copy " +
                   "-disposition:v attached_pic " + test::quoted((folder / "cover.flac").string()));
  const auto expected = read_all(folder / "a.flac");
  EXPECT_EQ(read_all(folder / "a.mkv"), expected);
  EXPECT_EQ(read_all(folder / "cover.flac"), expected);
}

TEST(AudioDecoder, CopiesMonoToBothSidesUndiminished) {
  const TemporaryFolder folder;
  const auto tone = test::sine(440, 0.9, 5000, 44100, 1);
  make_music(folder / "a.wav", tone, 44100, 1, "-c:a pcm_f32le");
  const auto stereo = read_all(folder / "a.wav", 2);
  ASSERT_EQ(stereo.size(), tone.size() * 2);
  for (std::size_t i = 0; i < tone.size(); ++i) {
    ASSERT_EQ(stereo[2 * i], tone[i]);
    ASSERT_EQ(stereo[2 * i + 1], tone[i]);
  }
}

TEST(AudioDecoder, MixesFullScaleChannelsDownWithoutClipping) {
  const TemporaryFolder folder;
  for (const int channels : {2, 3, 6, 8, 24}) {
    const auto file = folder / (std::to_string(channels) + ".wav");
    make_music(file, std::vector<float>(static_cast<std::size_t>(channels) * 1000, 1.0f), 44100,
               channels, "-c:a pcm_f32le");
    EXPECT_EQ(AudioDecoder::open(file).channels(), channels);
    EXPECT_EQ(read_all(file).size(), static_cast<std::size_t>(channels) * 1000);
    for (const int wanted : {1, 2}) {
      const auto mixed = read_all(file, wanted);
      ASSERT_EQ(mixed.size(), static_cast<std::size_t>(wanted) * 1000) << channels;
      for (const float sample : mixed) ASSERT_NEAR(sample, 1.0f, 1e-5) << channels;
    }
  }
}

TEST(AudioDecoder, CountsEveryChannelEquallyWhereTheLayoutIsUnknown) {
  const TemporaryFolder folder;
  constexpr int kChannels = 11;  // no layout of FFmpeg's has so many
  std::vector<float> samples(kChannels * 500, 0.0f);
  for (std::size_t i = 7; i < samples.size(); i += kChannels) samples[i] = 0.55f;
  make_music(folder / "a.wav", samples, 44100, kChannels, "-c:a pcm_f32le");
  for (const float sample : read_all(folder / "a.wav", 2)) ASSERT_NEAR(sample, 0.05f, 1e-5);
}

TEST(AudioDecoder, PassesOverloadedAndUndefinedSamplesOn) {
  const TemporaryFolder folder;
  std::vector<float> samples = test::noise(0.5, 2000, 1);
  samples[100] = 3.5f;
  samples[200] = std::numeric_limits<float>::quiet_NaN();
  samples[300] = -std::numeric_limits<float>::infinity();
  make_music(folder / "a.wav", samples, 44100, 2, "-c:a pcm_f32le");
  const auto read = read_all(folder / "a.wav");
  ASSERT_EQ(read.size(), samples.size());
  EXPECT_EQ(read[100], 3.5f);
  EXPECT_TRUE(std::isnan(read[200]));
  EXPECT_EQ(read[300], samples[300]);
}

TEST(AudioDecoder, ConvertsTheRestWhereParametersChangeMidway) {
  const TemporaryFolder folder;
  make_music(folder / "a.mp3", stereo_music(4, 44100), 44100, 2);
  make_music(folder / "b.mp3", stereo_music(3, 48000), 48000, 2, "-ac 1");
  test::write_bytes(folder / "ab.mp3",
                    test::read_bytes(folder / "a.mp3") + test::read_bytes(folder / "b.mp3"));
  AudioDecoder decoder = AudioDecoder::open(folder / "ab.mp3");
  EXPECT_EQ(decoder.format().sample_rate, 44100);
  const auto samples = read_all(decoder);
  EXPECT_NEAR(static_cast<double>(samples.size()) / 2, 7 * 44100, 5000);
  const auto tail = std::span(samples).last(44100);
  EXPECT_GT(test::root_mean_square(tail), 0.01);
}

TEST(AudioDecoder, TakesOddFileNamesAsTheyAre) {
  const TemporaryFolder folder;
  make_music(folder / "a.flac", stereo_music(0.5, 44100), 44100, 2);
  const auto expected = read_all(folder / "a.flac");
  for (const char* name :
       {"-i.flac", "http://x", "a:b?c=d&e#f.flac", "100%.flac", "%03d.flac", "two\nlines.flac",
        "\xFF\xFE.flac", "Müller & Söhne.flac", " .flac", "concat:a|b", "no ending"}) {
    const auto file = folder / name;
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::copy_file(folder / "a.flac", file);
    EXPECT_EQ(read_all(file), expected) << name;
  }
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  EXPECT_EQ(read_all("-i.flac"), expected);
  std::filesystem::current_path(before);
}

TEST(AudioDecoder, ReadsInManyThreadsAtOnce) {
  const TemporaryFolder folder;
  const auto music = stereo_music(2, 44100);
  const std::vector<std::string> names = {"a.mp3", "a.ogg", "a.m4a", "a.flac"};
  std::vector<std::vector<float>> expected;
  for (const auto& name : names) {
    make_music(folder / name, music, 44100, 2);
    expected.push_back(read_all(folder / name));
  }
  std::atomic<int> equal{0};
  parallel_for(24, 8,
               [&](std::size_t i) { equal += read_all(folder / names[i % 4]) == expected[i % 4]; });
  EXPECT_EQ(equal, 24);
}

#ifndef __SANITIZE_ADDRESS__
TEST(AudioDecoder, NeedsNoMoreMemoryForALongFile) {
  const TemporaryFolder folder;
  test::run_ffmpeg("-f lavfi -i anoisesrc=r=8000:a=0.1:d=1800 -c:a flac " +
                   test::quoted((folder / "long.flac").string()));
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // kB
  };
  AudioDecoder decoder = AudioDecoder::open(folder / "long.flac");
  std::vector<float> block(8192);
  decoder.read(block);
  const auto before = peak();
  PcmFrame frames = 8192;
  while (const PcmFrame more = decoder.read(block)) frames += more;
  EXPECT_EQ(frames, 1800 * 8000);  // 58 MB
  EXPECT_LT(peak() - before, 4096);
}
#endif

}  // namespace
}  // namespace segue
