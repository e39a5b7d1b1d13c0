// Peaks between samples (ITU-R BS.1770-4, Annex 2).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace segue {

// Oversamples by a polyphase FIR filter: 4 × below 96 kHz, 2 × below 192 kHz, else not at all. The
// filter is a Hann-windowed sinc of 48 taps, the one in libebur128, so that both find the same.
// Streaming; no allocation; not thread-safe.
class TruePeakDetector {
 public:
  static constexpr std::size_t kLargestBlock = 256;  // PCM frames

  TruePeakDetector(int sample_rate, int channels);

  // Points from frame n up to n + 1 depend on frames n - behind() … n + ahead().
  std::size_t behind() const noexcept { return taps_ == 0 ? 0 : taps_ / 2 - 1; }
  std::size_t ahead() const noexcept { return taps_ / 2; }

  // Takes the next PCM frames, at most kLargestBlock. Returns a bound, quick to find, that no point of
  // peaks() passes: the largest sample around times the largest sum of absolute weights (1.9 for 4 ×).
  float take(std::span<const float> interleaved);
  // The largest magnitude in any channel at each frame and between it and the next, for as many
  // frames as were taken last; the first of them is ahead() frames older than the first taken.
  std::span<const float> peaks();

 private:
  void raise_peaks(std::span<const float> samples);

  std::size_t channels_;
  std::size_t taps_;                         // a phase
  std::vector<std::vector<float>> weights_;  // [phases - 1 × taps], the newest sample's last
  float largest_gain_ = 1;
  std::size_t frames_ = 0;                   // taken last
  std::vector<std::vector<float>> samples_;  // [channels × (behind + ahead + block)]
  std::array<float, kLargestBlock> peaks_{};
  std::array<float, kLargestBlock> points_{};
};

// The largest true peak of a signal. Where samples stay so low that no peak between them could pass
// what was found before, nothing is computed. Not thread-safe.
class TruePeakMeter {
 public:
  TruePeakMeter(int sample_rate, int channels)
      : channels_(static_cast<std::size_t>(channels)), detector_(sample_rate, channels) {}

  void add(std::span<const float> interleaved);
  double peak() const noexcept { return peak_; }  // linear

 private:
  std::size_t channels_;
  TruePeakDetector detector_;
  float peak_ = 0;
};

}  // namespace segue
