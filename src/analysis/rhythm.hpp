// When something begins, and which steady beats that could belong to.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "analysis/spectrum_summary.hpp"

namespace segue {

// Streaming: the complex spectral difference of QM-DSP (Bello et al., IEEE Signal Processing Letters
// 11(6), 2004). Not thread-safe; several may work side by side.
class OnsetListener {
 public:
  static constexpr int kStep = 256;  // samples at 22 050 Hz, 11.6 ms

  OnsetListener();
  ~OnsetListener();

  void add(std::span<const float> samples);  // mono at 22 050 Hz, −1 … 1
  std::vector<double> finish();              // a value a step, ≥ 0

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What beats are looked for in, a value a step: of this difference three parts and, as soft attacks
// hardly show in it, of what rises in the log spectrogram two, each in units of its spread.
std::vector<double> onset_curve(std::span<const double> difference, const SpectrumSummary& spectrum);

// Times in seconds, rising: the beats that QM-DSP's TempoTrackV2 finds (Davies & Plumbley, IEEE TASLP
// 15(3), 2007; Ellis, JNMR 36(1), 2007) and, because tapping at another ratio, from a third to
// three times as fast, may fit nearly as well, those that it finds when told so, each also between the
// beats. Local tempi follow the tracker's. None where there is less than 4 s of music or fewer than 9
// beats.
std::vector<std::vector<double>> candidate_beats(std::span<const double> onsets);

}  // namespace segue
