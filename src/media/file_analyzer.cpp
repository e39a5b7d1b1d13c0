#include "media/file_analyzer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "analysis/music_listener.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "features/feature_file.hpp"
#include "media/fingerprinter.hpp"
#include "media/frame_reader.hpp"
#include "media/sample_converter.hpp"

namespace segue {
namespace {

constexpr std::size_t kRowsPerWrite = 256;  // 40 kB
constexpr double kLoudest = 256;            // times full scale; gains of plans make up for as much

std::span<const float> scaled(std::span<const std::int16_t> samples, std::vector<float>& to) {
  to.resize(samples.size());
  std::transform(samples.begin(), samples.end(), to.begin(),
                 [](std::int16_t sample) { return static_cast<float>(sample) * (1.0f / 32768); });
  return to;
}

// The track as learning and the fingerprint hear it: mono, 16 bits, 22 050 Hz.
class FeaturePass {
 public:
  explicit FeaturePass(const std::filesystem::path& folder)
      : fingerprinter_(LogMelGeometry::sample_rate), writer_(folder) {}

  void add(std::span<const std::int16_t> samples) {
    fingerprinter_.add(samples);
    samples_ += static_cast<std::int64_t>(samples.size());
    music_.add_audio(scaled(samples, scaled_));
    log_mel_.process(scaled_, rows_);
    if (rows_.size() >= kRowsPerWrite * LogMelGeometry::bands) write_rows();
  }

  std::int64_t samples() const { return samples_; }
  Hop hops() const { return samples_ / LogMelGeometry::hop_length; }
  std::vector<std::uint32_t> fingerprint() { return fingerprinter_.finish(); }
  // Fills what the track's features and its music are.
  void commit(TrackAnalysis& analysis, std::span<const float> loudness) {
    write_rows();
    HeardMusic heard = music_.finish(loudness);
    analysis.traits = heard.traits;
    analysis.features = writer_.commit(analysis.track, hops(), loudness, heard.music);
  }

 private:
  void write_rows() {
    music_.add_log_mel(rows_);
    writer_.append(rows_);
    rows_.clear();
  }

  Fingerprinter fingerprinter_;
  LogMelExtractor log_mel_;
  MusicListener music_;
  FeatureFileWriter writer_;
  std::vector<float> scaled_;
  std::vector<float> rows_;
  std::int64_t samples_ = 0;
};

// The track as it is played: at its own rate, in stereo or mono.
class PlayedPass {
 public:
  PlayedPass(int sample_rate, int channels) : loudness_(sample_rate, channels) {}

  // Returns false if a sample is not a finite number.
  bool add(std::span<const float> interleaved) {
    // As integers the magnitudes of floats keep their order; infinities and NaNs come last.
    std::int32_t largest = 0;
    for (const float sample : interleaved) {
      largest = std::max(largest, std::bit_cast<std::int32_t>(sample) & 0x7FFFFFFF);
    }
    if (largest >= 0x7F800000) return false;
    peak_ = std::max(peak_, std::bit_cast<float>(largest));
    loudness_.add(interleaved);
    return true;
  }

  const BlockLoudness& loudness() const { return loudness_; }
  double peak() const { return peak_; }

 private:
  BlockLoudness loudness_;
  float peak_ = 0;
};

}  // namespace

TrackAnalysis analyze_decoded_file(const std::filesystem::path& file, const TrackId& track,
                                   const std::filesystem::path& features_folder) {
  FrameReader reader(file);
  const int rate = reader.format().sample_rate;
  SampleConverter<float> played(rate, std::min(reader.format().channels, 2));
  SampleConverter<std::int16_t> mono(LogMelGeometry::sample_rate, 1);
  PlayedPass heard(rate, played.channels());
  FeaturePass features(features_folder);
  const auto add_played = [&](std::span<const float> samples) {
    if (!heard.add(samples)) {
      throw Error(ErrorKind::input, "holds samples that are not finite numbers", file,
                  "convert it to 16 bits");
    }
  };
  while (const AVFrame* frame = reader.next()) {
    add_played(played.convert(*frame));
    features.add(mono.convert(*frame));
  }
  add_played(played.finish());
  if (heard.peak() > kLoudest)
    throw Error(ErrorKind::input, "holds samples of hundreds of times full scale", file,
                "divide them by 32768 if they are 16-bit integers written as floats");
  // The resampler rounds the length up; a hop must not reach past the last PCM frame.
  const auto whole = heard.loudness().frames() * LogMelGeometry::sample_rate / rate;
  const auto rest = mono.finish();
  features.add(rest.first(static_cast<std::size_t>(
      std::clamp<std::int64_t>(whole - features.samples(), 0, static_cast<std::int64_t>(rest.size())))));
  if (reader.skipped_packets() > 0) {
    log_detail(
        Error(ErrorKind::input,
              "holds " + std::to_string(reader.skipped_packets()) + " damaged packets that were skipped",
              file)
            .what());
  }

  TrackAnalysis analysis;
  analysis.track = track;
  analysis.tags = read_tags(reader.demuxer().container(), reader.demuxer().stream());
  analysis.format = reader.format();
  analysis.pcm_frames = heard.loudness().frames();
  analysis.hops = features.hops();
  analysis.integrated_lufs = heard.loudness().integrated();
  analysis.sample_peak = heard.peak();
  analysis.fingerprint = features.fingerprint();
  features.commit(analysis, heard.loudness().momentary());
  return analysis;
}

MusicTraits add_decoded_music(const std::filesystem::path& file, const FeatureFile& features) {
  FeatureFileWriter writer(features.path().parent_path());
  MusicListener music;
  std::vector<float> rows;
  for (Hop begin = 0; begin < features.frames(); begin += kRowsPerWrite) {
    const FrameRange range{begin, std::min<Hop>(begin + kRowsPerWrite, features.frames())};
    rows.resize(static_cast<std::size_t>(range.size()) * LogMelGeometry::bands);
    features.read_log_mel(range, rows);
    music.add_log_mel(rows);
    writer.append(rows);
  }
  FrameReader reader(file);
  SampleConverter<std::int16_t> mono(LogMelGeometry::sample_rate, 1);
  std::vector<float> samples;
  while (const AVFrame* frame = reader.next()) music.add_audio(scaled(mono.convert(*frame), samples));
  music.add_audio(scaled(mono.finish(), samples));
  const HeardMusic heard = music.finish(features.loudness());
  writer.commit(features.track(), features.hops(), features.loudness(), heard.music);
  return heard.traits;
}

}  // namespace segue
