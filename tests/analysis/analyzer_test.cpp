#include "analysis/analyzer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "analysis/log_mel.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "features/feature_file.hpp"
#include "support/music.hpp"
#include "support/refusal.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::make_music;
using test::stereo_music;
using test::TemporaryFolder;

TrackAnalysis analyze(const std::filesystem::path& file, const TemporaryFolder& features) {
  return analyze_file(file, hash_audio_packets(file), features.path());
}

// The log-mel rows of what the ffmpeg program makes of a file.
std::vector<float> rows_by_ffmpeg(const std::filesystem::path& file) {
  const std::string bytes = test::output_of("ffmpeg -nostdin -v error -i " +
                                            test::quoted(file.string()) + " -ac 1 -ar 22050 -f s16le -");
  std::vector<std::int16_t> samples(bytes.size() / 2);
  std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
  std::vector<float> scaled, rows;
  for (const auto sample : samples) scaled.push_back(sample / 32768.0f);
  LogMelExtractor().process(scaled, rows);
  return rows;
}

TEST(Analyzer, WritesTheFeaturesOfTheWholeTrack) {
  const TemporaryFolder folder, features;
  const auto file = folder / "a.ogg";
  make_music(file, stereo_music(20, 44100), 44100, 2, "-metadata title=Song");
  const TrackAnalysis analysis = analyze(file, features);
  EXPECT_EQ(analysis.track, hash_audio_packets(file));
  EXPECT_EQ(analysis.tags.title, "Song");
  EXPECT_EQ(analysis.format.codec, "vorbis");
  EXPECT_EQ(analysis.pcm_frames, 20 * 44100);
  EXPECT_EQ(analysis.hops, 20 * 22050 / 512);
  EXPECT_EQ(analysis.features, features / (analysis.track.hex() + ".safetensors"));
  EXPECT_GT(analysis.fingerprint.size(), 100U);

  const auto written = FeatureFile::open(analysis.features);
  EXPECT_EQ(written->track(), analysis.track);
  EXPECT_EQ(written->hops(), analysis.hops);
  EXPECT_EQ(written->frames(), analysis.hops - 3);
  EXPECT_EQ(written->loudness().size(), 200U);
  std::vector<float> rows(static_cast<std::size_t>(written->frames()) * LogMelGeometry::bands);
  written->read_log_mel({0, written->frames()}, rows);
  const auto expected = rows_by_ffmpeg(file);
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    ASSERT_NEAR(rows[i], expected[i], 0.003) << i;  // float16
}

TEST(Analyzer, MeasuresLoudnessAndPeakAsTheyAre) {
  const TemporaryFolder folder, features;
  for (const int channels : {1, 2, 6}) {
    const auto file = folder / (std::to_string(channels) + ".wav");
    auto tone = test::sine(1000, test::linear(-23), 48000 * 5, 48000, channels);
    tone[0] = -0.75f;
    make_music(file, tone, 48000, channels, "-c:a pcm_f32le");
    const TrackAnalysis analysis = analyze(file, features);
    EXPECT_EQ(analysis.format.channels, channels);
    EXPECT_NEAR(analysis.integrated_lufs, -23, 0.1) << channels;
    if (channels < 6) {
      EXPECT_EQ(analysis.sample_peak, 0.75f) << channels;
    }
    const auto written = FeatureFile::open(analysis.features);
    ASSERT_EQ(written->loudness().size(), 50U);
    EXPECT_NEAR(written->loudness()[49], -23, 0.1);
  }
}

TEST(Analyzer, KeepsTheRateOfTheFile) {
  const TemporaryFolder folder, features;
  for (const int rate : {8000, 11025, 22050, 96000, 192000}) {
    const auto file = folder / (std::to_string(rate) + ".flac");
    make_music(file, stereo_music(2, rate), rate, 2);
    const TrackAnalysis analysis = analyze(file, features);
    EXPECT_EQ(analysis.format.sample_rate, rate);
    EXPECT_EQ(analysis.pcm_frames, 2 * rate);
    EXPECT_EQ(analysis.hops, 2 * 22050 / 512) << rate;
  }
}

TEST(Analyzer, EndsNoHopPastTheLastPcmFrame) {
  const TemporaryFolder folder, features;
  for (const int rate : {22050, 32000, 44100, 48000}) {
    const PcmFrame whole = hop_to_pcm(100, rate);
    for (const PcmFrame frames : {whole - 2, whole - 1, whole, whole + 1}) {
      make_music(folder / "a.wav", test::noise(0.1, static_cast<std::size_t>(frames), 1), rate, 1);
      const TrackAnalysis analysis = analyze(folder / "a.wav", features);
      EXPECT_LE(hop_to_pcm(analysis.hops, rate), analysis.pcm_frames) << rate << " " << frames;
      EXPECT_GE(analysis.hops, frames < whole ? 99 : 100) << rate << " " << frames;
      EXPECT_EQ(FeatureFile::open(analysis.features)->frames(), analysis.hops - 3);
    }
  }
}

TEST(Analyzer, CountsWhatTheDecoderReads) {
  const TemporaryFolder folder, features;
  make_music(folder / "a.mp3", stereo_music(3, 44100), 44100, 2);
  make_music(folder / "b.mp3", stereo_music(3, 48000), 48000, 2);
  test::write_bytes(folder / "ab.mp3",
                    test::read_bytes(folder / "a.mp3") + test::read_bytes(folder / "b.mp3"));
  for (const char* name : {"a.mp3", "ab.mp3"}) {
    const auto frames = static_cast<PcmFrame>(test::read_all(folder / name).size()) / 2;
    EXPECT_EQ(analyze(folder / name, features).pcm_frames, frames) << name;
  }
}

TEST(Analyzer, TakesSilenceForWhatItIs) {
  const TemporaryFolder folder, features;
  make_music(folder / "a.wav", std::vector<float>(44100 * 2 * 4), 44100, 2);
  const TrackAnalysis analysis = analyze(folder / "a.wav", features);
  EXPECT_EQ(analysis.integrated_lufs, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(analysis.sample_peak, 0);
  const auto written = FeatureFile::open(analysis.features);
  for (const float loudness : written->loudness())
    EXPECT_EQ(loudness, -std::numeric_limits<float>::infinity());
}

TEST(Analyzer, TakesTracksShorterThanAWindow) {
  const TemporaryFolder folder, features;
  make_music(folder / "a.wav", stereo_music(0.2, 44100), 44100, 2);
  make_music(folder / "b.wav", stereo_music(0.01, 44100, 2), 44100, 2);
  EXPECT_EQ(analyze(folder / "a.wav", features).hops, 8);
  const TrackAnalysis tiny = analyze(folder / "b.wav", features);
  EXPECT_EQ(tiny.hops, 0);
  EXPECT_EQ(tiny.pcm_frames, 441);
  EXPECT_EQ(FeatureFile::open(tiny.features)->frames(), 0);
}

TEST(Analyzer, CountsWhatIsThereOfATruncatedFile) {
  const TemporaryFolder folder, features;
  make_music(folder / "a.mp3", stereo_music(10, 44100), 44100, 2);
  const std::string bytes = test::read_bytes(folder / "a.mp3");
  test::write_bytes(folder / "a.mp3", bytes.substr(0, bytes.size() / 2));
  const TrackAnalysis analysis = analyze(folder / "a.mp3", features);
  EXPECT_NEAR(static_cast<double>(analysis.pcm_frames), 5 * 44100, 44100);
  EXPECT_NEAR(hops_to_seconds(analysis.hops).count(), to_seconds(analysis.pcm_frames, 44100).count(),
              0.03);
}

TEST(Analyzer, RefusesSamplesThatAreNotNumbers) {
  const TemporaryFolder folder, features;
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const int channels : {1, 2, 6}) {
      auto samples = test::noise(0.1, 48000 * 6, 1);
      samples[100000] = bad;
      make_music(folder / "a.wav", samples, 48000, channels, "-c:a pcm_f32le");
      const Error error = test::refusal([&] { analyze(folder / "a.wav", features); });
      EXPECT_EQ(error.kind(), ErrorKind::input);
      EXPECT_EQ(error.problem(), "holds samples that are not finite numbers");
      EXPECT_EQ(error.file(), folder / "a.wav");
      EXPECT_EQ(test::count_files(features.path()), 0U) << "something half-written is left";
    }
  }
}

TEST(Analyzer, LeavesNothingBehindWhenInterrupted) {
  const TemporaryFolder folder, features;
  make_music(folder / "a.wav", stereo_music(3, 44100), 44100, 2);
  const TrackId track = hash_audio_packets(folder / "a.wav");
  request_interrupt();
  EXPECT_THROW(analyze_file(folder / "a.wav", track, features.path()), Error);
  clear_interrupt();
  EXPECT_EQ(test::count_files(features.path()), 0U);
}

TEST(Analyzer, RefusesWhatHoldsNoAudio) {
  const TemporaryFolder folder, features;
  test::write_bytes(folder / "a.mp3", "no music");
  EXPECT_THROW(analyze_file(folder / "a.mp3", TrackId{}, features.path()), Error);
  EXPECT_THROW(analyze_file(folder / "none", TrackId{}, features.path()), Error);
  EXPECT_EQ(test::count_files(features.path()), 0U);
}

}  // namespace
}  // namespace segue
