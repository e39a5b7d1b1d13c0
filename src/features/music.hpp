// What is heard in a track beyond its spectrogram: when its beats fall, how they form bars, where its
// sections begin, how it rises and falls. Plain values that cutting and planning read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace segue {

// One beat, and which of its bar's it is: 0 is the downbeat.
struct Beat {
  double seconds = 0;
  int place = 0;

  bool operator==(const Beat&) const = default;
};

// From `begin` (seconds) to the beginning of the next section, or the end of the sound. Sections with
// the same label sound alike.
struct Section {
  double begin = 0;
  int label = 0;

  bool operator==(const Section&) const = default;
};

inline constexpr Seconds kCurveStep{1};  // between values of the curves

// How a track goes, over time.
struct TrackMusic {
  std::vector<Beat> beats;        // rising; empty where there is no beat
  std::vector<Section> sections;  // rising; at least one where there is sound
  std::vector<float> energy;      // 0 … 1 in each second: how loud, busy and bright it is
  std::vector<float> brightness;  // Hz in each second: the spectral centroid, 0 in silence

  bool operator==(const TrackMusic&) const = default;
};

struct Key {
  int tonic = 0;  // semitones above C, 0 … 11
  bool minor = false;

  bool operator==(const Key&) const = default;
};

std::string name_of(const Key& key);     // "F# minor"
std::string camelot_of(const Key& key);  // "11A": neighbours by number, or by letter, go together
// "F# minor", "f#m", "Gb major", "Gb", "11A". None if it is no key.
std::optional<Key> parse_key(std::string_view text);
// Steps between two keys on the Camelot wheel: 0 the same, 1 a fifth away or relative, at most 7.
int key_distance(const Key& a, const Key& b);

// What a track is like as a whole.
struct MusicTraits {
  double tempo_bpm = 0;    // of a line through the beats; 0 where there is no beat
  double tempo_drift = 0;  // how far the tempo of 16 beats strays from that, at most: .02 is 2 %
  double beat_jitter =
      0;  // seconds, RMS, of beats about a line through 16 of them (fewer in short tracks)
  double beat_strength = 0;   // how far beats stand out of what is between them, standard deviations
  int beats_per_bar = 0;      // 0 where there is no beat
  std::optional<Key> key;     // none in silence or noise
  double key_confidence = 0;  // 0 … 1
  double energy = 0;          // 0 … 1: mean of the curve where it sounds
  double brightness = 0;      // Hz: mean of the curve where it sounds
  double valence = 0;         // −1 … 1: how much better a major key fits than a minor one
  double sound_begin = 0;     // seconds: before and after it is silent
  double sound_end = 0;

  bool has_beat() const { return beats_per_bar > 0; }
  bool operator==(const MusicTraits&) const = default;
};

// What mostly lies between rising moments (beats, downbeats), of which there are at least two; the upper
// median, in their unit.
double median_interval(std::span<const double> moments);

// Of what sections of one label are called: A, B, … Z, AA, AB, …
std::string section_letters(int label);

// "120.3 BPM, drift 0.4 %, jitter 8 ms" or "no beat".
std::string describe_beat(const MusicTraits& traits);
// "F# minor (11A), confidence 0.71" or "no key".
std::string describe_key(const MusicTraits& traits);
// Where a mood lies in the plane of energy × mode: "energetic and bright", "calm and dark", …
std::string mood_of(const MusicTraits& traits);

}  // namespace segue
