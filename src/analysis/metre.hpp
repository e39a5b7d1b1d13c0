// Which of the beats that could be are tapped, and which of them begin bars. Linear models, learned from
// played music whose beats are known (scripts/fit_metre.py, which wrote metre_weights.cpp).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "analysis/beat_cues.hpp"
#include "features/music.hpp"

namespace segue {

// What a grid of beats is like: its tempo; what begins at fractions of its beats; how that repeats after
// 1, 2, 3 and 4 beats and how much every other beat differs.
inline constexpr std::size_t kGridNumbers = 63;
using GridNumbers = std::array<double, kGridNumbers>;
GridNumbers describe_grid(const BeatCues& cues, std::span<const double> beats);

// What a beat is like beside the track's others, −3 … 3: rises, and changes of harmony over one, two and
// four beats.
inline constexpr std::size_t kBarCues = BeatCues::kRises + 3;
using BarCues = std::array<double, kBarCues>;
std::vector<BarCues> describe_beats(const BeatCues& cues, std::span<const double> beats);

// The most plausible of several grids, at least two beats each; candidates is not empty. Where twice as
// much begins in the low band between its beats as on them, the grid between them, if there is one.
std::size_t choose_grid(const BeatCues& cues, std::span<const std::vector<double>> candidates);

struct Bars {
  std::vector<Beat> beats;
  int beats_per_bar = 4;
};

// Three or four beats to a bar, and which begin bars: the most plausible sequence of places (Viterbi),
// which may slip where the tracker lost a beat.
Bars find_bars(const BeatCues& cues, std::span<const double> beats);

}  // namespace segue
