#include "analysis/spectrum_summary.hpp"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

constexpr std::size_t kGroup = kBands / SpectrumSummary::kTimbreBands;
constexpr float kLowUpTo = 200;   // Hz: drums' and basses' fundamentals
constexpr float kMidUpTo = 2000;  // Hz

std::size_t region_of(float hertz) { return hertz < kLowUpTo ? 0 : hertz < kMidUpTo ? 1 : 2; }

}  // namespace

SpectrumListener::SpectrumListener() {
  const double low = hertz_to_mel(LogMelGeometry::lowest);
  const double step = (hertz_to_mel(LogMelGeometry::highest) - low) / (kBands + 1);
  for (std::size_t i = 0; i < kBands; ++i)
    centre_hertz_[i] = static_cast<float>(mel_to_hertz(low + step * static_cast<double>(i + 1)));
}

void SpectrumListener::add(std::span<const float> rows) {
  std::array<float, 3> bands_of{};
  for (const float hertz : centre_hertz_) ++bands_of[region_of(hertz)];
  for (; !rows.empty(); rows = rows.subspan(kBands)) {
    std::array<float, 3> rise{};
    float power = 0;
    float weighted = 0;
    const bool first = summary_.rise.empty();
    for (std::size_t i = 0; i < kBands; ++i) {
      // Against hiss: what is 60 dB under full scale rises from nothing all the time.
      const float level = std::max(rows[i], -6.0f);
      const float linear = std::exp2(rows[i] * 3.3219281f);
      if (!first) rise[region_of(centre_hertz_[i])] += std::max(0.0f, level - last_[i]);
      last_[i] = level;
      power += linear;
      weighted += linear * centre_hertz_[i];
      sum_[i / kGroup] += level;
    }
    for (std::size_t region = 0; region < 3; ++region) rise[region] /= bands_of[region];
    summary_.rise.push_back(rise);
    summary_.power.push_back(power / kBands);
    summary_.centroid.push_back(power > 0 ? weighted / power : 0);
    if (++summed_ == SpectrumSummary::kTimbreFrames) {
      auto& timbre = summary_.timbre.emplace_back();
      for (std::size_t i = 0; i < timbre.size(); ++i)
        timbre[i] = sum_[i] / static_cast<float>(kGroup * SpectrumSummary::kTimbreFrames);
      sum_ = {};
      summed_ = 0;
    }
  }
}

SpectrumSummary SpectrumListener::finish() { return std::move(summary_); }

}  // namespace segue
