// Look-ahead true-peak limiter.
#pragma once

#include <memory>
#include <span>
#include <vector>

namespace segue {

// Brick-wall: gain reduction follows the oversampled peak (ITU-R BS.1770-4, Annex 2: 4 × below
// 96 kHz), held over the look-ahead of 5 ms by a sliding maximum, released exponentially (time
// constant 100 ms) and smoothed by a Hann window as long as the look-ahead (attack). A second such
// pass takes what the changing gain of the first may leave. All channels get the same gain.
// No true peak (as libebur128 reads it) of the result passes the ceiling, whatever comes in; audio
// that stays below the ceiling passes bit for bit, delayed. Block sizes do not change the result.
// Not thread-safe; constant memory; no allocation in the steady state.
class TruePeakLimiter {
 public:
  // Throws Error(internal) for numbers that make no sense.
  TruePeakLimiter(int sample_rate, int channels, double ceiling_dbtp);
  ~TruePeakLimiter();

  // Whole PCM frames of finite samples. Appends to `out` as many PCM frames as went in, less the delay
  // at the start.
  void process(std::span<const float> interleaved, std::vector<float>& out);
  void finish(std::vector<float>& out);  // the delayed rest; the limiter is then spent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
