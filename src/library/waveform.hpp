// The outline of a track's audio, for pictures.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace segue {

// The lowest and the highest sample of a stretch of audio, nominally −1 … 1.
struct Peak {
  float low = 0;
  float high = 0;
};

// The file mixed down to mono, cut into `columns` equal stretches (to an eighth of one). In one pass and
// constant memory.
// Throws Error(input), Error(interrupted).
std::vector<Peak> waveform_of(const std::filesystem::path& file, std::size_t columns);

}  // namespace segue
