#include "analysis/analyzer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "analysis/fingerprint.hpp"
#include "analysis/log_mel.hpp"
#include "audio/frame_reader.hpp"
#include "audio/loudness.hpp"
#include "audio/sample_converter.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "features/feature_file.hpp"

namespace segue {
namespace {

constexpr std::size_t kRowsPerWrite = 256;  // 40 kB
constexpr std::size_t kBlocksPerSecond = 10;
static_assert(kLoudnessBlock * kBlocksPerSecond == 1);

// The track as learning and the fingerprint hear it: mono, 16 bits, 22 050 Hz.
class FeaturePass {
 public:
  explicit FeaturePass(const std::filesystem::path& folder)
      : fingerprinter_(LogMelGeometry::sample_rate), writer_(folder) {}

  void add(std::span<const std::int16_t> samples) {
    fingerprinter_.add(samples);
    samples_ += static_cast<std::int64_t>(samples.size());
    scaled_.resize(samples.size());
    std::transform(samples.begin(), samples.end(), scaled_.begin(),
                   [](std::int16_t sample) { return static_cast<float>(sample) * (1.0f / 32768); });
    log_mel_.process(scaled_, rows_);
    if (rows_.size() >= kRowsPerWrite * LogMelGeometry::bands) write_rows();
  }

  Hop hops() const { return samples_ / LogMelGeometry::hop_length; }
  std::vector<std::uint32_t> fingerprint() { return fingerprinter_.finish(); }
  std::filesystem::path commit(const TrackId& track, std::span<const float> loudness) {
    write_rows();
    return writer_.commit(track, hops(), loudness);
  }

 private:
  void write_rows() {
    writer_.append(rows_);
    rows_.clear();
  }

  Fingerprinter fingerprinter_;
  LogMelExtractor log_mel_;
  FeatureFileWriter writer_;
  std::vector<float> scaled_;
  std::vector<float> rows_;
  std::int64_t samples_ = 0;
};

// The track as it is played: at its own rate, in stereo or mono.
class LoudnessPass {
 public:
  LoudnessPass(int sample_rate, int channels)
      : sample_rate_(sample_rate),
        channels_(static_cast<std::size_t>(channels)),
        meter_(sample_rate, channels, LoudnessMeter::Measure::integrated) {}

  // Returns false if a sample is not a finite number.
  bool add(std::span<const float> interleaved) {
    // As integers the magnitudes of floats keep their order; infinities and NaNs come last.
    std::int32_t largest = 0;
    for (const float sample : interleaved) {
      largest = std::max(largest, std::bit_cast<std::int32_t>(sample) & 0x7FFFFFFF);
    }
    if (largest >= 0x7F800000) return false;
    peak_ = std::max(peak_, std::bit_cast<float>(largest));
    while (!interleaved.empty()) {
      const auto room = static_cast<std::size_t>(block_end() - frames_) * channels_;
      const auto part = interleaved.first(std::min(room, interleaved.size()));
      meter_.add(part);
      frames_ += static_cast<PcmFrame>(part.size() / channels_);
      if (frames_ == block_end()) momentary_.push_back(static_cast<float>(meter_.momentary()));
      interleaved = interleaved.subspan(part.size());
    }
    return true;
  }

  PcmFrame frames() const { return frames_; }
  double peak() const { return peak_; }
  double integrated() const { return meter_.integrated(); }
  std::span<const float> momentary() const { return momentary_; }

 private:
  // Where the block that is being measured ends; rates that ten does not divide have no drift.
  PcmFrame block_end() const {
    return static_cast<PcmFrame>((momentary_.size() + 1) * static_cast<std::size_t>(sample_rate_) /
                                 kBlocksPerSecond);
  }

  int sample_rate_;
  std::size_t channels_;
  LoudnessMeter meter_;
  PcmFrame frames_ = 0;
  float peak_ = 0;
  std::vector<float> momentary_;
};

}  // namespace

TrackAnalysis analyze_file(const std::filesystem::path& file, const TrackId& track,
                           const std::filesystem::path& features_folder) {
  FrameReader reader(file);
  const int rate = reader.format().sample_rate;
  SampleConverter<float> played(rate, std::min(reader.format().channels, 2));
  SampleConverter<std::int16_t> mono(LogMelGeometry::sample_rate, 1);
  LoudnessPass loudness(rate, played.channels());
  FeaturePass features(features_folder);
  const auto add_played = [&](std::span<const float> samples) {
    if (!loudness.add(samples)) {
      throw Error(ErrorKind::input, "holds samples that are not finite numbers", file,
                  "convert it to 16 bits");
    }
  };
  while (const AVFrame* frame = reader.next()) {
    add_played(played.convert(*frame));
    features.add(mono.convert(*frame));
  }
  add_played(played.finish());
  features.add(mono.finish());
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
  analysis.pcm_frames = loudness.frames();
  analysis.hops = features.hops();
  analysis.integrated_lufs = loudness.integrated();
  analysis.sample_peak = loudness.peak();
  analysis.fingerprint = features.fingerprint();
  analysis.features = features.commit(track, loudness.momentary());
  return analysis;
}

}  // namespace segue
