// Where log-mel frames and fragments lie in time. One hop grid serves cutting,
// learning and evaluation, so that no frame ever straddles a cut.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/time.hpp"

namespace segue {

// The log-mel spectrogram that everything learns from. Frame i of a track covers the PCM
// samples [512 i, 512 i + 2048) of its mono mix at 22 050 Hz; there is no centre padding.
struct LogMelGeometry {
  static constexpr int sample_rate = 22050;  // Hz
  static constexpr int hop_length = 512;     // PCM samples
  static constexpr int window_length = 2048;
  static constexpr int bands = 80;                       // triangles on the HTK mel scale
  static constexpr double lowest = 30, highest = 10500;  // Hz, where the triangles begin and end
  static constexpr int version = 1;
};
inline constexpr int kBands = LogMelGeometry::bands;

// The HTK mel scale (Young et al., The HTK Book).
inline double hertz_to_mel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
inline double mel_to_hertz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

// Count of hops, or index of a hop, on the grid of one track (23.22 ms each).
using Hop = std::int64_t;

inline Hop to_hops(Seconds time) {
  return std::llround(time.count() * LogMelGeometry::sample_rate / LogMelGeometry::hop_length);
}
inline Seconds hops_to_seconds(Hop hops) {
  return Seconds(static_cast<double>(hops) * LogMelGeometry::hop_length / LogMelGeometry::sample_rate);
}
// The PCM frame at rate `sample_rate` where a hop begins, rounded to nearest.
inline PcmFrame hop_to_pcm(Hop hop, int sample_rate) {
  return std::llround(static_cast<double>(hop) * LogMelGeometry::hop_length * sample_rate /
                      LogMelGeometry::sample_rate);
}

// Frames that lie wholly inside a run of hops: 129 hops (3 s) hold 126.
inline constexpr Hop kFrameOverhang = LogMelGeometry::window_length / LogMelGeometry::hop_length - 1;

// A fragment: hops [start, start + length) of a track.
struct FragmentSpan {
  Hop start = 0;
  Hop length = 0;

  Hop end() const { return start + length; }
  bool operator==(const FragmentSpan&) const = default;
};

// Frames [begin, end) of a track's spectrogram.
struct FrameRange {
  Hop begin = 0;
  Hop end = 0;

  Hop size() const { return end - begin; }
};

// The frames of a fragment that a network may see: those wholly inside it, less `guard`
// frames at both edges (0, or 5 for the 116-ms guard). Empty if nothing is left.
inline FrameRange visible_frames(const FragmentSpan& span, Hop guard = 0) {
  const Hop begin = span.start + guard;
  const Hop end = span.end() - kFrameOverhang - guard;
  return {begin, end > begin ? end : begin};
}

inline constexpr Hop kGuard116Frames = 5;

}  // namespace segue
