#include "planning/levels.hpp"

#include <algorithm>
#include <cmath>

#include "library/fragment_loudness.hpp"

namespace segue {
namespace {

constexpr double kEvening = 12;  // dB
constexpr double kBeyondTrack = 6;
constexpr double kMostRaised = 24;
constexpr double kMostLowered = 60;

double evening_gain(const LevelledPiece& piece, double target_lufs) {
  double gain = std::clamp(target_lufs - piece.fragment_lufs, -kMostLowered, kEvening);
  if (std::isfinite(piece.track_lufs)) {
    gain = std::min(gain, target_lufs - piece.track_lufs + kBeyondTrack);
  }
  return std::max(gain, -kMostLowered);
}

}  // namespace

std::vector<double> level(std::span<const LevelledPiece> pieces, double target_lufs) {
  std::vector<double> gains;
  std::vector<float> blocks;  // of the whole mix
  for (const LevelledPiece& piece : pieces) {
    gains.push_back(evening_gain(piece, target_lufs));
    for (const float block : piece.momentary) blocks.push_back(block + static_cast<float>(gains.back()));
  }
  const double loudness = gated_loudness(blocks);
  const double offset = std::isfinite(loudness) ? target_lufs - loudness : 0;
  for (double& gain : gains) {
    gain = std::round(std::clamp(gain + offset, -kMostLowered, kMostRaised) * 1000) / 1000;
  }
  return gains;
}

}  // namespace segue
