// Loudness of a whole track and of each of its 100-ms blocks, after ITU-R BS.1770-4.
//
// LoudnessMeter gives the same values; through libebur128 they take as long as everything else in
// the analysis together, as it filters one channel at a time and adds up each sample eight times.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace segue {

// Streaming. Not thread-safe. Keeps one float a block.
class BlockLoudness {
 public:
  // channels: 1 (sounds from two loudspeakers, +3 LU) or 2.
  BlockLoudness(int sample_rate, int channels);

  // Whole PCM frames of finite samples, any number.
  void add(std::span<const float> interleaved);
  // LUFS over the 400 ms that end with each whole block so far (what is missing of them at the
  // beginning counts as silence); -inf if silent.
  std::span<const float> momentary() const noexcept { return momentary_; }
  // LUFS, gated at −70 LUFS and at −10 LU under the mean of what is left; -inf if silent.
  double integrated() const;
  PcmFrame frames() const noexcept { return frames_; }

 private:
  // Two channels side by side in one register.
  using Pair = double __attribute__((vector_size(16)));

  // A biquad in direct form II, a0 = 1: its only dependency from one sample to the next is one
  // multiplication and one subtraction.
  struct Biquad {
    double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
    Pair w1{}, w2{};
  };

  template <int Channels>
  Pair energy(const float* samples, std::size_t frames);
  PcmFrame block_end() const noexcept;
  void finish_block();

  int sample_rate_;
  std::size_t channels_;
  Biquad shelf_;      // the head
  Biquad high_pass_;  // RLB weighting
  Pair block_energy_{};
  std::array<double, 4> last_energies_{};
  PcmFrame frames_ = 0;
  std::vector<float> momentary_;
};

}  // namespace segue
