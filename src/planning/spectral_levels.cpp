#include "planning/spectral_levels.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <numbers>
#include <vector>

#include "base/half.hpp"

namespace segue {
namespace {

constexpr double kFloor = 1e-7;  // of power, as feature files have it

using Spectrum = std::array<double, kBands>;  // power

// Where a mel band has its middle (Hz); band -1 and the one after the last are the outer borders.
double middle_of(int band) {
  const double lowest = hertz_to_mel(LogMelGeometry::lowest),
               highest = hertz_to_mel(LogMelGeometry::highest);
  return mel_to_hertz(lowest + (highest - lowest) * (band + 1) / (kBands + 1));
}

// Gain of power at a frequency: the two filters of ITU-R BS.1770-4, annex 1, at 48 kHz.
double k_weight(double hertz) {
  const std::complex<double> z = std::polar(1.0, -2 * std::numbers::pi * hertz / 48000);
  const auto shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z * z) /
                     (1.0 - 1.69065929318241 * z + 0.73248077421585 * z * z);
  const auto pass = (1.0 - 2.0 * z + z * z) / (1.0 - 1.99004745483398 * z + 0.99007225036621 * z * z);
  return std::norm(shelf * pass);
}

struct MelBand {
  std::size_t blend_band = 0;
  double width = 0;   // Hz
  double weight = 0;  // width, and how loud it is heard
};

const std::array<MelBand, kBands>& mel_bands() {
  static const std::array<MelBand, kBands> bands = [] {
    std::array<MelBand, kBands> all;
    for (int band = 0; band < kBands; ++band) {
      MelBand& one = all[static_cast<std::size_t>(band)];
      const double middle = middle_of(band);
      one.blend_band = static_cast<std::size_t>(
          std::upper_bound(std::begin(BlendSide::borders_hz), std::end(BlendSide::borders_hz), middle) -
          std::begin(BlendSide::borders_hz));
      one.width = (middle_of(band + 1) - middle_of(band - 1)) / 2;
      one.weight = one.width * k_weight(middle);
    }
    return all;
  }();
  return bands;
}

Spectrum mean_spectrum(const FeatureFile& features, Seconds begin, Seconds end) {
  Spectrum mean{};
  if (features.frames() == 0) return mean;
  FrameRange range{to_hops(begin), to_hops(end) - kFrameOverhang};
  range.begin = std::clamp<Hop>(range.begin, 0, features.frames() - 1);
  range.end = std::clamp<Hop>(range.end, range.begin + 1, features.frames());
  std::vector<std::uint16_t> rows(static_cast<std::size_t>(range.size() * kBands));
  features.read_log_mel(range, rows);
  const Powers& power = powers();
  for (std::size_t row = 0; row < rows.size(); row += kBands)
    for (std::size_t band = 0; band < kBands; ++band)
      mean[band] += static_cast<double>(power[rows[row + band]]);
  for (double& sum : mean) sum /= static_cast<double>(range.size());
  return mean;
}

}  // namespace

std::size_t blend_band_of(int mel_band) {
  return mel_bands()[static_cast<std::size_t>(mel_band)].blend_band;
}

const Powers& powers() {
  static const auto all = [] {
    auto table = std::make_unique<Powers>();
    for (std::size_t half = 0; half < table->size(); ++half) {
      const double power =
          std::pow(10, static_cast<double>(float_from_half(static_cast<std::uint16_t>(half)))) - kFloor;
      (*table)[half] = std::isfinite(power) ? static_cast<float>(std::max(0.0, power)) : 0;
    }
    return table;
  }();
  return *all;
}

BandLevels band_levels(const FeatureFile& features, Seconds begin, Seconds end) {
  const Spectrum spectrum = mean_spectrum(features, begin, end);
  BandLevels levels{};
  for (std::size_t band = 0; band < kBands; ++band)
    levels[mel_bands()[band].blend_band] += spectrum[band] * mel_bands()[band].width;
  for (double& level : levels) level = 10 * std::log10(level + 1e-6);
  return levels;
}

double louder_by(const FeatureFile& features, Seconds begin, Seconds end, const BandLevels& change) {
  const Spectrum spectrum = mean_spectrum(features, begin, end);
  double before = 1e-9, after = 1e-9;
  for (std::size_t band = 0; band < kBands; ++band) {
    const MelBand& one = mel_bands()[band];
    before += spectrum[band] * one.weight;
    after += spectrum[band] * one.weight * std::pow(10, change[one.blend_band] / 10);
  }
  return 10 * std::log10(after / before);
}

}  // namespace segue
