// One track's features on disk: a safetensors file named after the track's id.
//
// Tensors: `log_mel` f16 [frames × 80], log10(power + 1e-7), see geometry.hpp;
//          `loudness` f32 [blocks], momentary loudness in LUFS (ITU-R BS.1770, 400-ms
//          window) at the end of every 100-ms block, as the track sounds in stereo;
//          -inf where silent;
//          `beats` f64 and `beat_places` i32 [beats], `sections` f64 and `section_labels` i32
//          [sections], `energy` and `brightness` f32 [seconds]: features/music.hpp.
// Metadata: `track` (id), `geometry_version`, `hops` (whole hops of the track).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/committed_file.hpp"
#include "base/content_hash.hpp"
#include "base/safetensors.hpp"
#include "features/geometry.hpp"
#include "features/music.hpp"

namespace segue {

inline constexpr double kLoudnessBlock = 0.1;  // seconds

// The audio behind the features, for what hears more than log-mel: `length` of the track from `start`
// on, mono, at `sample_rate` (Hz); what lies outside the track is silent. At rate 0: as the file has it,
// sample by sample, without what lies outside the track. Any thread. Throws Error(input).
using AudioReader = std::function<std::vector<float>(Seconds start, Seconds length, int sample_rate)>;

// Memory-mapped and immutable; any thread.
class FeatureFile {
 public:
  // Throws Error(input) if it is missing, damaged or of another geometry.
  static std::shared_ptr<const FeatureFile> open(const std::filesystem::path& file,
                                                 AudioReader audio = {});

  const std::filesystem::path& path() const noexcept { return file_.path(); }
  const TrackId& track() const noexcept { return track_; }
  Hop hops() const noexcept { return hops_; }      // of audio
  Hop frames() const noexcept { return frames_; }  // of log-mel: hops - 3, at least 0
  std::span<const float> loudness() const noexcept { return loudness_; }
  // None where an older segue made the file.
  bool has_music() const noexcept { return music_.has_value(); }
  // Throws Error(input) if there is none.
  const TrackMusic& music() const;

  // Row-major [range.size() × 80] into `out`, which must have that size.
  void read_log_mel(const FrameRange& range, std::span<float> out) const;
  // The same as the file holds it: float16.
  void read_log_mel(const FrameRange& range, std::span<std::uint16_t> out) const;
  // The PCM samples that these frames look at, and none beyond. Throws Error(usage) where only the
  // features are at hand.
  std::vector<float> read_audio(const FrameRange& range, int sample_rate) const;
  // Hops [begin, end) sample by sample, mono, at the file's own rate; of the last hop on all that is
  // left of the track. What begins where another ended goes on without a gap. Throws as read_audio().
  std::vector<float> read_samples(Hop begin, Hop end) const;

 private:
  explicit FeatureFile(SafetensorsFile file) : file_(std::move(file)) {}
  const std::byte* log_mel(const FrameRange& range, std::size_t size) const;
  const AudioReader& audio() const;
  SafetensorsFile file_;
  TrackId track_;
  Hop hops_ = 0;
  Hop frames_ = 0;
  const std::byte* log_mel_ = nullptr;
  std::vector<float> loudness_;
  std::optional<TrackMusic> music_;
  AudioReader audio_;
};

// Writes a feature file in constant memory, however long the track.
class FeatureFileWriter {
 public:
  // The file comes into being in `folder` as ID.safetensors by commit(). Throws Error(output).
  explicit FeatureFileWriter(const std::filesystem::path& folder);

  // rows: [n × 80] log10 mel power. Throws Error(output).
  void append(std::span<const float> rows);
  // Returns the file's path. Throws Error(output).
  std::filesystem::path commit(const TrackId& track, Hop hops, std::span<const float> loudness,
                               const TrackMusic& music = {});

 private:
  std::filesystem::path folder_;
  CommittedFile file_;
  Hop frames_ = 0;
  std::vector<std::uint16_t> buffer_;
};

}  // namespace segue
