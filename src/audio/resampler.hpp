// Sample rate conversion (soxr, very high quality) for rendering.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace segue {

// Streaming and delay-free (linear phase): output frame i lies at input time i * from / to, exactly.
// n frames in all give n * to / from, rounded to nearest. Before the start and after the end the
// input counts as silent. Making one takes some tenths of a millisecond. Not thread-safe.
class Resampler {
 public:
  Resampler(int from_rate, int to_rate, int channels);  // throws Error(internal) if not all > 0
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  // Appends to `out` (interleaved) what is ready: up to some thousand frames less than came in.
  // An equal rate copies at once, bit for bit. Block sizes do not change the result.
  void process(std::span<const float> in, std::vector<float>& out);
  void finish(std::vector<float>& out);  // the rest; the resampler is then spent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
