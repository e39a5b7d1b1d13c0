// Reading audio through FFmpeg: any container and codec it knows, any rate and channel count,
// the audio of a video too; in constant memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audio/tags.hpp"
#include "base/content_hash.hpp"
#include "base/time.hpp"

namespace segue {

struct AudioFormat {
  int sample_rate = 0;  // Hz
  int channels = 0;     // of the file
  std::string codec;    // FFmpeg's names
  std::string container;
};

class DecoderImplementation;  // decoding_plugin.hpp

// Pulls PCM from one file. Not thread-safe; different decoders may run in different threads.
class AudioDecoder {
 public:
  // Opens the best audio stream. `channels`: what read() gives: 0 = as in the file; 1 or 2 =
  // mixed down or up as FFmpeg does it (mono is copied to both), weighted so that channels at full
  // scale do not clip. Where FFmpeg knows no rule for the layout, all channels count equally.
  // Nothing but this file is ever opened: no network, no files that it refers to.
  // Throws Error(input): missing, not permitted, not a regular file, empty, a playlist, no audio, a
  // codec FFmpeg lacks, nothing that can be decoded, a rate below 1000 Hz, more than 64 channels.
  static AudioDecoder open(const std::filesystem::path& file, int channels = 0);
  ~AudioDecoder();
  AudioDecoder(AudioDecoder&&) noexcept;
  AudioDecoder& operator=(AudioDecoder&&) noexcept;

  const AudioFormat& format() const noexcept;
  const Tags& tags() const noexcept;
  int channels() const noexcept;  // of what read() gives
  // From the container, or none; may be off for files without an index.
  std::optional<Seconds> estimated_duration() const noexcept;

  // Fills `interleaved` (any multiple of channels()) from position() on; returns the PCM frames
  // written: fewer than fit only at the end, 0 after it. A damaged packet is skipped as players
  // do, with skipped_packets() counted; a file that breaks off ends there.
  // Samples are as decoded, nominally −1 … 1; float sources may exceed that or be not finite.
  // Where rate or channels change midway, the rest is converted to those of the beginning.
  // Throws Error(interrupted).
  PcmFrame read(std::span<float> interleaved);
  PcmFrame position() const noexcept;
  // Next read() begins at this PCM frame, sample-exact: what follows equals what reading on from
  // the start would give, within −90 dB for lossy codecs (but for the noise that AAC lets the decoder
  // make up, which is as loud but another). In a damaged file it may be off by what was skipped.
  // Past the end, read() gives 0.
  // Takes milliseconds in WAV, AIFF, CAF, FLAC, Ogg, MP3 and MP4; other containers date their packets
  // too roughly and are decoded from the start, or from position() if it lies before.
  void seek(PcmFrame frame);
  int skipped_packets() const noexcept;

 private:
  explicit AudioDecoder(std::unique_ptr<DecoderImplementation> implementation);
  std::unique_ptr<DecoderImplementation> implementation_;
};

// The identity of a piece of music: hash of codec, codec parameters and encoded audio packets.
// Tags and container metadata do not count. Demultiplexes only. Throws Error(input).
TrackId hash_audio_packets(const std::filesystem::path& file);

}  // namespace segue
