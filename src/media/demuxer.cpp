#include "media/demuxer.hpp"

#include <array>
#include <cerrno>
#include <mutex>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"

namespace segue {
namespace {

constexpr const char* kAnotherFile = "give another file";
constexpr int kLowestRate = 1000;  // Hz, that a plan takes
constexpr int kMostChannels = 64;  // that FFmpeg mixes down

// FFmpeg keeps one logger for the whole process.
void log_to_segue(void* source, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_WARNING || verbosity() != Verbosity::verbose) return;
  std::array<char, 512> line{};
  int print_prefix = 1;
  av_log_format_line2(source, level, format, arguments, line.data(), static_cast<int>(line.size()),
                      &print_prefix);
  std::string_view text(line.data());
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (!text.empty()) log_detail(text);
}

void take_over_logging() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(log_to_segue); });
}

int stop_on_interrupt(void*) { return interrupted() ? 1 : 0; }

// A playlist or a stream description may name other files; segue reads just the one it was given.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EACCES);
}

bool is_playlist(const AVInputFormat& format) {
  constexpr std::array<std::string_view, 7> kPlaylists = {"hls",  "concat", "dash",         "imf",
                                                          "rtsp", "sdp",    "hls,applehttp"};
  for (const auto name : kPlaylists) {
    if (name == format.name) return true;
  }
  return false;
}

// Says what is wrong before FFmpeg does: it would wait for ever on a pipe.
void require_regular_file(const std::filesystem::path& file) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(ErrorKind::input, "there is no such file", file, "check the name");
  }
  if (code == std::errc::permission_denied) {
    throw Error(ErrorKind::input, "cannot be read: permission denied", file,
                "give yourself the right to read it");
  }
  if (code) throw Error(ErrorKind::input, "cannot be read: " + code.message(), file, kAnotherFile);
  if (std::filesystem::is_directory(status)) {
    throw Error(ErrorKind::input, "is a folder, not a music file", file, "give a file");
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(ErrorKind::input, "is not a regular file", file, "copy its music to a file first");
  }
  if (std::filesystem::file_size(file, code) == 0 && !code) {
    throw Error(ErrorKind::input, "is empty", file, kAnotherFile);
  }
}

ffmpeg::Owned<AVIOContext> open_io(const std::filesystem::path& file) {
  // The file: protocol takes the name as it is: no other protocol, no pattern.
  const std::string url = "file:" + file.native();
  const AVIOInterruptCB on_interrupt{stop_on_interrupt, nullptr};
  ffmpeg::Options options;
  options.set("protocol_whitelist", "file");
  AVIOContext* io = nullptr;
  const int result = avio_open2(&io, url.c_str(), AVIO_FLAG_READ, &on_interrupt, options.out());
  if (result == AVERROR(EACCES) || result == AVERROR(EPERM)) {
    throw Error(ErrorKind::input, "cannot be read: permission denied", file,
                "give yourself the right to read it");
  }
  if (result < 0) {
    throw_if_interrupted();
    throw Error(ErrorKind::input,
                "cannot be read: " + std::generic_category().message(AVUNERROR(result)), file,
                kAnotherFile);
  }
  return ffmpeg::Owned<AVIOContext>(io);
}

[[noreturn]] void throw_unknown(const std::filesystem::path& file) {
  throw_if_interrupted();
  throw Error(ErrorKind::input, "is not audio that FFmpeg knows, or is damaged beyond reading", file,
              kAnotherFile);
}

ffmpeg::Owned<AVFormatContext> open_context(const std::filesystem::path& file, AVIOContext* io) {
  const std::string url = "file:" + file.native();
  const AVInputFormat* format = nullptr;
  if (av_probe_input_buffer2(io, &format, url.c_str(), nullptr, 0, 0) < 0 || format == nullptr) {
    throw_unknown(file);
  }
  if (is_playlist(*format)) {
    throw Error(ErrorKind::input, "is a playlist or stream description, not music", file,
                "give the files that it names");
  }
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  context->pb = io;
  context->io_open = refuse_to_open;
  context->interrupt_callback = {stop_on_interrupt, nullptr};
  ffmpeg::Options options;
  options.set("protocol_whitelist", "file");
  // Frees the context where it fails.
  if (avformat_open_input(&context, url.c_str(), format, options.out()) < 0) throw_unknown(file);
  ffmpeg::Owned<AVFormatContext> owned(context);
  if (avformat_find_stream_info(context, nullptr) < 0) throw_unknown(file);
  return owned;
}

}  // namespace

Demuxer::Demuxer(const std::filesystem::path& file) : file_(file) {
  take_over_logging();
  throw_if_interrupted();
  require_regular_file(file);
  io_ = open_io(file);
  context_ = open_context(file, io_.get());
  const AVCodec* codec = nullptr;
  int index = av_find_best_stream(context_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
  if (index == AVERROR_DECODER_NOT_FOUND) {
    index = av_find_best_stream(context_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  }
  throw_if_interrupted();
  if (index < 0) throw Error(ErrorKind::input, "holds no audio", file, kAnotherFile);
  stream_ = context_->streams[index];
  const AVCodecParameters& parameters = *stream_->codecpar;
  if (parameters.sample_rate > 0 && parameters.sample_rate < kLowestRate)
    throw Error(
        ErrorKind::input,
        "has a sample rate of " + std::to_string(parameters.sample_rate) + " Hz, too low for music",
        file, kAnotherFile);
  if (parameters.ch_layout.nb_channels > kMostChannels)
    throw Error(ErrorKind::input,
                "has " + std::to_string(parameters.ch_layout.nb_channels) + " channels, more than " +
                    std::to_string(kMostChannels),
                file, "mix it down to stereo");
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    if (static_cast<int>(i) != index) context_->streams[i]->discard = AVDISCARD_ALL;
  }
}

bool Demuxer::read(AVPacket& packet) {
  for (;;) {
    av_packet_unref(&packet);
    const int result = av_read_frame(context_.get(), &packet);
    if (result < 0) {
      throw_if_interrupted();
      if (result != AVERROR_EOF) {
        std::array<char, AV_ERROR_MAX_STRING_SIZE> reason{};
        av_strerror(result, reason.data(), reason.size());
        log_detail(Error(ErrorKind::input, std::string("breaks off: ") + reason.data(), file_).what());
      }
      return false;
    }
    if (packet.stream_index == stream_->index) return true;
  }
}

bool Demuxer::seek(std::int64_t timestamp) {
  const bool done = av_seek_frame(context_.get(), stream_->index, timestamp, AVSEEK_FLAG_BACKWARD) >= 0;
  throw_if_interrupted();
  return done;
}

std::string Demuxer::container_name() const {
  const std::string_view names = context_->iformat->name;
  return std::string(names.substr(0, names.find(',')));
}

}  // namespace segue
