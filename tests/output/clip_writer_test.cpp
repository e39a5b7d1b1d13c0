#include "output/clip_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/interrupt.hpp"
#include "support/music.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

constexpr double kStep = 1.0 / (1 << 22);  // 24 bits, rounded and dithered

class WriteClips : public testing::Test {
 protected:
  WriteClips() {
    encoding.container = Container::wav;
    encoding.bits = 24;
    test::make_music(source, samples, 44100, 2, "-c:a pcm_f32le");
  }
  std::vector<float> joined(const std::vector<Clip>& clips) {
    write_clips(clips, folder / "joined.wav", encoding);
    return test::read_all(folder / "joined.wav");
  }
  std::span<const float> part(PcmFrame start, PcmFrame length) const {
    return std::span(samples).subspan(static_cast<std::size_t>(2 * start),
                                      static_cast<std::size_t>(2 * length));
  }
  const test::TemporaryFolder folder;
  const std::filesystem::path source = folder / "source.wav";
  const std::vector<float> samples = test::stereo_music(4, 44100);
  EncodingConfig encoding;
};

TEST_F(WriteClips, NeighboursGiveBackTheirSource) {
  const std::vector<Clip> clips = {{source, 1000, 40001}, {source, 41001, 1}, {source, 41002, 77777}};
  EXPECT_LT(test::largest_difference(joined(clips), part(1000, 40001 + 1 + 77777)), kStep);
}

TEST_F(WriteClips, OthersAreJoinedHard) {
  const std::vector<float> found = joined({{source, 90000, 30000}, {source, 0, 20000}});
  EXPECT_LT(test::largest_difference(std::span(found).first(60000), part(90000, 30000)), kStep);
  EXPECT_LT(test::largest_difference(std::span(found).subspan(60000), part(0, 20000)), kStep);
}

TEST_F(WriteClips, OtherRatesAndChannelsBecomeThoseOfTheResult) {
  const std::filesystem::path other = folder / "other.flac";
  test::make_music(other, std::vector<float>(22050, 0.25f), 22050, 1);
  take_format_of(other, encoding);
  EXPECT_EQ(encoding.sample_rate, 22050);
  EXPECT_EQ(encoding.channels, 1);
  take_format_of(source, encoding);
  EXPECT_EQ(encoding.sample_rate, 44100);
  const std::vector<float> found =
      joined({{source, 0, 44100}, {other, 0, 22050}, {source, 44100, 44100}});
  ASSERT_EQ(found.size(), 2u * 3 * 44100);
  EXPECT_NEAR(found[2 * (44100 + 22050) + 1], 0.25, 1e-3);
  EXPECT_LT(test::largest_difference(std::span(found).subspan(4 * 44100), part(44100, 44100)), kStep);
  encoding.container = Container::ogg_opus;
  take_format_of(source, encoding);
  EXPECT_EQ(encoding.sample_rate, 48000);
}

TEST_F(WriteClips, AFileThatEndsTooEarlyLeavesNothing) {
  const std::string sentence = test::refusal(
      [&] {
        joined({{source, 0, 1000}, {source, 44100, 4 * 44100}});
      },
      ErrorKind::input);
  EXPECT_NE(sentence.find("source.wav"), std::string::npos);
  request_interrupt();
  test::refusal([&] { joined({{source, 0, 1000}}); }, ErrorKind::interrupted);
  clear_interrupt();
  EXPECT_EQ(test::count_files(folder.path()), 1u) << "the source alone";
}

}  // namespace
}  // namespace segue
