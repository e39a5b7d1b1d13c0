// What bars, sections and curves are found by: a track's log-mel spectrogram in little.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

struct SpectrumSummary {
  static constexpr Hop kTimbreFrames = 22;  // .51 s

  // For each frame, how much its log10 power has risen since the frame before, in bands below 200 Hz,
  // from there to 2 kHz, and above.
  std::vector<std::array<float, 3>> rise;
  std::vector<float> power;     // of each frame, mean over the bands, linear
  std::vector<float> centroid;  // of each frame, Hz
  // Means over kTimbreFrames frames, so many bands at a time, of log10 power.
  static constexpr std::size_t kTimbreBands = 20;
  std::vector<std::array<float, kTimbreBands>> timbre;
};

// Streaming; not thread-safe.
class SpectrumListener {
 public:
  SpectrumListener();
  void add(std::span<const float> rows);  // [n × 80] log10 mel power
  SpectrumSummary finish();

 private:
  SpectrumSummary summary_;
  std::array<float, LogMelGeometry::bands> last_{};
  std::array<float, LogMelGeometry::bands> centre_hertz_{};
  std::array<float, SpectrumSummary::kTimbreBands> sum_{};
  Hop summed_ = 0;
};

}  // namespace segue
