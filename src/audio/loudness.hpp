// Loudness after ITU-R BS.1770-4 / EBU R128, by libebur128.
#pragma once

#include <memory>
#include <span>

namespace segue {

// Streaming measurement of interleaved float audio. A mono signal counts as sounding from two
// loudspeakers (as segue plays it), +3 LU. Not thread-safe.
class LoudnessMeter {
 public:
  enum class Measure { momentary, integrated, integrated_and_true_peak };
  LoudnessMeter(int sample_rate, int channels, Measure measure);
  ~LoudnessMeter();
  LoudnessMeter(LoudnessMeter&&) noexcept;

  void add(std::span<const float> interleaved);
  double momentary() const;    // LUFS over the last 400 ms; -inf if silent
  double integrated() const;   // LUFS, gated; -inf if silent
  double true_peak() const;    // dBTP of the loudest channel; -inf if silent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
