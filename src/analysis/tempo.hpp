// How fast and how steady beats are.
#pragma once

#include <span>

namespace segue {

struct Tempo {
  double bpm = 0;
  double drift = 0;   // see MusicTraits
  double jitter = 0;  // seconds
};

// The tempo is that of the beats whose intervals are within a fifth of the median: the tracker may have
// lost some. All 0 for fewer than two.
Tempo measure_tempo(std::span<const double> beats);

}  // namespace segue
