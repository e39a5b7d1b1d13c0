#include "media/ffmpeg_decoder.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "media/frame_reader.hpp"
#include "media/sample_converter.hpp"

namespace segue {
namespace {

std::optional<Seconds> duration_of(const Demuxer& demuxer) {
  const AVStream& stream = demuxer.stream();
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
    return Seconds(static_cast<double>(stream.duration) * av_q2d(stream.time_base));
  }
  const std::int64_t duration = demuxer.container().duration;
  if (duration != AV_NOPTS_VALUE && duration > 0) {
    return Seconds(static_cast<double>(duration) / AV_TIME_BASE);
  }
  return std::nullopt;
}

template <class Value>
std::span<const std::byte> bytes_of(const Value& value) {
  return std::as_bytes(std::span(&value, 1));
}

class FfmpegDecoder : public DecoderImplementation {
 public:
  FfmpegDecoder(const std::filesystem::path& path, int channels)
      : file_(path),
        reader_(std::make_unique<FrameReader>(path)),
        format_(reader_->format()),
        tags_(read_tags(reader_->demuxer().container(), reader_->demuxer().stream())),
        duration_(duration_of(reader_->demuxer())),
        converter_(format_.sample_rate, channels == 0 ? format_.channels : channels) {}

  const AudioFormat& format() const noexcept override { return format_; }
  const Tags& tags() const noexcept override { return tags_; }
  int channels() const noexcept override { return converter_.channels(); }
  std::optional<Seconds> estimated_duration() const noexcept override { return duration_; }
  PcmFrame position() const noexcept override { return position_; }
  int skipped_packets() const noexcept override { return skipped_before_ + reader_->skipped_packets(); }

  PcmFrame read(std::span<float> interleaved) override {
    std::size_t written = 0;
    while (written < interleaved.size() && refill()) {
      const std::size_t count = std::min(pending_.size(), interleaved.size() - written);
      std::copy_n(pending_.begin(), count, interleaved.begin() + static_cast<std::ptrdiff_t>(written));
      pending_ = pending_.subspan(count);
      written += count;
    }
    const auto frames = static_cast<PcmFrame>(written) / channels();
    position_ += frames;
    return frames;
  }

  void seek(PcmFrame target) override {
    if (target < 0) throw Error(ErrorKind::internal, "a negative position was asked for", file_);
    const bool jump = dates_trusted_ && reader_->seekable();
    const bool forward = target >= position_;
    if (!forward || (jump && target - position_ > reader_->preroll())) {
      const auto begin =
          jump && target > reader_->preroll() ? reader_->seek_before(target) : std::nullopt;
      if (begin) {
        restart_converter(*begin);
      } else {
        if (jump && target > reader_->preroll()) dates_trusted_ = false;
        reopen();
      }
    }
    skip_to(target);
  }

 private:
  // Makes `pending_` hold something, or says that the end is reached.
  bool refill() {
    while (pending_.empty() && !ended_) {
      if (const AVFrame* frame = reader_->next()) {
        pending_ = converter_.convert(*frame);
      } else {
        pending_ = converter_.finish();
        ended_ = true;
      }
    }
    return !pending_.empty();
  }

  void skip_to(PcmFrame target) {
    while (position_ < target && refill()) {
      const PcmFrame frames =
          std::min(static_cast<PcmFrame>(pending_.size()) / channels(), target - position_);
      pending_ = pending_.subspan(static_cast<std::size_t>(frames * channels()));
      position_ += frames;
    }
    position_ = target;
  }

  void restart_converter(PcmFrame at) {
    converter_.reset();
    pending_ = {};
    ended_ = false;
    position_ = at;
  }

  void reopen() {
    skipped_before_ += reader_->skipped_packets();
    reader_ = std::make_unique<FrameReader>(file_);
    restart_converter(0);
  }

  std::filesystem::path file_;
  std::unique_ptr<FrameReader> reader_;
  AudioFormat format_;
  Tags tags_;
  std::optional<Seconds> duration_;
  SampleConverter<float> converter_;
  std::span<const float> pending_;  // converted, not read yet
  PcmFrame position_ = 0;
  bool ended_ = false;
  bool dates_trusted_ = true;  // until a seek shows that the file's timestamps are wrong
  int skipped_before_ = 0;     // by readers that are gone
};

}  // namespace

std::unique_ptr<DecoderImplementation> open_ffmpeg_decoder(const std::filesystem::path& file,
                                                           int channels) {
  return std::make_unique<FfmpegDecoder>(file, channels);
}

TrackId hash_packets(const std::filesystem::path& file) {
  Demuxer demuxer(file);
  const AVCodecParameters& parameters = *demuxer.stream().codecpar;
  ContentHasher hasher;
  // The name, as the number may change from one FFmpeg to the next. No codec headers: those of
  // Vorbis, Opus and FLAC hold the tags.
  hasher.update(avcodec_get_name(parameters.codec_id));
  const std::int32_t numbers[] = {parameters.sample_rate, parameters.ch_layout.nb_channels};
  hasher.update(bytes_of(numbers));
  const ffmpeg::Owned<AVPacket> packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  while (demuxer.read(*packet)) {
    throw_if_interrupted();
    hasher.update(std::as_bytes(std::span(packet->data, static_cast<std::size_t>(packet->size))));
  }
  return hasher.digest();
}

}  // namespace segue
