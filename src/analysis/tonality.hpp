// Which pitches sound, and which key they belong to.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "features/music.hpp"

namespace segue {

// Energy of the twelve pitch classes from C on.
using Chroma = std::array<float, 12>;

// How well each of the 24 keys fits, −1 … 1: correlation of pitch classes with a profile of the key.
struct KeyFit {
  std::array<double, 12> major{};
  std::array<double, 12> minor{};
};

struct Tonality {
  std::vector<Chroma> chroma;  // one in kStep samples, of four times as many
  std::optional<Key> key;      // none where no pitch stands out
  double key_confidence = 0;   // 0 … 1
  double valence = 0;          // −1 … 1, see MusicTraits
};

// Streaming: constant-Q chroma by QM-DSP's Chromagram, 36 bins an octave, so that tuning can be
// found. Not thread-safe; several may work side by side (unlike QM-DSP's GetKeyMode, which turns one
// profile for all).
class TonalityListener {
 public:
  static constexpr int kDecimation = 4;
  static constexpr int kStep = 4096;  // samples at 22 050 Hz: 186 ms

  TonalityListener();
  ~TonalityListener();

  void add(std::span<const float> samples);  // mono at 22 050 Hz, −1 … 1
  Tonality finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

KeyFit fit_keys(const std::array<double, 12>& pitch_classes);

}  // namespace segue
