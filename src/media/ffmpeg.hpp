// Ownership of FFmpeg's C types. Internal: only what speaks to FFmpeg itself includes this.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <memory>

namespace segue::ffmpeg {

struct Close {
  void operator()(AVIOContext* io) const noexcept { avio_closep(&io); }
  void operator()(AVFormatContext* context) const noexcept { avformat_close_input(&context); }
  void operator()(AVCodecContext* context) const noexcept { avcodec_free_context(&context); }
  void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
  void operator()(SwrContext* context) const noexcept { swr_free(&context); }
};

template <class T>
using Owned = std::unique_ptr<T, Close>;

// A dictionary of options for one call.
class Options {
 public:
  Options() = default;
  ~Options() { av_dict_free(&dictionary_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void set(const char* key, const char* value) { av_dict_set(&dictionary_, key, value, 0); }
  AVDictionary** out() noexcept { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

class ChannelLayout {
 public:
  ChannelLayout() = default;
  explicit ChannelLayout(int channels) { av_channel_layout_default(&layout_, channels); }
  ~ChannelLayout() { av_channel_layout_uninit(&layout_); }
  ChannelLayout(const ChannelLayout&) = delete;
  ChannelLayout& operator=(const ChannelLayout&) = delete;

  void copy(const AVChannelLayout& from) { av_channel_layout_copy(&layout_, &from); }
  AVChannelLayout* get() noexcept { return &layout_; }
  int channels() const noexcept { return layout_.nb_channels; }

 private:
  AVChannelLayout layout_{};
};

}  // namespace segue::ffmpeg
