// Look-ahead true-peak limiter.
#pragma once

#include <memory>
#include <span>
#include <vector>

namespace segue {

// Brick-wall: gain reduction follows the 4 × oversampled peak (ITU-R BS.1770-4, Annex 2), held over
// the look-ahead by a sliding minimum and smoothed by a Hann window of the same length (attack),
// with an exponential release. Audio that stays below the ceiling passes bit for bit, delayed.
// Not thread-safe; constant memory.
class TruePeakLimiter {
 public:
  TruePeakLimiter(int sample_rate, int channels, double ceiling_dbtp);
  ~TruePeakLimiter();

  // Appends to `out` as many PCM frames as went in, less the delay at the start.
  void process(std::span<const float> interleaved, std::vector<float>& out);
  void finish(std::vector<float>& out);  // the delayed rest

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
