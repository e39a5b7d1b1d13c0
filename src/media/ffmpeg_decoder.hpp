// Decoding by FFmpeg: what stands behind AudioDecoder and hash_audio_packets() (audio/decoder.hpp).
#pragma once

#include <filesystem>
#include <memory>

#include "audio/decoding_plugin.hpp"

namespace segue {

std::unique_ptr<DecoderImplementation> open_ffmpeg_decoder(const std::filesystem::path& file,
                                                           int channels);

TrackId hash_packets(const std::filesystem::path& file);

}  // namespace segue
