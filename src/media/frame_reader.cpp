#include "media/frame_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "media/ogg_pages.hpp"

namespace segue {
namespace {

// Where timestamps stay exact after a seek, and how long the codec remembers (it decodes so much
// before the target). Everything else is decoded from its beginning: raw ADTS, ASF, AVI and MPEG
// streams date packets only roughly, Matroska to the millisecond.
struct Seekable {
  std::string_view container;
  std::string_view codecs;  // each followed by a space; "pcm" is all of them
  double preroll;           // seconds
};
constexpr std::array kSeekable = {
    Seekable{"wav", "pcm ", 0.5},           Seekable{"w64", "pcm ", 0.5},
    Seekable{"aiff", "pcm ", 0.5},          Seekable{"au", "pcm ", 0.5},
    Seekable{"caf", "pcm alac ", 0.5},      Seekable{"flac", "flac ", 0.5},
    Seekable{"ogg", "flac vorbis ", 0.8},   Seekable{"ogg", "opus ", 3.2},
    Seekable{"mov", "pcm alac flac ", 0.5}, Seekable{"mov", "aac mp3 opus ", 1.0},
    Seekable{"mp3", "mp3 ", 0.7},
};

const Seekable* find_seekable(std::string_view container, AVCodecID codec) {
  const std::string_view name = avcodec_get_name(codec);
  const std::string key = std::string(name.starts_with("pcm_") ? "pcm" : name) + " ";
  for (const auto& row : kSeekable) {
    if (row.container == container && row.codecs.find(key) != std::string_view::npos) return &row;
  }
  return nullptr;
}

ffmpeg::Owned<AVCodecContext> open_codec(const Demuxer& demuxer) {
  const AVCodecParameters& parameters = *demuxer.stream().codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    throw Error(ErrorKind::input,
                std::string("is encoded as ") + avcodec_get_name(parameters.codec_id) +
                    ", which this FFmpeg cannot decode",
                demuxer.file(), "convert it to FLAC");
  }
  ffmpeg::Owned<AVCodecContext> context(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), &parameters) < 0) throw std::bad_alloc();
  context->thread_count = 1;
  context->pkt_timebase = demuxer.stream().time_base;
  ffmpeg::Options options;
  options.set("cons_noisegen", "1");  // AC-3: the same dither wherever decoding begins
  if (avcodec_open2(context.get(), codec, options.out()) < 0) {
    throw Error(ErrorKind::input, std::string("holds ") + codec->name + " audio that cannot be decoded",
                demuxer.file(), "give another file");
  }
  return context;
}

// Decides when the dates of the frames after a seek can be believed; see try_seek().
class DateCheck {
 public:
  // first_frame: samples in the file's first frame; regular: all others are equally long, so that the
  // date of one tells whether it is off by less than its length.
  DateCheck(bool paged, bool regular, PcmFrame first_frame)
      : paged_(paged), regular_(regular), first_frame_(first_frame) {}

  bool passed() const { return agreements_ >= 2; }
  PcmFrame end() const { return end_; }

  // Returns where the frame begins: by its date at first, by counting once the check is passed.
  PcmFrame add(const AVFrame& frame, PcmFrame date) {
    const bool turned = frame.pkt_pos != page_;
    if (turned) ++pages_;
    page_ = frame.pkt_pos;
    const PcmFrame begin = passed() ? end_ : date;
    if (!passed()) {
      const bool in_step = !regular_ || (date - first_frame_) % frame.nb_samples == 0;
      const bool agrees = frames_ > 0 && date == end_ && in_step;
      if (!paged_) {
        agreements_ = agrees ? agreements_ + 1 : 0;
      } else if (turned && pages_ > 2 && agrees) {
        agreements_ = 2;
      }
    }
    ++frames_;
    end_ = begin + frame.nb_samples;
    return begin;
  }

 private:
  bool paged_;
  bool regular_;
  PcmFrame first_frame_;
  int frames_ = 0;
  int pages_ = 0;
  int agreements_ = 0;
  std::int64_t page_ = -1;
  PcmFrame end_ = 0;
};

}  // namespace

FrameReader::FrameReader(const std::filesystem::path& file)
    : demuxer_(file),
      codec_(open_codec(demuxer_)),
      packet_(av_packet_alloc()),
      frame_(av_frame_alloc()) {
  if (!packet_ || !frame_) throw std::bad_alloc();
  if (decode() == nullptr) {
    throw Error(ErrorKind::input, "holds no audio that can be decoded", file, "give another file");
  }
  pending_ = true;
  first_timestamp_ = frame_->pts;
  first_frame_ = frame_->nb_samples;
  format_.sample_rate = frame_->sample_rate;
  format_.channels = frame_->ch_layout.nb_channels;
  format_.codec = avcodec_get_name(codec_->codec_id);
  format_.container = demuxer_.container_name();
}

const AVFrame* FrameReader::next() {
  if (pending_) {
    pending_ = false;
    return frame_.get();
  }
  return decode();
}

const AVFrame* FrameReader::decode() {
  for (;;) {
    const int result = avcodec_receive_frame(codec_.get(), frame_.get());
    if (result == 0) {
      if (frame_->nb_samples > 0 && frame_->sample_rate > 0 && frame_->ch_layout.nb_channels > 0) {
        return frame_.get();
      }
    } else if (result == AVERROR(EAGAIN)) {
      feed();
    } else if (result == AVERROR_EOF || draining_) {
      return nullptr;
    } else {
      ++skipped_;
    }
  }
}

void FrameReader::feed() {
  throw_if_interrupted();
  if (!demuxer_.read(*packet_)) {
    draining_ = true;
    avcodec_send_packet(codec_.get(), nullptr);
    return;
  }
  const int result = avcodec_send_packet(codec_.get(), packet_.get());
  if (result == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (result < 0) ++skipped_;
}

bool FrameReader::seekable() {
  if (!seekable_) {
    seekable_ = first_timestamp_ != AV_NOPTS_VALUE &&
                find_seekable(format_.container, codec_->codec_id) != nullptr &&
                !(format_.container == "ogg" && is_chained_ogg(demuxer_.file()));
  }
  return *seekable_;
}

PcmFrame FrameReader::preroll() const {
  const Seekable* row = find_seekable(format_.container, codec_->codec_id);
  return to_pcm_frames(Seconds(row != nullptr ? row->preroll : 0), format_.sample_rate);
}

PcmFrame FrameReader::date_of(const AVFrame& frame) const {
  return av_rescale_q(frame.pts - first_timestamp_, demuxer_.stream().time_base,
                      AVRational{1, format_.sample_rate});
}

std::optional<PcmFrame> FrameReader::seek_before(PcmFrame target) {
  // Where one attempt cannot be sure, the next begins earlier.
  constexpr int kAttempts = 3;
  PcmFrame ahead = preroll();
  for (int attempt = 0; attempt < kAttempts && seekable() && ahead <= target; ++attempt, ahead *= 4) {
    if (const auto begin = try_seek(target, ahead)) return begin;
  }
  return std::nullopt;
}

// Single frames, and single pages of Ogg, are dated wrongly even in sound files. So dates count only
// once two in a row agree: two frames, or in Ogg, which dates the end of each page, two pages after
// the one where decoding began. From there on samples are counted, as when reading from the start.
std::optional<PcmFrame> FrameReader::try_seek(PcmFrame target, PcmFrame ahead) {
  const std::int64_t timestamp =
      first_timestamp_ +
      av_rescale_q(target - ahead, AVRational{1, format_.sample_rate}, demuxer_.stream().time_base);
  if (!demuxer_.seek(timestamp)) return std::nullopt;
  avcodec_flush_buffers(codec_.get());
  pending_ = draining_ = false;
  const AVCodecID codec = codec_->codec_id;
  const bool regular = codec == AV_CODEC_ID_OPUS || codec == AV_CODEC_ID_AAC ||
                       codec == AV_CODEC_ID_MP3 || codec == AV_CODEC_ID_ALAC;
  DateCheck check(format_.container == "ogg", regular, first_frame_);
  while (const AVFrame* frame = decode()) {
    if (frame->sample_rate != format_.sample_rate || frame->ch_layout.nb_channels != format_.channels ||
        (!check.passed() && frame->pts == AV_NOPTS_VALUE)) {
      return std::nullopt;
    }
    const PcmFrame begin = check.add(*frame, date_of(*frame));
    if (begin + frame->nb_samples > target) {
      if (!check.passed() || begin > target) return std::nullopt;
      pending_ = true;
      return begin;
    }
  }
  return check.passed() ? std::optional(check.end()) : std::nullopt;  // the target lies past the end
}

}  // namespace segue
