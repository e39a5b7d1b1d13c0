// How a track rises and falls.
#pragma once

#include <span>
#include <vector>

#include "analysis/spectrum_summary.hpp"
#include "features/music.hpp"

namespace segue {

// Loudness over the 3 s around the middle of each second, LUFS (ITU-R BS.1770, short-term; ungated);
// -inf if silent. momentary: as feature files have it.
std::vector<float> short_term_loudness(std::span<const float> momentary);

// Fills energy and brightness, a value a second. Energy: half loudness (short-term, −45 … −8 LUFS), a
// quarter onsets (what rises in a frame, on average), a quarter brightness (150 Hz … 5 kHz, in
// octaves), each 0 … 1; 0 in silence.
void trace_curves(const SpectrumSummary& spectrum, std::span<const float> momentary, TrackMusic& music);

// Where it sounds, seconds: from the first to the last block that is louder than −60 LUFS and than 45
// LU under the loudest. Both 0 in silence.
struct SoundSpan {
  double begin = 0;
  double end = 0;
};
SoundSpan find_sound(std::span<const float> momentary);

}  // namespace segue
