// Log-mel spectrogram: Hann window 2048 (periodic, as scipy's and torch's default), hop 512, no padding,
// |rfft|/512 squared, 80 triangular HTK-mel bands 30 … 10 500 Hz each normalised to sum 1, log10(x +
// 1e-7).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

// Streaming: PCM in, whole frames out. No allocation in the steady state. Not thread-safe.
class LogMelExtractor {
 public:
  LogMelExtractor();
  ~LogMelExtractor();

  // samples: mono at 22 050 Hz, −1 … 1. Appends rows [n × 80] to `rows`, one for each frame that
  // is complete by now.
  void process(std::span<const float> samples, std::vector<float>& rows);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
