// How fast and how steady beats are.
#pragma once

#include <cstddef>
#include <span>

namespace segue {

struct Tempo {
  double bpm = 0;
  double drift = 0;       // see MusicTraits
  double jitter = 0;      // seconds
  std::size_t lines = 0;  // by which both were measured; of none both are 0
};

// The tempo is that of the beats whose intervals are within a fifth of the median: the tracker may have
// lost some. All 0 for fewer than two. Drift and jitter by lines through 16 beats without a gap, through
// 6 and more where there are no 16.
Tempo measure_tempo(std::span<const double> beats);

}  // namespace segue
