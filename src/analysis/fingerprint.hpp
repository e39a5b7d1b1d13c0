// Comparing acoustic fingerprints (Chromaprint) to find the same recording in other formats.
#pragma once

#include <cstdint>
#include <span>

namespace segue {

// Share of equal bits, 0 … 1, at the best alignment within ± 3 s; .5 is chance.
// 0 if either is shorter than 2 s.
double fingerprint_similarity(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b);

// Above this two tracks of about the same length are taken for the same recording. Measured on the
// music of Battle for Wesnoth and SuperTuxKart: the same in Ogg, MP3 at 64 and 32 kbit/s or Opus at
// 48 kbit/s .968 and more; different tracks .658 and less, faster or remade variants .50 to .60; a
// silent track against a soft beginning .84.
inline constexpr double kSameRecording = 0.85;

}  // namespace segue
