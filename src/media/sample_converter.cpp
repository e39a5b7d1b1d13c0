#include "media/sample_converter.hpp"

#include <string>
#include <type_traits>

#include "base/error.hpp"

namespace segue {
namespace {

template <class Sample>
constexpr AVSampleFormat kFormat = std::is_same_v<Sample, float> ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_S16;

// Where FFmpeg knows no rule for these layouts: all channels equally into mono or stereo, else one
// to one. Row-major [out × in].
std::vector<double> plain_matrix(int in_channels, int out_channels) {
  std::vector<double> matrix(
      static_cast<std::size_t>(in_channels) * static_cast<std::size_t>(out_channels), 0.0);
  for (int out = 0; out < out_channels; ++out) {
    for (int in = 0; in < in_channels; ++in) {
      auto& weight = matrix.at(static_cast<std::size_t>(out) * static_cast<std::size_t>(in_channels) +
                               static_cast<std::size_t>(in));
      if (out_channels <= 2) {
        weight = 1.0 / in_channels;
      } else if (in == out || in_channels == 1) {
        weight = 1.0;
      }
    }
  }
  return matrix;
}

ffmpeg::Owned<SwrContext> allocate(AVChannelLayout* out_layout, AVSampleFormat out_format, int out_rate,
                                   AVChannelLayout* in_layout, int in_format, int in_rate) {
  SwrContext* context = nullptr;
  if (swr_alloc_set_opts2(&context, out_layout, out_format, out_rate, in_layout,
                          static_cast<AVSampleFormat>(in_format), in_rate, 0, nullptr) < 0) {
    throw std::bad_alloc();
  }
  // A mix-down of full-scale channels stays within −1 … 1, in float as in 16 bits.
  av_opt_set_double(context, "rematrix_maxval", 1.0, 0);
  return ffmpeg::Owned<SwrContext>(context);
}

}  // namespace

template <class Sample>
bool SampleConverter<Sample>::fits(const AVFrame& frame) const {
  return resampler_ && frame.sample_rate == in_rate_ && frame.format == in_format_ &&
         frame.ch_layout.nb_channels == in_layout_.channels();
}

template <class Sample>
void SampleConverter<Sample>::configure(const AVFrame& frame) {
  const int in_channels = frame.ch_layout.nb_channels;
  in_rate_ = frame.sample_rate;
  in_format_ = frame.format;
  in_layout_.copy(frame.ch_layout);
  ffmpeg::ChannelLayout mix_from;
  mix_from.copy(frame.ch_layout);
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(mix_from.get(), in_channels);
  }
  ffmpeg::ChannelLayout out(channels_);
  if (in_channels == channels_) out.copy(*mix_from.get());  // as they are
  resampler_ = allocate(out.get(), kFormat<Sample>, sample_rate_, mix_from.get(), in_format_, in_rate_);
  const bool plain = in_channels == 1 && channels_ > 1;  // mono goes to both sides undiminished
  if (!plain && swr_init(resampler_.get()) >= 0) return;

  AVChannelLayout in_any{AV_CHANNEL_ORDER_UNSPEC, in_channels, {0}, nullptr};
  AVChannelLayout out_any{AV_CHANNEL_ORDER_UNSPEC, channels_, {0}, nullptr};
  resampler_ = allocate(&out_any, kFormat<Sample>, sample_rate_, &in_any, in_format_, in_rate_);
  auto matrix = plain_matrix(in_channels, channels_);
  if (plain) std::fill(matrix.begin(), matrix.end(), 1.0);
  if (in_channels != channels_) swr_set_matrix(resampler_.get(), matrix.data(), in_channels);
  if (swr_init(resampler_.get()) < 0) {
    throw Error(ErrorKind::input, "holds " + std::to_string(in_channels) + " channels at " +
                                      std::to_string(in_rate_) + " Hz, which FFmpeg cannot convert");
  }
}

template <class Sample>
std::size_t SampleConverter<Sample>::run(const AVFrame* frame, std::size_t already) {
  const auto channels = static_cast<std::size_t>(channels_);
  const int room = swr_get_out_samples(resampler_.get(), frame != nullptr ? frame->nb_samples : 0);
  const std::size_t needed = already + static_cast<std::size_t>(std::max(room, 0)) * channels;
  if (buffer_.size() < needed) buffer_.resize(needed);
  auto* out = reinterpret_cast<std::uint8_t*>(buffer_.data() + already);
  const int frames =
      swr_convert(resampler_.get(), &out, room,
                  frame != nullptr ? const_cast<const std::uint8_t**>(frame->extended_data) : nullptr,
                  frame != nullptr ? frame->nb_samples : 0);
  if (frames < 0) throw Error(ErrorKind::internal, "swresample cannot convert decoded audio");
  return already + static_cast<std::size_t>(frames) * channels;
}

template <class Sample>
std::span<const Sample> SampleConverter<Sample>::convert(const AVFrame& frame) {
  std::size_t count = 0;
  if (!fits(frame)) {
    if (resampler_) count = run(nullptr, 0);
    configure(frame);
  }
  count = run(&frame, count);
  return std::span(buffer_).first(count);
}

template <class Sample>
std::span<const Sample> SampleConverter<Sample>::finish() {
  const std::size_t count = resampler_ ? run(nullptr, 0) : 0;
  resampler_.reset();
  return std::span(buffer_).first(count);
}

template class SampleConverter<float>;
template class SampleConverter<std::int16_t>;

}  // namespace segue
