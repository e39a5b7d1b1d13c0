// Clips of audio files, joined end to end.
#pragma once

#include <filesystem>
#include <span>

#include "audio/encoder.hpp"

namespace segue {

// PCM frames [start, start + length) of a file, at its own rate.
struct Clip {
  std::filesystem::path file;
  PcmFrame start = 0;
  PcmFrame length = 0;
};

// Joined hard, without fade or change of level, so that clips which follow each other in their file
// give back its own samples bit for bit (before encoding); at encoding.sample_rate, to which others are
// resampled, in encoding.channels. Shows progress; the file appears only when whole.
// Throws what AudioDecoder and AudioEncoder throw, Error(input) if a file ends within a clip,
// Error(interrupted).
void write_clips(std::span<const Clip> clips, const std::filesystem::path& target,
                 const EncodingConfig& encoding);

// The rate and channels of a file's own, at most two, in `encoding`; Opus stays at 48 kHz.
void take_format_of(const std::filesystem::path& file, EncodingConfig& encoding);

}  // namespace segue
