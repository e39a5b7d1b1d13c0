#include "media/sample_converter.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "media/frame_reader.hpp"
#include "support/music.hpp"

namespace segue {
namespace {

// What the network hears: mono, 22 050 Hz, 16 bits.
std::vector<std::int16_t> converted(const std::filesystem::path& file) {
  FrameReader reader(file);
  SampleConverter<std::int16_t> converter(22050, 1);
  std::vector<std::int16_t> all;
  const auto append = [&](auto samples) { all.insert(all.end(), samples.begin(), samples.end()); };
  while (const AVFrame* frame = reader.next()) append(converter.convert(*frame));
  append(converter.finish());
  return all;
}

std::vector<std::int16_t> as_ffmpeg_converts(const std::filesystem::path& file) {
  const std::string bytes = test::output_of("ffmpeg -nostdin -v error -i " +
                                            test::quoted(file.string()) + " -ac 1 -ar 22050 -f s16le -");
  std::vector<std::int16_t> samples(bytes.size() / 2);
  std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
  return samples;
}

TEST(SampleConverter, GivesTheSameBitsAsTheFfmpegProgram) {
  const test::TemporaryFolder folder;
  const auto music = test::stereo_music(4, 48000);
  for (const char* name : {"a.flac", "a.mp3", "a.ogg", "a.opus", "a.wav"}) {
    test::make_music(folder / name, music, 48000, 2);
    EXPECT_EQ(converted(folder / name), as_ffmpeg_converts(folder / name)) << name;
  }
  test::make_music(folder / "mono.flac", music, 22050, 1);
  EXPECT_EQ(converted(folder / "mono.flac"), as_ffmpeg_converts(folder / "mono.flac"));
  test::make_music(folder / "surround.wav", music, 44100, 6);
  EXPECT_EQ(converted(folder / "surround.wav"), as_ffmpeg_converts(folder / "surround.wav"));
}

TEST(SampleConverter, GivesTheSameBitsAsTheFfmpegProgramOnRealMusic) {
  const auto file = test::kRealMusic / "sad.ogg";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "wesnoth-1.16-music is not installed";
  EXPECT_EQ(converted(file), as_ffmpeg_converts(file));
}

}  // namespace
}  // namespace segue
