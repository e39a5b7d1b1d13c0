// Hears a track's music: beats and bars, key, sections, energy.
#pragma once

#include <span>

#include "analysis/rhythm.hpp"
#include "analysis/spectrum_summary.hpp"
#include "analysis/tonality.hpp"
#include "features/music.hpp"

namespace segue {

struct HeardMusic {
  TrackMusic music;
  MusicTraits traits;
};

// Streaming, in memory of about 5 kB a second. Not thread-safe; several may work side by side.
class MusicListener {
 public:
  void add_audio(std::span<const float> samples);  // mono at 22 050 Hz, −1 … 1
  void add_log_mel(std::span<const float> rows);   // [n × 80], see features/geometry.hpp
  // momentary: loudness as feature files have it. tempo_bpm: where it is known, beats of another (but
  // half of it, or twice) are only heard if there are none of it.
  HeardMusic finish(std::span<const float> momentary, double tempo_bpm = 0);

 private:
  OnsetListener onsets_;
  TonalityListener tonality_;
  SpectrumListener spectrum_;
};

}  // namespace segue
