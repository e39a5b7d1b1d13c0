// Beats as a straight line through time, so that two tracks can be laid over each other: by
// the planner, and by what measures.
#pragma once

#include <optional>
#include <span>

#include "analysis/beat_cues.hpp"
#include "features/music.hpp"

namespace segue {

// Beat number n, counted from one near the moment asked for, falls at begin + n · period.
struct BeatLine {
  double begin = 0;   // seconds in the track
  double period = 0;  // seconds
  double error = 0;   // seconds, RMS, of the beats about it that it was laid through
  double jitter = 0;  // and of all of them, those that were left out too

  double nearest(double moment) const;
};

// By least squares through the beats from `before` ahead of a moment to `after` behind it; missing ones
// are counted by their times, and up to a fifth that lie off it are left out. None where fewer than
// eight are there, or they do not follow one tempo (RMS error over 30 ms).
std::optional<BeatLine> fit_beats(std::span<const Beat> beats, Seconds moment, Seconds before,
                                  Seconds after);

// Beats in most bars; 4 where no downbeat tells.
int beats_in_bar(std::span<const Beat> beats);

// The downbeat nearest to a moment, of those from `first` to `last`; none where there is none within
// `reach` of it. All in seconds of the track; beats: rising.
std::optional<double> nearest_downbeat(std::span<const Beat> beats, double moment, double reach,
                                       double first, double last);

// What begins on the beats of a line and half way between them: mean rises (BeatCues) of three bands,
// summed.
struct Pulse {
  double on = 0;
  double between = 0;

  // Of two that differ less, either could be the beat.
  static constexpr double kAlike = 0.75;
  bool is_between() const { return on < kAlike * between; }  // rather than where the line has it
  bool is_double() const { return between >= kAlike * on; }  // or as much there
};

// Within a part of what the cues were heard in, whose time the line is in.
Pulse pulse_of(const BeatCues& cues, const BeatLine& line, Seconds begin, Seconds end);

}  // namespace segue
