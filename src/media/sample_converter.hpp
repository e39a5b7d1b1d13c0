// Decoded frames in the one sample type, rate and channel count that their reader wants.
// Internal to the decoder and the analyzer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/ffmpeg.hpp"

namespace segue {

// Sample: float or int16_t; the output is interleaved. Where the input changes its parameters
// between two frames, what the resampler still holds comes first. Not thread-safe; no allocation
// in the steady state.
template <class Sample>
class SampleConverter {
 public:
  SampleConverter(int sample_rate, int channels) : sample_rate_(sample_rate), channels_(channels) {}

  // Both: valid until the next call. Throws Error(input) if swresample cannot convert.
  std::span<const Sample> convert(const AVFrame& frame);
  std::span<const Sample> finish();              // the resampler's rest
  void reset() noexcept { resampler_.reset(); }  // forgets what the resampler holds

  int channels() const noexcept { return channels_; }

 private:
  bool fits(const AVFrame& frame) const;
  void configure(const AVFrame& frame);
  std::size_t run(const AVFrame* frame, std::size_t already);

  int sample_rate_;
  int channels_;
  ffmpeg::Owned<SwrContext> resampler_;
  ffmpeg::ChannelLayout in_layout_;
  int in_rate_ = 0;
  int in_format_ = AV_SAMPLE_FMT_NONE;
  std::vector<Sample> buffer_;
};

extern template class SampleConverter<float>;
extern template class SampleConverter<std::int16_t>;

}  // namespace segue
