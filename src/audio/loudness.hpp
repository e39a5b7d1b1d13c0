// Loudness and true peak after ITU-R BS.1770-4 / EBU R128; loudness by libebur128.
#pragma once

#include <memory>
#include <span>

namespace segue {

// Streaming measurement of interleaved float audio in constant memory. A mono signal counts as
// sounding from two loudspeakers (as segue plays it), +3 LU. Not thread-safe.
class LoudnessMeter {
 public:
  // integrated: from a histogram of 0.1-LU bins, within 0.05 LU of the exact value. The true peak
  // (audio/true_peak.hpp) equals libebur128's, found faster.
  // momentary() is available in every mode; asking for another value than the mode measures
  // throws Error(internal).
  enum class Measure { momentary, integrated, integrated_and_true_peak };
  LoudnessMeter(int sample_rate, int channels, Measure measure);
  ~LoudnessMeter();
  LoudnessMeter(LoudnessMeter&&) noexcept;
  LoudnessMeter& operator=(LoudnessMeter&&) noexcept;

  // Whole PCM frames of finite samples, any number.
  void add(std::span<const float> interleaved);
  double momentary() const;   // LUFS over the last 400 ms (what is missing of them counts as
                              // silence); -inf if silent
  double integrated() const;  // LUFS, gated; -inf if silent
  double true_peak() const;   // dBTP of the loudest channel; -inf if silent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
