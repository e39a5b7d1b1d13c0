#include "analysis/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "features/feature_file.hpp"

namespace segue {
namespace {

constexpr double kSilent = -std::numeric_limits<double>::infinity();
constexpr std::int64_t kBlocksPerSecond = 10;
static_assert(kLoudnessBlock * kBlocksPerSecond == 1);

double share(double value, double lowest, double highest) {
  return std::clamp((value - lowest) / (highest - lowest), 0.0, 1.0);
}

}  // namespace

std::vector<float> short_term_loudness(std::span<const float> momentary) {
  constexpr std::int64_t kReach = 3 * kBlocksPerSecond / 2;
  const auto blocks = static_cast<std::int64_t>(momentary.size());
  std::vector<float> curve(static_cast<std::size_t>((blocks + kBlocksPerSecond - 1) / kBlocksPerSecond));
  for (std::size_t second = 0; second < curve.size(); ++second) {
    const std::int64_t middle =
        static_cast<std::int64_t>(second) * kBlocksPerSecond + kBlocksPerSecond / 2;
    // A window's energy counts at its end; those that end .4 s and more after the beginning lie inside.
    const std::int64_t begin = std::max<std::int64_t>(0, middle - kReach + 3);
    const std::int64_t end = std::min(blocks, middle + kReach);
    double sum = 0;
    for (std::int64_t i = begin; i < end; ++i)
      sum += std::pow(10, static_cast<double>(momentary[static_cast<std::size_t>(i)]) / 10);
    curve[second] =
        static_cast<float>(sum > 0 ? 10 * std::log10(sum / static_cast<double>(end - begin)) : kSilent);
  }
  return curve;
}

void trace_curves(const SpectrumSummary& spectrum, std::span<const float> momentary, TrackMusic& music) {
  const std::vector<float> loudness = short_term_loudness(momentary);
  music.energy.assign(loudness.size(), 0);
  music.brightness.assign(loudness.size(), 0);
  for (std::size_t second = 0; second < loudness.size(); ++second) {
    const auto begin = static_cast<std::size_t>(to_hops(Seconds(static_cast<double>(second))));
    const std::size_t end =
        std::min(static_cast<std::size_t>(to_hops(Seconds(static_cast<double>(second + 1)))),
                 spectrum.power.size());
    double power = 0;
    double weighted = 0;
    double rise = 0;
    for (std::size_t i = begin; i < end; ++i) {
      power += spectrum.power[i];
      weighted += spectrum.power[i] * spectrum.centroid[i];
      for (const float part : spectrum.rise[i]) rise += part / 3;
    }
    if (power <= 0 || !std::isfinite(loudness[second])) continue;
    const double centroid = weighted / power;
    rise /= static_cast<double>(end - begin);
    music.brightness[second] = static_cast<float>(centroid);
    music.energy[second] = static_cast<float>(
        .5 * share(loudness[second], -45, -8) + .25 * share(rise, 0, .12) +
        .25 * share(std::log2(std::max(centroid, 1.0)), std::log2(150), std::log2(5000)));
  }
}

SoundSpan find_sound(std::span<const float> momentary) {
  if (momentary.empty()) return {};
  const float loudest = *std::max_element(momentary.begin(), momentary.end());
  const float threshold = std::max(-60.0f, loudest - 45);
  const auto sounds = [&](float lufs) { return lufs > threshold; };
  const auto first = std::find_if(momentary.begin(), momentary.end(), sounds);
  if (first == momentary.end()) return {};
  const auto last = std::find_if(momentary.rbegin(), momentary.rend(), sounds);
  // A block's window ends with it and begins .3 s before the block: what is first heard lies in it.
  const auto blocks_after = static_cast<double>(last - momentary.rbegin());
  const double begin = static_cast<double>(first - momentary.begin());
  // What sounds to the end has not faded out of the window.
  const double fading = blocks_after > 0 ? 3 : 0;
  const double end = std::max(begin + 1, static_cast<double>(momentary.size()) - blocks_after - fading);
  return {begin * kLoudnessBlock, end * kLoudnessBlock};
}

}  // namespace segue
