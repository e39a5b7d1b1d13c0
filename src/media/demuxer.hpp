// The encoded audio packets of one local file. Internal to the decoder and the analyzer.
#pragma once

#include <filesystem>
#include <string>

#include "audio/tags.hpp"
#include "media/ffmpeg.hpp"

namespace segue {

// Opens the best audio stream; the others are not read. Nothing but the named file is ever
// opened: no network, no files that it refers to. Not thread-safe.
class Demuxer {
 public:
  // Throws Error(input): missing, not permitted, empty, not media, a playlist, no audio.
  explicit Demuxer(const std::filesystem::path& file);

  // The next packet of the audio stream; false at the end, or where the file breaks off.
  bool read(AVPacket& packet);
  // Goes to a packet at or before `timestamp`, in units of stream().time_base.
  bool seek(std::int64_t timestamp);

  const std::filesystem::path& file() const noexcept { return file_; }
  const AVFormatContext& container() const noexcept { return *context_; }
  const AVStream& stream() const noexcept { return *stream_; }
  // "mov" for "mov,mp4,m4a,3gp,3g2,mj2"
  std::string container_name() const;

 private:
  std::filesystem::path file_;
  ffmpeg::Owned<AVIOContext> io_;  // outlives the context
  ffmpeg::Owned<AVFormatContext> context_;
  AVStream* stream_ = nullptr;
};

// Tags of the container, then of the stream.
Tags read_tags(const AVFormatContext& container, const AVStream& stream);

}  // namespace segue
