// How beats are told from other moments.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "analysis/spectrum_summary.hpp"
#include "analysis/tonality.hpp"

namespace segue {

// What begins at any moment of a track, in units of the track's own spread.
class BeatCues {
 public:
  // In low, middle and high bands (SpectrumSummary::rise), and by onset_curve().
  static constexpr std::size_t kRises = 4;
  using Rises = std::array<double, kRises>;

  // chroma must outlive it.
  BeatCues(const SpectrumSummary& spectrum, std::span<const double> onsets,
           std::span<const Chroma> chroma);

  // The strongest within 46 ms of a moment, in standard deviations from the mean; 0 outside the track.
  Rises rises(double seconds) const;
  // Cosine distance, 0 … 1, between the pitch classes of `reach` seconds before and after.
  double harmony_change(double seconds, double reach) const;

 private:
  std::vector<std::array<float, kRises>> rises_;  // a frame each
  std::span<const Chroma> chroma_;
};

}  // namespace segue
