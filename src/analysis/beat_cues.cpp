#include "analysis/beat_cues.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/rhythm.hpp"
#include "base/statistics.hpp"

namespace segue {
namespace {

// What makes a frame rise began two hops later (features/onset_strength.hpp).
constexpr Hop kDelay = kFrameOverhang - 1;
constexpr Hop kReach = 2;
constexpr float kMost = 4;  // standard deviations
constexpr double kHopSeconds =
    static_cast<double>(LogMelGeometry::hop_length) / LogMelGeometry::sample_rate;
constexpr double kChromaStep =
    static_cast<double>(TonalityListener::kStep) / LogMelGeometry::sample_rate;
constexpr Hop kOnsetsPerHop = LogMelGeometry::hop_length / OnsetListener::kStep;

Chroma chroma_between(std::span<const Chroma> chroma, double begin, double end) {
  constexpr double kCentre = 2 * kChromaStep;
  const auto first = static_cast<std::int64_t>(std::ceil((begin - kCentre) / kChromaStep));
  const auto last = static_cast<std::int64_t>(std::floor((end - kCentre) / kChromaStep));
  const auto count = static_cast<std::int64_t>(chroma.size());
  Chroma sum{};
  for (std::int64_t i = std::max<std::int64_t>(0, first); i <= std::min(last, count - 1); ++i)
    for (std::size_t note = 0; note < sum.size(); ++note)
      sum[note] += chroma[static_cast<std::size_t>(i)][note];
  return sum;
}

}  // namespace

BeatCues::BeatCues(const SpectrumSummary& spectrum, std::span<const double> onsets,
                   std::span<const Chroma> chroma)
    : rises_(spectrum.rise.size()), chroma_(chroma) {
  for (std::size_t i = 0; i < rises_.size(); ++i) {
    std::copy(spectrum.rise[i].begin(), spectrum.rise[i].end(), rises_[i].begin());
    const std::size_t at = static_cast<std::size_t>(kOnsetsPerHop * (static_cast<Hop>(i) + kDelay));
    if (at < onsets.size()) rises_[i].back() = static_cast<float>(std::max(onsets[at], onsets[at - 1]));
  }
  for (std::size_t k = 0; k < kRises; ++k) {
    const MeanAndDeviation usual =
        mean_and_deviation(rises_, [k](const auto& rises) { return rises[k]; });
    const double spread = usual.deviation + 1e-6;
    for (auto& rises : rises_)
      rises[k] = std::min(kMost, static_cast<float>((rises[k] - usual.mean) / spread));
  }
}

BeatCues::Rises BeatCues::rises(double seconds) const {
  const Hop centre = std::llround(seconds / kHopSeconds) - kDelay;
  const Hop begin = std::max<Hop>(0, centre - kReach);
  const Hop end = std::min<Hop>(static_cast<Hop>(rises_.size()), centre + kReach + 1);
  Rises strongest{};
  for (std::size_t k = 0; k < kRises && begin < end; ++k) {
    float most = rises_[static_cast<std::size_t>(begin)][k];
    for (Hop i = begin + 1; i < end; ++i) most = std::max(most, rises_[static_cast<std::size_t>(i)][k]);
    strongest[k] = most;
  }
  return strongest;
}

double BeatCues::harmony_change(double seconds, double reach) const {
  const Chroma a = chroma_between(chroma_, seconds - reach, seconds);
  const Chroma b = chroma_between(chroma_, seconds, seconds + reach);
  double product = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? 1 - product / std::sqrt(aa * bb) : 0;
}

}  // namespace segue
