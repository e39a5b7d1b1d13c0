#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/decoder.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "support/music.hpp"
#include "support/refusal.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::make_music;
using test::read_all;
using test::read_bytes;
using test::TemporaryFolder;
using test::write_bytes;

// The sentence that opening a file ends with; empty if it opens.
std::string complaint(const std::filesystem::path& file) {
  try {
    AudioDecoder::open(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_EQ(error.file(), file);
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    EXPECT_THROW(hash_audio_packets(file), Error);
    return error.problem();
  }
  return {};
}

std::string random_bytes(std::size_t count) {
  Random random(7);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return bytes;
}

TEST(AudioDecoder, RefusesAMissingFile) {
  EXPECT_EQ(complaint("/nowhere/song.mp3"), "there is no such file");
}

TEST(AudioDecoder, RefusesAFolder) {
  const TemporaryFolder folder;
  EXPECT_EQ(complaint(folder.path()), "is a folder, not a music file");
}

TEST(AudioDecoder, RefusesAnEmptyFile) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.mp3", "");
  EXPECT_EQ(complaint(folder / "a.mp3"), "is empty");
}

TEST(AudioDecoder, RefusesAPipeRatherThanWaitForIt) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "a.mp3").c_str(), 0600), 0);
  EXPECT_EQ(complaint(folder / "a.mp3"), "is not a regular file");
}

TEST(AudioDecoder, RefusesTextThatIsNamedMp3) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.mp3", "Dear reader,\nthis is not music.\n");
  EXPECT_EQ(complaint(folder / "a.mp3"), "is not audio that FFmpeg knows, or is damaged beyond reading");
}

TEST(AudioDecoder, RefusesRandomBytesWhateverTheirName) {
  const TemporaryFolder folder;
  for (const char* name :
       {"a.mp3", "a.ogg", "a.flac", "a.wav", "a.m4a", "a.aac", "a.bin", "a.wma", "a.opus"}) {
    write_bytes(folder / name, random_bytes(200000));
    EXPECT_FALSE(complaint(folder / name).empty()) << name;
  }
}

TEST(AudioDecoder, RefusesAnImageAndAVideoWithoutAudio) {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "a.jpg", "a.mp4"}) {
    test::run_ffmpeg("-f lavfi -i testsrc=d=1:s=64x64 " +
                     std::string(std::string_view(name) == "a.mp4" ? "" : "-frames:v 1 ") +
                     test::quoted((folder / name).string()));
    EXPECT_EQ(complaint(folder / name), "holds no audio") << name;
  }
}

TEST(AudioDecoder, RefusesPlaylistsThatNameOtherFiles) {
  const TemporaryFolder folder;
  make_music(folder / "a.aac", test::stereo_music(1, 44100), 44100, 2);
  write_bytes(folder / "a.m3u8",
              "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.aac\n#EXT-X-ENDLIST\n");
  write_bytes(folder / "b.mp3", "ffconcat version 1.0\nfile a.aac\n");
  for (const char* name : {"a.m3u8", "b.mp3"}) {
    EXPECT_EQ(complaint(folder / name), "is a playlist or stream description, not music") << name;
  }
}

TEST(AudioDecoder, RefusesWhatMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  make_music(folder / "a.wav", test::stereo_music(1, 44100), 44100, 2);
  std::filesystem::permissions(folder / "a.wav", std::filesystem::perms::none);
  EXPECT_EQ(complaint(folder / "a.wav"), "cannot be read: permission denied");
}

TEST(AudioDecoder, PlaysWhatIsThereOfATruncatedFile) {
  const TemporaryFolder folder;
  const auto music = test::stereo_music(8, 44100);
  for (const char* name : {"a.mp3", "a.ogg", "a.flac", "a.wav", "a.aac"}) {
    make_music(folder / name, music, 44100, 2);
    const std::string bytes = read_bytes(folder / name);
    write_bytes(folder / name, bytes.substr(0, bytes.size() / 2));
    const double seconds = static_cast<double>(read_all(folder / name).size()) / 2 / 44100;
    EXPECT_GT(seconds, 2) << name;
    EXPECT_LT(seconds, 6) << name;
    EXPECT_NO_THROW(hash_audio_packets(folder / name));
  }
}

TEST(AudioDecoder, SkipsDamagedPacketsAndCountsThem) {
  const TemporaryFolder folder;
  make_music(folder / "a.flac", test::stereo_music(8, 44100), 44100, 2);
  std::string bytes = read_bytes(folder / "a.flac");
  for (std::size_t at = 20000; at < bytes.size(); at += 60000) bytes.replace(at, 64, 64, '\x55');
  write_bytes(folder / "a.flac", bytes);
  AudioDecoder decoder = AudioDecoder::open(folder / "a.flac");
  const double seconds = static_cast<double>(read_all(decoder).size()) / 2 / 44100;
  EXPECT_GT(decoder.skipped_packets(), 0);
  EXPECT_GT(seconds, 4);
  EXPECT_LE(seconds, 8);
}

TEST(AudioDecoder, NeitherCrashesNorHangsOnFlippedBits) {
  const TemporaryFolder folder;
  const auto music = test::stereo_music(2, 44100);
  Random random(3);
  for (const char* name : {"a.mp3", "a.ogg", "a.flac", "a.wav", "a.m4a", "a.wma", "a.opus", "a.mka"}) {
    make_music(folder / name, music, 44100, 2);
    const std::string whole = read_bytes(folder / name);
    for (int round = 0; round < 10; ++round) {
      std::string bytes = whole;
      for (int i = 0; i < 50; ++i) {
        bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
      }
      write_bytes(folder / name, bytes);
      try {
        AudioDecoder decoder = AudioDecoder::open(folder / name, 2);
        decoder.seek(44100);
        EXPECT_LT(read_all(decoder).size(), 200 * music.size());
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
      }
    }
  }
}

TEST(AudioDecoder, ReadsATrackOfAFifthOfASecond) {
  const TemporaryFolder folder;
  const auto music = test::stereo_music(0.2, 44100);
  for (const char* name : {"a.wav", "a.flac", "a.mp3", "a.m4a", "a.ogg", "a.opus"}) {
    make_music(folder / name, music, 44100, 2, "-ar 48000");
    const auto frames = static_cast<double>(read_all(folder / name).size()) / 2;
    EXPECT_NEAR(frames, 9600, 1024) << name;  // a short Ogg or MP4 file may keep its padding
  }
}

TEST(AudioDecoder, StopsWhereAnInterruptCame) {
  const TemporaryFolder folder;
  make_music(folder / "a.mp3", test::stereo_music(5, 44100), 44100, 2);
  AudioDecoder decoder = AudioDecoder::open(folder / "a.mp3");
  request_interrupt();
  test::refusal([&] { read_all(decoder); }, ErrorKind::interrupted);
  clear_interrupt();
}

}  // namespace
}  // namespace segue
