#include "analysis/music_listener.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/beat_cues.hpp"
#include "analysis/curves.hpp"
#include "analysis/metre.hpp"
#include "analysis/sections.hpp"
#include "analysis/tempo.hpp"

namespace segue {
namespace {

// What beats must be to be no guess. Noise and sustained sounds have less; of the music of Battle for
// Wesnoth a third of the tracks, of that of SuperTuxKart none.
constexpr double kLeastStrength = 0.15;
constexpr double kLeastEvidence =
    3;  // strength × √beats: the tracker finds the best of what chance offers
constexpr double kMostJitter = 0.09;  // of a beat
constexpr std::size_t kLeastBeats = 8;
constexpr double kSameTempo = 0.1;  // of an octave

// How much more begins at beats than at other moments: the mean of the onset curve at the beats
// above that at all eighths of them, in standard deviations.
double strength_of(const BeatCues& cues, std::span<const double> beats) {
  constexpr int kParts = 8;
  double at_beats = 0;
  double anywhere = 0;
  double count = 0;
  for (std::size_t i = 0; i + 1 < beats.size(); ++i) {
    for (int part = 0; part < kParts; ++part) {
      const double rise = cues.rises(beats[i] + (beats[i + 1] - beats[i]) * part / kParts).back();
      anywhere += rise / kParts;
      if (part == 0) at_beats += rise;
    }
    ++count;
  }
  return count > 0 ? (at_beats - anywhere) / count : 0;
}

std::vector<std::vector<double>> of_tempo(std::vector<std::vector<double>> candidates,
                                          double tempo_bpm) {
  if (tempo_bpm <= 0) return candidates;
  std::vector<std::vector<double>> some;
  for (const std::vector<double>& beats : candidates) {
    const double octaves = std::log2(60 / median_interval(beats) / tempo_bpm);
    if (std::abs(octaves - std::round(octaves)) <= kSameTempo) some.push_back(beats);
  }
  return some.empty() ? candidates : some;
}

float mean_where(std::span<const float> curve, std::span<const float> energy) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (energy[i] <= 0) continue;
    sum += curve[i];
    ++count;
  }
  return count > 0 ? static_cast<float>(sum / count) : 0;
}

}  // namespace

void MusicListener::add_audio(std::span<const float> samples) {
  onsets_.add(samples);
  tonality_.add(samples);
}

void MusicListener::add_log_mel(std::span<const float> rows) { spectrum_.add(rows); }

HeardMusic MusicListener::finish(std::span<const float> momentary, double tempo_bpm) {
  HeardMusic heard;
  TrackMusic& music = heard.music;
  MusicTraits& traits = heard.traits;
  const SpectrumSummary spectrum = spectrum_.finish();
  const std::vector<double> onsets = onset_curve(onsets_.finish(), spectrum);
  const Tonality tonality = tonality_.finish();
  const SoundSpan sound = find_sound(momentary);
  traits.sound_begin = sound.begin;
  traits.sound_end = sound.end;
  if (sound.end <= sound.begin) return heard;
  trace_curves(spectrum, momentary, music);
  traits.energy = mean_where(music.energy, music.energy);
  traits.brightness = mean_where(music.brightness, music.energy);
  traits.key = tonality.key;
  traits.key_confidence = tonality.key_confidence;
  traits.valence = tonality.valence;

  const BeatCues cues(spectrum, onsets, tonality.chroma);
  const auto candidates = of_tempo(candidate_beats(onsets), tempo_bpm);
  if (!candidates.empty()) {
    std::vector<double> beats = candidates[choose_grid(cues, candidates)];
    std::erase_if(beats, [&](double beat) { return beat < sound.begin || beat > sound.end; });
    traits.beat_strength = strength_of(cues, beats);
    const Tempo tempo = measure_tempo(beats);
    const double evidence = traits.beat_strength * std::sqrt(static_cast<double>(beats.size()));
    if (beats.size() >= kLeastBeats && traits.beat_strength >= kLeastStrength &&
        evidence >= kLeastEvidence && tempo.lines > 0 && tempo.jitter * tempo.bpm / 60 <= kMostJitter) {
      traits.tempo_bpm = tempo.bpm;
      traits.tempo_drift = tempo.drift;
      traits.beat_jitter = tempo.jitter;
      Bars bars = find_bars(cues, beats);
      traits.beats_per_bar = bars.beats_per_bar;
      music.beats = std::move(bars.beats);
    }
  }
  music.sections = find_sections(spectrum, tonality.chroma, music.beats, sound.begin, sound.end);
  return heard;
}

}  // namespace segue
