// The border to FFmpeg: loading its hundred libraries takes longer than most commands, so what
// decodes is a shared object that is loaded with the first file (module media).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "audio/decoder.hpp"

namespace segue {

// What stands behind an AudioDecoder; see there.
class DecoderImplementation {
 public:
  virtual ~DecoderImplementation() = default;
  virtual const AudioFormat& format() const noexcept = 0;
  virtual const Tags& tags() const noexcept = 0;
  virtual int channels() const noexcept = 0;
  virtual std::optional<Seconds> estimated_duration() const noexcept = 0;
  virtual PcmFrame read(std::span<float> interleaved) = 0;
  virtual PcmFrame position() const noexcept = 0;
  virtual void seek(PcmFrame frame) = 0;
  virtual int skipped_packets() const noexcept = 0;
};

// Found through the C symbol `segue_decoding_plugin`.
struct DecodingPlugin {
  std::unique_ptr<DecoderImplementation> (*open)(const std::filesystem::path& file, int channels);
  TrackId (*hash_audio_packets)(const std::filesystem::path& file);
};

inline constexpr const char* kMediaPlugin = "segue-media.so";

}  // namespace segue
