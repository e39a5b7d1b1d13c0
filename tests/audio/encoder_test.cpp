#include "audio/encoder.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "audio/dither.hpp"
#include "base/error.hpp"
#include "support/programs.hpp"
#include "support/refusal.hpp"
#include "support/signals.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using test::count_files;
using test::decibels;
using test::read_bytes;
using test::TemporaryFolder;

EncodingConfig config_for(const std::filesystem::path& file) {
  EncodingConfig config;
  config.container = EncodingConfig::container_for(file);
  if (config.container == Container::ogg_opus) config.sample_rate = 48000;
  return config;
}

void encode(const std::filesystem::path& file, const EncodingConfig& config,
            const std::vector<float>& samples, std::size_t block = 5000) {
  AudioEncoder encoder(file, config);
  const std::size_t step = block * static_cast<std::size_t>(config.channels);
  for (std::size_t at = 0; at < samples.size(); at += step) {
    encoder.write(std::span(samples).subspan(at, std::min(step, samples.size() - at)));
  }
  encoder.commit();
}

std::vector<float> difference(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> result(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = a[i] - b[i];
  return result;
}

// TPDF dither and rounding leave white noise of half a step RMS: step / 2 = 2^-bits.
TEST(AudioEncoder, LosslessFormatsHoldTheSignalDownToTheDither) {
  const TemporaryFolder folder;
  const auto tone = test::sine(997, 0.7, 44100, 44100, 2);
  for (const char* name : {"a.wav", "a.flac"}) {
    for (const int bits : {16, 24}) {
      auto config = config_for(name);
      config.bits = bits;
      encode(folder / name, config, tone);
      const auto decoded = test::decode_with_ffmpeg(folder / name);
      ASSERT_EQ(decoded.size(), tone.size()) << name << bits;
      const double error = decibels(test::root_mean_square(difference(decoded, tone)));
      // Float input has 24 bits too, so that at 24 its own rounding adds a little.
      EXPECT_NEAR(error, -20 * std::log10(2.0) * bits, bits == 16 ? 0.1 : 0.5) << name << bits;
    }
  }
}

TEST(AudioEncoder, LossyFormatsKeepLengthLevelAndTime) {
  const TemporaryFolder folder;
  for (const char* name : {"a.ogg", "a.oga", "a.opus", "a.mp3"}) {
    const auto config = config_for(name);
    const auto frames = static_cast<std::size_t>(config.sample_rate) * 3;
    const auto tone = test::sine(1000, 0.5, frames, config.sample_rate, 2);
    encode(folder / name, config, tone);
    const auto decoded = test::decode_with_ffmpeg(folder / name);
    // One codec block at most may be padded at the end.
    ASSERT_NEAR(static_cast<double>(decoded.size()) / 2, static_cast<double>(frames), 1152) << name;
    // The middle second, where a shift of one frame alone would leave an error of -17 dB.
    const auto second = static_cast<std::ptrdiff_t>(config.sample_rate) * 2;
    const std::vector<float> middle(decoded.begin() + second, decoded.begin() + 2 * second);
    const std::vector<float> expected(tone.begin() + second, tone.begin() + 2 * second);
    EXPECT_LT(decibels(test::root_mean_square(difference(middle, expected)) /
                       test::root_mean_square(expected)),
              -30)
        << name;
  }
}

TEST(AudioEncoder, HigherQualityTakesMoreRoom) {
  const TemporaryFolder folder;
  const auto noise = test::noise(0.3, 48000 * 4, 3);
  for (const char* name : {"a.ogg", "a.opus", "a.mp3"}) {
    std::uintmax_t last = 0;
    for (const double quality : {0.0, 0.5, 1.0}) {
      auto config = config_for(name);
      config.quality = quality;
      encode(folder / name, config, noise);
      const auto size = std::filesystem::file_size(folder / name);
      EXPECT_GT(size, last) << name << " " << quality;
      last = size;
    }
  }
}

TEST(AudioEncoder, WritesMono) {
  const TemporaryFolder folder;
  for (const char* name : {"a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"}) {
    auto config = config_for(name);
    config.channels = 1;
    encode(folder / name, config, test::sine(440, 0.5, 48000, config.sample_rate, 1));
    EXPECT_NEAR(static_cast<double>(test::decode_with_ffmpeg(folder / name).size()), 48000, 1152)
        << name;
  }
}

TEST(AudioEncoder, TagsReachOtherPrograms) {
  const TemporaryFolder folder;
  for (const char* name : {"a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"}) {
    auto config = config_for(name);
    config.tags.title = "Größe – 大";
    config.tags.artist = "The \"Artist\"";
    config.tags.album = "Album";
    config.tags.genre = "Rock";
    config.tags.year = "2024";
    config.tags.licence = "CC-BY-SA 4.0";
    config.comment = "made of three tracks";
    encode(folder / name, config, std::vector<float>(20000));
    const auto probed = nlohmann::json::parse(
        test::output_of("ffprobe -v error -of json -show_entries format_tags:stream_tags " +
                        test::quoted(folder / name)));
    std::map<std::string, std::string> found;
    const auto collect = [&found](const nlohmann::json& holder) {
      if (!holder.contains("tags")) return;
      for (const auto& [key, value] : holder["tags"].items()) {
        std::string lower = key;
        for (char& c : lower) c = static_cast<char>(std::tolower(c));
        found[lower] = value;
      }
    };
    collect(probed["format"]);
    for (const auto& stream : probed["streams"]) collect(stream);
    EXPECT_EQ(found["title"], config.tags.title) << name;
    EXPECT_EQ(found["artist"], config.tags.artist) << name;
    EXPECT_EQ(found["album"], config.tags.album) << name;
    EXPECT_EQ(found["genre"], config.tags.genre) << name;
    EXPECT_EQ(found["date"], config.tags.year) << name;
    EXPECT_EQ(found["comment"], config.comment) << name;
    const bool has_licence = found.count("license") > 0;
    EXPECT_EQ(found[has_licence ? "license" : "copyright"], config.tags.licence) << name;
  }
}

TEST(AudioEncoder, ChaptersReachOtherProgramsAndLeaveTheSoundAlone) {
  const TemporaryFolder folder;
  const auto sound = test::sine(440, 0.5, 5 * 48000, 48000, 2);
  for (const char* name : {"a.flac", "a.ogg", "a.opus", "a.mp3"}) {
    auto config = config_for(name);
    config.sample_rate = 48000;
    config.tags.title = "Größe";
    encode(folder / name, config, sound);
    const auto plain = test::decode_with_ffmpeg(folder / name);
    config.chapters = {{Seconds(0), Seconds(1.2344), "One – 大"}, {Seconds(1.2344), Seconds(5), "Two"}};
    encode(folder / name, config, sound);
    EXPECT_EQ(test::decode_with_ffmpeg(folder / name), plain) << name;
    const auto probed = nlohmann::json::parse(test::output_of(
        "ffprobe -v error -of json -show_chapters -show_entries format_tags:stream_tags " +
        test::quoted(folder / name)));
    ASSERT_EQ(probed["chapters"].size(), 2u) << name;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& chapter = probed["chapters"][i];
      EXPECT_EQ(chapter["tags"]["title"], config.chapters[i].title) << name;
      EXPECT_NEAR(std::stod(chapter["start_time"].get<std::string>()), config.chapters[i].begin.count(),
                  6e-4)
          << name;
    }
    EXPECT_NE(probed.dump().find("Größe"), std::string::npos) << name;
  }
  auto wave = config_for("a.wav");
  wave.chapters.resize(1);
  test::refusal([&] { wave.validate(); }, ErrorKind::usage);
}

TEST(AudioEncoder, ClipsWhatIsOutOfRange) {
  const TemporaryFolder folder;
  const auto loud = test::sine(100, 4, 44100, 44100, 2);
  for (const char* name : {"a.wav", "a.flac"}) {
    encode(folder / name, config_for(name), loud);
    const auto decoded = test::decode_with_ffmpeg(folder / name);
    ASSERT_EQ(decoded.size(), loud.size()) << name;
    for (std::size_t i = 0; i < loud.size(); ++i) {
      ASSERT_NEAR(decoded[i], std::clamp(loud[i], -1.0f, 1.0f), 1.0 / 8192) << name << " " << i;
    }
  }
  for (const char* name : {"a.ogg", "a.opus", "a.mp3"}) {
    encode(folder / name, config_for(name), loud);
    EXPECT_NEAR(static_cast<double>(test::decode_with_ffmpeg(folder / name).size()),
                static_cast<double>(loud.size()), 2 * 1152)
        << name;
  }
}

TEST(AudioEncoder, TheSameInputGivesTheSameFile) {
  const TemporaryFolder folder;
  const auto noise = test::noise(0.5, 30000, 4);
  for (const std::string ending : {".wav", ".flac", ".mp3"}) {
    encode(folder / ("a" + ending), config_for("a" + ending), noise, 15000);
    encode(folder / ("b" + ending), config_for("b" + ending), noise, 77);
    EXPECT_EQ(read_bytes(folder / ("a" + ending)), read_bytes(folder / ("b" + ending))) << ending;
  }
  auto config = config_for("c.wav");
  config.dither_seed = 2;
  encode(folder / "c.wav", config, noise);
  EXPECT_NE(read_bytes(folder / "a.wav"), read_bytes(folder / "c.wav"));
}

TEST(AudioEncoder, SilenceStaysSilent) {
  const TemporaryFolder folder;
  std::vector<float> samples(44100 * 2);
  for (std::size_t i = 20000; i < 40000; ++i) samples[i] = 0.1f;
  encode(folder / "a.wav", config_for("a.wav"), samples);
  const auto decoded = test::decode_with_ffmpeg(folder / "a.wav");
  ASSERT_EQ(decoded.size(), samples.size());
  for (std::size_t i = 0; i < 20000; ++i) ASSERT_EQ(decoded[i], 0);
  for (std::size_t i = 40000 + 8820; i < decoded.size(); ++i) ASSERT_EQ(decoded[i], 0);
}

// With triangular dither the mean of many rounded copies is the value itself, and the error's
// power (a quarter of a squared step) does not depend on it.
TEST(DitherQuantizer, MakesTheErrorIndependentOfTheSignal) {
  constexpr double kStep = 1.0 / 32768;
  for (const double fraction : {0.1, 0.25, 0.5, 0.8}) {
    DitherQuantizer quantizer(16, 44100, 1, 5);
    const std::vector<float> in(200000, static_cast<float>((100 + fraction) * kStep));
    std::vector<std::int32_t> out(in.size());
    quantizer.quantize(in, out);
    double sum = 0;
    double power = 0;
    for (const auto value : out) {
      const double error = value / 65536.0 - (100 + fraction);
      sum += error;
      power += error * error;
    }
    const auto count = static_cast<double>(out.size());
    EXPECT_NEAR(sum / count, 0, 0.006) << fraction;  // five standard errors
    EXPECT_NEAR(power / count, 0.25, 0.005) << fraction;
  }
}

TEST(AudioEncoder, NothingAppearsBeforeCommit) {
  const TemporaryFolder folder;
  {
    test::write_bytes(folder / "old.flac", "old");
    AudioEncoder encoder(folder / "old.flac", config_for("old.flac"));
    encoder.write(std::vector<float>(100000, 0.1f));
    EXPECT_EQ(read_bytes(folder / "old.flac"), "old");
  }
  EXPECT_EQ(read_bytes(folder / "old.flac"), "old");
  EXPECT_EQ(count_files(folder.path()), 1u);
}

TEST(AudioEncoder, RefusesSamplesThatAreNotNumbers) {
  const TemporaryFolder folder;
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    AudioEncoder encoder(folder / "a.ogg", config_for("a.ogg"));
    std::vector<float> samples(2000);
    samples[1234] = bad;
    EXPECT_EQ(test::refusal([&] { encoder.write(samples); }).kind(), ErrorKind::internal);
  }
  EXPECT_EQ(count_files(folder.path()), 0u);
}

TEST(AudioEncoder, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_EQ(test::refusal([&] { AudioEncoder(folder / "none/a.flac", config_for("a.flac")); }).kind(),
            ErrorKind::output);
  EXPECT_EQ(test::refusal([&] { AudioEncoder("/proc/a.flac", config_for("a.flac")); }).kind(),
            ErrorKind::output);
  if (::geteuid() == 0) return;  // root may write anywhere
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read);
  EXPECT_EQ(test::refusal([&] { AudioEncoder(folder / "a.flac", config_for("a.flac")); }).kind(),
            ErrorKind::output);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

// Every format, however much fits: the first write, one in the middle, or the last bytes at commit().
void expect_full_disk_is_told(const std::filesystem::path& folder) {
  const auto noise = test::noise(0.5, 48000 * 2, 6);
  for (const char* name : {"a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"}) {
    const Error error = test::refusal([&] { encode(folder / name, config_for(name), noise); });
    EXPECT_EQ(error.kind(), ErrorKind::output) << name;
    EXPECT_EQ(error.file(), folder / name);
    EXPECT_TRUE(std::filesystem::is_empty(folder)) << name;
  }
}

TEST(AudioEncoder, AFullDiskLeavesNoFile) {
  const TemporaryFolder folder;
  if (::mount("segue-test", folder.path().c_str(), "tmpfs", 0, "size=8k") != 0) {
    GTEST_SKIP() << "mounting is not permitted here";
  }
  expect_full_disk_is_told(folder.path());
  ::umount(folder.path().c_str());
}

TEST(AudioEncoder, ADiskWithoutRoomForChaptersLeavesNoFile) {
  const TemporaryFolder folder;
  if (::mount("segue-test", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mounting is not permitted here";
  }
  for (const char* name : {"a.flac", "a.ogg", "a.opus", "a.mp3"}) {
    auto config = config_for(name);
    const std::vector<float> silence(20000);
    encode(folder / name, config, silence);  // which there is room for
    std::filesystem::remove(folder / name);
    config.chapters = {{Seconds(0), Seconds(0.2), "One"}};
    const Error error = test::refusal([&] { encode(folder / name, config, silence); });
    EXPECT_EQ(error.kind(), ErrorKind::output) << name;
    EXPECT_EQ(error.file(), folder / name);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << name;
  }
  ::umount(folder.path().c_str());
}

TEST(AudioEncoder, ALimitOnFileSizesLeavesNoFile) {
  const TemporaryFolder folder;
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {rlim_t{0}, rlim_t{100}, rlim_t{7000}}) {
    const rlimit small{limit, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    expect_full_disk_is_told(folder.path());
    ::setrlimit(RLIMIT_FSIZE, &old);
  }
  std::signal(SIGXFSZ, handler);
}

// Room for all but the last byte, so that only commit() can notice.
TEST(AudioEncoder, AMissingLastByteIsNoticed) {
  const TemporaryFolder folder;
  const auto noise = test::noise(0.5, 30000, 7);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const char* name : {"a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3"}) {
    encode(folder / name, config_for(name), noise);
    const rlimit small{std::filesystem::file_size(folder / name) - 1, old.rlim_max};
    std::filesystem::remove(folder / name);
    ::setrlimit(RLIMIT_FSIZE, &small);
    EXPECT_EQ(test::refusal([&] { encode(folder / name, config_for(name), noise); }).kind(),
              ErrorKind::output)
        << name;
    ::setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(count_files(folder.path()), 0u);
  }
  std::signal(SIGXFSZ, handler);
}

TEST(EncodingConfig, KnowsTheEndings) {
  EXPECT_EQ(EncodingConfig::container_for("a/B.FLAC"), Container::flac);
  EXPECT_EQ(EncodingConfig::container_for("a.wav"), Container::wav);
  EXPECT_EQ(EncodingConfig::container_for("a.oga"), Container::ogg_vorbis);
  EXPECT_EQ(EncodingConfig::container_for("a.Opus"), Container::ogg_opus);
  EXPECT_EQ(EncodingConfig::container_for("a.b.mp3"), Container::mp3);
  for (const char* name : {"a.txt", "a", ".flac", "a.m4a"}) {
    EXPECT_EQ(test::refusal([&] { EncodingConfig::container_for(name); }).kind(), ErrorKind::usage)
        << name;
  }
}

TEST(EncodingConfig, RefusesWhatTheFormatCannotHold) {
  const auto refused = [](auto change) {
    EncodingConfig config;
    change(config);
    return test::refusal([&] { config.validate(); }).kind() == ErrorKind::usage;
  };
  EXPECT_TRUE(refused([](auto& config) { config.container = Container::ogg_opus; }));  // at 44 100 Hz
  EXPECT_TRUE(
      refused([](auto& config) { config.container = Container::mp3, config.sample_rate = 96000; }));
  EXPECT_TRUE(refused([](auto& config) { config.sample_rate = 0; }));
  EXPECT_TRUE(refused([](auto& config) { config.bits = 17; }));
  EXPECT_TRUE(refused([](auto& config) { config.channels = 3; }));
  EXPECT_TRUE(refused([](auto& config) { config.quality = 1.5; }));
  EXPECT_TRUE(refused([](auto& config) { config.quality = std::nan(""); }));
  EXPECT_NO_THROW(EncodingConfig{}.validate());
}

}  // namespace
}  // namespace segue
