// Writing audio files through libsndfile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/chapters.hpp"
#include "audio/tags.hpp"
#include "base/time.hpp"

namespace segue {

enum class Container { wav, flac, ogg_vorbis, ogg_opus, mp3 };

// Whether what is decoded is another waveform than what was written.
inline bool is_lossy(Container container) {
  return container != Container::wav && container != Container::flac;
}

struct EncodingConfig {
  Container container = Container::flac;
  int sample_rate = 44100;
  int channels = 2;  // 1 or 2
  int bits = 16;     // of FLAC and WAV: 16 or 24; TPDF dither is added where bits are cut
  // Of the lossy ones, 0 … 1: Vorbis q0 … q10, MP3 V5 … V0, Opus 20 … 120 kb/s a channel.
  double quality = 0.6;  // q6, V2, 160 kb/s
  // The same input gives the same file, but for the serial number that every Ogg stream draws.
  std::uint64_t dither_seed = 1;
  // Album artist and mood reach MP3 only; the licence stands under copyright in WAV and MP3.
  Tags tags;
  std::string comment;
  std::vector<Chapter> chapters;  // in order; at most most_chapters(container)

  // The container for a file's ending: .wav .flac .ogg .oga (Vorbis) .opus .mp3.
  // Throws Error(usage) that lists them.
  static Container container_for(const std::filesystem::path& file);
  // Throws Error(usage): a rate the container cannot hold (Opus: 48, 24, 16, 12, 8 kHz), bits, …
  void validate() const;
};

// Writes under a temporary name; the file appears with commit(). WAV beyond 4 GB becomes RF64.
// Not thread-safe.
class AudioEncoder {
 public:
  // Throws Error(output) if the folder cannot be written, Error(usage) as validate() does.
  AudioEncoder(const std::filesystem::path& target, const EncodingConfig& config);
  ~AudioEncoder();

  // Whole PCM frames, interleaved, −1 … 1; what lies outside is clipped. Throws Error(output), e.g. on
  // a full disk, and Error(internal) for samples that are not finite; nothing can be written then.
  void write(std::span<const float> interleaved);
  // Nothing more is written; gives the whole file under its temporary name, to be heard before commit().
  // Throws Error(output).
  const std::filesystem::path& finish();
  void commit();  // throws Error(output)

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
