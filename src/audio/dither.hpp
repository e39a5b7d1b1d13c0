// Cutting float audio down to integers without distortion.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.hpp"

namespace segue {

// Rounds to 16 or 24 bits with triangular dither (TPDF, two least significant bits wide:
// Lipshitz, Wannamaker & Vanderkooy, "Quantization and Dither", JAES 40(5), 1992), which makes the
// error independent of the signal: white noise of half a step RMS (-96.3 dB at 16 bits).
// Digital silence that has lasted 100 ms stays silent; the start counts as silence.
// The same seed and samples give the same result, whatever the block sizes. Not thread-safe.
class DitherQuantizer {
 public:
  DitherQuantizer(int bits, int sample_rate, int channels, std::uint64_t seed);

  // interleaved: whole PCM frames, -1 … 1, clipped outside; integers: as many, the `bits` lie in the
  // upper end of each. No allocation.
  void quantize(std::span<const float> interleaved, std::span<std::int32_t> integers);

 private:
  int shift_;
  float scale_;
  std::int32_t highest_;
  std::size_t channels_;
  std::int64_t silence_needed_;  // PCM frames
  std::int64_t silence_;         // PCM frames of zeros so far
  Random random_;
};

}  // namespace segue
