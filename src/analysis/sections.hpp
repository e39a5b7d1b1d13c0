// Where a track turns to something else.
#pragma once

#include <span>
#include <vector>

#include "analysis/spectrum_summary.hpp"
#include "analysis/tonality.hpp"
#include "features/music.hpp"

namespace segue {

inline constexpr Seconds kShortestSection{8};

// Peaks of novelty: a checkerboard kernel of 12 s along the diagonal of the self-similarity of timbre
// and chroma (Foote, "Automatic Audio Segmentation Using a Measure of Audio Novelty", ICME 2000).
// Boundaries lie on the nearest downbeat within 2 s, where there is one. Sections that sound alike share
// a label; labels count from 0 in order of appearance. begin, end: where it sounds, seconds.
std::vector<Section> find_sections(const SpectrumSummary& spectrum, std::span<const Chroma> chroma,
                                   std::span<const Beat> beats, double begin, double end);

}  // namespace segue
