#include <gtest/gtest.h>

#include "audio/decoder.hpp"
#include "support/music.hpp"

namespace segue {
namespace {

using test::make_music;
using test::quoted;
using test::TemporaryFolder;

class IdentityTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return quoted((folder / name).string()); }

  TemporaryFolder folder;
};

TEST_F(IdentityTest, DoesNotChangeWithTagsOrCover) {
  test::run_ffmpeg("-f lavfi -i testsrc=d=1:s=64x64 -frames:v 1 " + path("cover.png"));
  for (const char* ending : {"mp3", "flac", "ogg", "m4a", "opus"}) {
    const std::string plain = std::string("a.") + ending;
    const std::string tagged = std::string("b.") + ending;
    make_music(folder / plain, test::stereo_music(3, 48000), 48000, 2);
    const bool cover = std::string_view("mp3 flac m4a").find(ending) != std::string_view::npos;
    test::run_ffmpeg(
        "-i " + path(plain) +
        (cover ? " -i " + path("cover.png") + " -map 0 -map 1 -disposition:v attached_pic" : "") +
        " -c copy -metadata title=Other -metadata artist=Someone -metadata:s:a title=Other " +
        path(tagged));
    EXPECT_EQ(AudioDecoder::open(folder / tagged).tags().title, "Other") << ending;
    EXPECT_EQ(hash_audio_packets(folder / plain), hash_audio_packets(folder / tagged)) << ending;
  }
}

TEST_F(IdentityTest, DoesNotChangeWithOldTagsAtTheEndOfAnMp3) {
  make_music(folder / "a.mp3", test::stereo_music(3, 44100), 44100, 2);
  std::string id3v1 = "TAGTitle";
  id3v1.resize(128, '\0');
  std::string ape = "APETAGEX";
  ape += {'\xD0', '\x07', 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::string music = test::read_bytes(folder / "a.mp3");
  test::write_bytes(folder / "id3v1.mp3", music + id3v1);
  test::write_bytes(folder / "ape.mp3", music + ape);
  EXPECT_EQ(hash_audio_packets(folder / "id3v1.mp3"), hash_audio_packets(folder / "a.mp3"));
  EXPECT_EQ(hash_audio_packets(folder / "ape.mp3"), hash_audio_packets(folder / "a.mp3"));
}

TEST_F(IdentityTest, ChangesWithOneSample) {
  auto music = test::stereo_music(1, 44100);
  make_music(folder / "a.wav", music, 44100, 2, "-c:a pcm_f32le");
  music[1234] += 0.25f;
  make_music(folder / "b.wav", music, 44100, 2, "-c:a pcm_f32le");
  make_music(folder / "c.wav", music, 48000, 2, "-c:a pcm_f32le");
  EXPECT_NE(hash_audio_packets(folder / "a.wav"), hash_audio_packets(folder / "b.wav"));
  EXPECT_NE(hash_audio_packets(folder / "b.wav"), hash_audio_packets(folder / "c.wav"));
}

TEST_F(IdentityTest, SurvivesAnotherContainer) {
  make_music(folder / "a.m4a", test::stereo_music(3, 44100), 44100, 2);
  test::run_ffmpeg("-i " + path("a.m4a") + " -c copy " + path("a.mka"));
  EXPECT_EQ(hash_audio_packets(folder / "a.m4a"), hash_audio_packets(folder / "a.mka"));
}

TEST_F(IdentityTest, TagsAreReadFromEveryFormat) {
  const std::string tags =
      "-metadata title='Ein Stück' -metadata artist=Komponistin -metadata album=Platte "
      "-metadata album_artist=Verschiedene -metadata genre=Walzer -metadata date=1987-06-05 "
      "-metadata copyright='CC BY-SA 4.0'";
  for (const char* ending : {"mp3", "flac", "ogg", "m4a", "opus", "wma", "mka"}) {
    const auto file = folder / (std::string("a.") + ending);
    make_music(file, test::stereo_music(0.5, 44100), 44100, 2, tags);
    const Tags read = AudioDecoder::open(file).tags();
    EXPECT_EQ(read.title, "Ein Stück") << ending;
    EXPECT_EQ(read.artist, "Komponistin") << ending;
    EXPECT_EQ(read.album, "Platte") << ending;
    EXPECT_EQ(read.album_artist, "Verschiedene") << ending;
    EXPECT_EQ(read.genre, "Walzer") << ending;
    EXPECT_EQ(read.year, "1987") << ending;
    EXPECT_EQ(read.licence, "CC BY-SA 4.0") << ending;
  }
}

TEST_F(IdentityTest, MoodAndLicenceAreReadFromFreeComments) {
  make_music(
      folder / "a.flac", test::stereo_music(0.5, 44100), 44100, 2,
      "-metadata MOOD=calm -metadata LICENSE=GPL -metadata COPYRIGHT=Someone -metadata YEAR=2006");
  const Tags tags = AudioDecoder::open(folder / "a.flac").tags();
  EXPECT_EQ(tags.mood, "calm");
  EXPECT_EQ(tags.licence, "GPL");
  EXPECT_EQ(tags.year, "2006");
  EXPECT_EQ(tags.title, "");
}

TEST_F(IdentityTest, TagsThatAreNotUtf8AreTakenForLatin1) {
  // RIFF INFO tags have no encoding.
  make_music(folder / "a.wav", test::stereo_music(0.5, 44100), 44100, 2, "-metadata title=Buro");
  std::string bytes = test::read_bytes(folder / "a.wav");
  const std::size_t at = bytes.find("Buro");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 1] = '\xFC';
  test::write_bytes(folder / "a.wav", bytes);
  EXPECT_EQ(AudioDecoder::open(folder / "a.wav").tags().title, "Büro");
}

}  // namespace
}  // namespace segue
