// Peaks between samples.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace segue {

// Oversampling by a polyphase FIR filter (ITU-R BS.1770-4, Annex 2): 4 × below 96 kHz, 2 × below
// 192 kHz, else not at all. The filter is a Hann-windowed sinc of 48 taps, the one in libebur128, so
// that what a meter reads is what is found here. One channel; no allocation; not thread-safe.
class PeakInterpolator {
 public:
  static constexpr std::size_t kLargestBlock = 256;  // PCM frames

  explicit PeakInterpolator(int sample_rate);

  // Points from frame n up to n + 1 depend on frames n - behind() … n + ahead().
  std::size_t behind() const noexcept { return taps_ == 0 ? 0 : taps_ / 2 - 1; }
  std::size_t ahead() const noexcept { return taps_ / 2; }

  // While samples stay within ± x, no point exceeds largest_gain() * x: the largest sum of absolute
  // weights of a phase (1.9 for 4 ×), or 1.
  double largest_gain() const noexcept { return largest_gain_; }

  // samples: from behind() before the first to ahead() after the last of `peaks`; raises peaks[i] to
  // the largest magnitude at frame i and between it and the next. At most kLargestBlock peaks.
  void raise(std::span<const float> samples, std::span<float> peaks);

 private:
  std::size_t taps_;                         // a phase
  std::vector<std::vector<float>> weights_;  // [phases - 1 × taps], the newest sample's last
  double largest_gain_ = 1;
  std::array<float, kLargestBlock> points_{};
};

}  // namespace segue
