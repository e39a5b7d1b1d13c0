#include "library/pieces.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/music.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

TEST(Pieces, EachFileIsOneInTheOrderGiven) {
  const test::TemporaryFolder folder, scratch;
  ::setenv("TMPDIR", scratch.path().c_str(), 1);
  test::make_music(folder / "b.flac", test::stereo_music(2, 44100), 44100, 2);
  test::make_music(folder / "a.wav", test::stereo_music(1, 22050), 22050, 2);
  const std::vector<Piece> pieces =
      analyze_pieces({folder / "b.flac", folder / "a.wav", folder / "b.flac"}, 2);
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[1].file, folder / "a.wav");
  EXPECT_EQ(pieces[0].analysis.track, pieces[2].analysis.track) << "twice the same is two pieces";
  EXPECT_EQ(pieces[0].analysis.pcm_frames, 2 * 44100);
  EXPECT_EQ(pieces[1].analysis.pcm_frames, 22050);
  EXPECT_EQ(test::count_files(scratch.path()), 0u);
  std::vector<float> row(LogMelGeometry::bands);  // still readable
  for (const Piece& piece : pieces) piece.features->read_log_mel({3, 4}, row);

  test::make_music(folder / "short.wav", test::stereo_music(0.4, 44100), 44100, 2);
  const std::string sentence = test::refusal(
      [&] {
        analyze_pieces({folder / "b.flac", folder / "short.wav"});
      },
      ErrorKind::input);
  EXPECT_NE(sentence.find("short.wav"), std::string::npos);
  EXPECT_EQ(test::count_files(scratch.path()), 0u);
  ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace segue
