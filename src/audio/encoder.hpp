// Writing audio files through libsndfile.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "audio/tags.hpp"
#include "base/time.hpp"

namespace segue {

enum class Container { wav, flac, ogg_vorbis, ogg_opus, mp3 };

struct EncodingConfig {
  Container container = Container::flac;
  int sample_rate = 44100;
  int channels = 2;
  int bits = 16;            // of FLAC and WAV: 16 or 24; TPDF dither is added where bits are cut
  double quality = 0.6;     // of the lossy ones, 0 … 1
  std::uint64_t dither_seed = 1;  // the same input gives the same file
  Tags tags;
  std::string comment;

  // The container for a file's ending: .wav .flac .ogg .oga (Vorbis) .opus .mp3.
  // Throws Error(usage) that lists them.
  static Container container_for(const std::filesystem::path& file);
  // Throws Error(usage): a rate the container cannot hold (Opus: 48, 24, 16, 12, 8 kHz), bits, …
  void validate() const;
};

// Writes under a temporary name; the file appears with commit(). Not thread-safe.
class AudioEncoder {
 public:
  AudioEncoder(const std::filesystem::path& target, const EncodingConfig& config);  // throws Error(output)
  ~AudioEncoder();

  // Interleaved, −1 … 1; what lies outside is clipped. Throws Error(output), e.g. on a full disk.
  void write(std::span<const float> interleaved);
  void commit();  // throws Error(output)

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
