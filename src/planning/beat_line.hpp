// Beats as a straight line through time, so that two tracks can be laid over each other. Internal to
// planning.
#pragma once

#include <optional>
#include <span>

#include "features/music.hpp"

namespace segue {

// Beat number n, counted from one near the moment asked for, falls at begin + n · period.
struct BeatLine {
  double begin = 0;   // seconds in the track
  double period = 0;  // seconds
  double error = 0;   // seconds, RMS, of the beats about it

  double nearest(double moment) const;
};

// By least squares through the beats from `before` ahead of a moment to `after` behind it; missing ones
// are counted by their times. None where fewer than eight are there, or they do not follow one tempo
// (RMS error over 30 ms).
std::optional<BeatLine> fit_beats(std::span<const Beat> beats, Seconds moment, Seconds before,
                                  Seconds after);

}  // namespace segue
