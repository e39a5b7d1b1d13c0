// Sample rate conversion (soxr, very high quality) for rendering.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace segue {

// Streaming and delay-free: output frame i lies at input time i * from / to, exactly.
// Not thread-safe.
class Resampler {
 public:
  Resampler(int from_rate, int to_rate, int channels);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  // Appends to `out` (interleaved) what is ready. An equal rate copies bit for bit.
  void process(std::span<const float> in, std::vector<float>& out);
  void finish(std::vector<float>& out);  // the rest; the resampler is then spent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
