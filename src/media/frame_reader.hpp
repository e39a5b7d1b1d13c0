// Decoded frames of one local file. Internal to the decoder and the analyzer.
#pragma once

#include <filesystem>
#include <optional>

#include "audio/decoder.hpp"
#include "media/demuxer.hpp"
#include "media/ffmpeg.hpp"

namespace segue {

// Decodes in one thread; encoder delay and padding are cut off where the file tells them.
// Not thread-safe.
class FrameReader {
 public:
  // Throws Error(input) as Demuxer does, and if FFmpeg lacks the codec or nothing can be decoded.
  explicit FrameReader(const std::filesystem::path& file);

  // The next frame with at least one sample, valid until the next call; null at the end.
  const AVFrame* next();

  // Whether its timestamps are exact after a seek, as far as format and container tell.
  bool seekable();
  // Goes to a frame at or before PCM frame `target` (at format().sample_rate), so far before it
  // that the codec's memory no longer matters. Returns where the frame that next() gives begins (past
  // the end: where the music ends), or nothing where that is not certain: the reader is then of no
  // more use.
  std::optional<PcmFrame> seek_before(PcmFrame target);
  // How far before the target seek_before() begins to decode.
  PcmFrame preroll() const;

  const AudioFormat& format() const noexcept { return format_; }  // of the first frame
  const Demuxer& demuxer() const noexcept { return demuxer_; }
  int skipped_packets() const noexcept { return skipped_; }

 private:
  const AVFrame* decode();
  void feed();
  std::optional<PcmFrame> try_seek(PcmFrame target, PcmFrame ahead);
  PcmFrame date_of(const AVFrame& frame) const;

  Demuxer demuxer_;
  ffmpeg::Owned<AVCodecContext> codec_;
  ffmpeg::Owned<AVPacket> packet_;
  ffmpeg::Owned<AVFrame> frame_;
  AudioFormat format_;
  std::int64_t first_timestamp_ = AV_NOPTS_VALUE;
  PcmFrame first_frame_ = 0;  // its length
  bool pending_ = false;      // frame_ is decoded but not given yet
  bool draining_ = false;
  std::optional<bool> seekable_;
  int skipped_ = 0;
};

}  // namespace segue
