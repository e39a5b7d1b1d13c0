#include "audio/decoder.hpp"

#include <algorithm>
#include <cassert>

#include "audio/frame_reader.hpp"
#include "audio/sample_converter.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"

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

}  // namespace

struct AudioDecoder::State {
  std::filesystem::path file;
  std::unique_ptr<FrameReader> reader;
  AudioFormat format;
  Tags tags;
  std::optional<Seconds> duration;
  SampleConverter<float> converter;
  std::span<const float> pending;  // converted, not read yet
  PcmFrame position = 0;
  bool ended = false;
  int skipped_before = 0;  // by readers that are gone

  State(const std::filesystem::path& path, int channels)
      : file(path),
        reader(std::make_unique<FrameReader>(path)),
        format(reader->format()),
        tags(read_tags(reader->demuxer().container(), reader->demuxer().stream())),
        duration(duration_of(reader->demuxer())),
        converter(format.sample_rate, channels == 0 ? format.channels : channels) {}

  PcmFrame channels() const { return converter.channels(); }

  // Makes `pending` hold something, or says that the end is reached.
  bool refill() {
    while (pending.empty() && !ended) {
      if (const AVFrame* frame = reader->next()) {
        pending = converter.convert(*frame);
      } else {
        pending = converter.finish();
        ended = true;
      }
    }
    return !pending.empty();
  }

  void skip_to(PcmFrame target) {
    while (position < target && refill()) {
      const PcmFrame frames =
          std::min(static_cast<PcmFrame>(pending.size()) / channels(), target - position);
      pending = pending.subspan(static_cast<std::size_t>(frames * channels()));
      position += frames;
    }
    position = target;
  }

  void restart_converter(PcmFrame at) {
    converter.reset();
    pending = {};
    ended = false;
    position = at;
  }

  void reopen() {
    skipped_before += reader->skipped_packets();
    reader = std::make_unique<FrameReader>(file);
    restart_converter(0);
  }

  void seek(PcmFrame target) {
    const bool jump = reader->seekable();
    const bool forward = target >= position;
    if (!forward || (jump && target - position > reader->preroll())) {
      const auto begin = jump ? reader->seek_before(target) : std::nullopt;
      if (begin) {
        restart_converter(*begin);
      } else {
        reopen();
      }
    }
    skip_to(target);
  }
};

AudioDecoder::AudioDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
AudioDecoder::~AudioDecoder() = default;
AudioDecoder::AudioDecoder(AudioDecoder&&) noexcept = default;
AudioDecoder& AudioDecoder::operator=(AudioDecoder&&) noexcept = default;

AudioDecoder AudioDecoder::open(const std::filesystem::path& file, int channels) {
  assert(channels >= 0 && channels <= 2);
  return AudioDecoder(std::make_unique<State>(file, channels));
}

const AudioFormat& AudioDecoder::format() const noexcept { return state_->format; }
const Tags& AudioDecoder::tags() const noexcept { return state_->tags; }
int AudioDecoder::channels() const noexcept { return state_->converter.channels(); }
std::optional<Seconds> AudioDecoder::estimated_duration() const noexcept { return state_->duration; }
PcmFrame AudioDecoder::position() const noexcept { return state_->position; }

PcmFrame AudioDecoder::read(std::span<float> interleaved) {
  const auto channels = static_cast<std::size_t>(state_->channels());
  std::size_t written = 0;
  while (written < interleaved.size() && state_->refill()) {
    auto& pending = state_->pending;
    const std::size_t count = std::min(pending.size(), interleaved.size() - written);
    std::copy_n(pending.begin(), count, interleaved.begin() + static_cast<std::ptrdiff_t>(written));
    pending = pending.subspan(count);
    written += count;
  }
  const auto frames = static_cast<PcmFrame>(written / channels);
  state_->position += frames;
  return frames;
}

void AudioDecoder::seek(PcmFrame frame) {
  if (frame < 0) throw Error(ErrorKind::internal, "a negative position was asked for", state_->file);
  state_->seek(frame);
}

int AudioDecoder::skipped_packets() const noexcept {
  return state_->skipped_before + state_->reader->skipped_packets();
}

TrackId hash_audio_packets(const std::filesystem::path& file) {
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
