// A recording as its measures need it. Internal to judge.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

struct HeardRecording {
  static constexpr int rate = LogMelGeometry::sample_rate;
  static constexpr Hop pooled = 8;  // frames of the spectrogram that are kept as one

  std::vector<float> mono;      // at `rate`
  std::vector<float> loudness;  // momentary, as feature files have it
  std::vector<float> spectra;   // [n × 80], level taken away, one for `pooled` frames
  double true_peak = 0;         // dBTP
  double integrated = 0;        // LUFS

  Seconds duration() const { return to_seconds(static_cast<PcmFrame>(mono.size()), rate); }
  std::span<const float> part(Seconds begin, Seconds end) const;
};

// Decodes the whole file. Throws Error(input), Error(interrupted).
HeardRecording hear_recording(const std::filesystem::path& file);

}  // namespace segue
