// Log-mel spectrograms as a picture.
#pragma once

#include <filesystem>
#include <span>

#include "features/fragment_set.hpp"

namespace segue {

struct SpectrogramPair {
  LogMel before;
  LogMel after;
};

// Writes a PNG: one column a pair, `before` above `after`, low bands below, four pixels a band and two a
// frame, brighter is louder, on the same scale in both. Throws Error(output).
void write_spectrogram_pairs(const std::filesystem::path& file, std::span<const SpectrogramPair> pairs);

}  // namespace segue
