#include "analysis/tonality.hpp"

#include <dsp/chromagram/Chromagram.h>
#include <dsp/rateconversion/Decimator.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/statistics.hpp"
#include "features/geometry.hpp"

namespace segue {
namespace {

constexpr std::size_t kBins = 36;  // an octave
constexpr std::size_t kThirds = kBins / 12;
constexpr std::size_t kBlock = 1024;  // samples decimated at once
constexpr double kLowest = 130.8128;  // Hz, C3: a third of a semitone fits into the window from here on
constexpr double kHighest = 2093.0045;  // C7

ChromaConfig chroma_config() {
  return {LogMelGeometry::sample_rate / TonalityListener::kDecimation,
          kLowest,
          kHighest,
          kBins,
          0.0054,
          MathUtilities::NormaliseNone};
}

// How often each degree of the scale sounds, from the tonic on (Temperley, "What's Key for Key?",
// Music Perception 17(1), 1999: his revision of Krumhansl & Kessler's profiles).
constexpr std::array<double, 12> kMajor = {5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4};
constexpr std::array<double, 12> kMinor = {5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4};

double correlation(const std::array<double, 12>& pitch_classes, const std::array<double, 12>& profile,
                   std::size_t tonic) {
  const double mean = std::accumulate(pitch_classes.begin(), pitch_classes.end(), 0.0) / 12;
  const double profile_mean = std::accumulate(profile.begin(), profile.end(), 0.0) / 12;
  double product = 0;
  double a = 0;
  double b = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    const double x = pitch_classes[(tonic + i) % 12] - mean;
    const double y = profile[i] - profile_mean;
    product += x * y;
    a += x * x;
    b += y * y;
  }
  return a > 0 ? product / std::sqrt(a * b) : 0;
}

// Of the pitch classes of a track about their mean, as a share of it: below, no pitch stands out. Noise
// has .05 … .08, music .12 and more.
constexpr double kLeastSpread = 0.1;

double spread_of(const std::array<double, 12>& pitch_classes) {
  const MeanAndDeviation usual = mean_and_deviation(pitch_classes);
  return usual.mean > 0 ? usual.deviation / usual.mean : 0;
}

}  // namespace

struct TonalityListener::State {
  Decimator decimator{kBlock, kDecimation};
  Chromagram chromagram{chroma_config()};
  std::vector<float> block;    // fills up to kBlock
  std::vector<double> window;  // of decimated samples, fills up to the chromagram's frame
  std::vector<std::array<float, kBins>> bins;
};

TonalityListener::TonalityListener() : state_(std::make_unique<State>()) {}
TonalityListener::~TonalityListener() = default;

void TonalityListener::add(std::span<const float> samples) {
  State& state = *state_;
  const std::size_t frame = state.chromagram.getFrameSize();
  std::array<float, kBlock / kDecimation> low{};
  while (!samples.empty()) {
    const std::size_t taken = std::min(kBlock - state.block.size(), samples.size());
    state.block.insert(state.block.end(), samples.begin(),
                       samples.begin() + static_cast<std::ptrdiff_t>(taken));
    samples = samples.subspan(taken);
    if (state.block.size() < kBlock) return;
    state.decimator.process(state.block.data(), low.data());
    state.block.clear();
    state.window.insert(state.window.end(), low.begin(), low.end());
    if (state.window.size() < frame) continue;
    const double* chroma = state.chromagram.process(state.window.data());
    auto& bins = state.bins.emplace_back();
    std::transform(chroma, chroma + kBins, bins.begin(), [](double x) { return static_cast<float>(x); });
    state.window.erase(state.window.begin(), state.window.begin() + kStep / kDecimation);
  }
}

KeyFit fit_keys(const std::array<double, 12>& pitch_classes) {
  KeyFit fit;
  for (std::size_t tonic = 0; tonic < 12; ++tonic) {
    fit.major[tonic] = correlation(pitch_classes, kMajor, tonic);
    fit.minor[tonic] = correlation(pitch_classes, kMinor, tonic);
  }
  return fit;
}

Tonality TonalityListener::finish() {
  const auto& frames = state_->bins;
  // Tuning: the third of a semitone that most notes lie in. Notes are local maxima; what leaks beside
  // them would speak for the thirds between.
  std::array<double, kThirds> thirds{};
  for (const auto& bins : frames) {
    for (std::size_t i = 0; i < kBins; ++i) {
      if (bins[i] > bins[(i + kBins - 1) % kBins] && bins[i] >= bins[(i + 1) % kBins])
        thirds[i % kThirds] += bins[i];
    }
  }
  const auto tuning =
      static_cast<std::size_t>(std::max_element(thirds.begin(), thirds.end()) - thirds.begin());
  const std::size_t shift = tuning == 2 ? kBins - 1 : tuning;  // the last third lies below the next note
  Tonality tonality;
  std::array<double, 12> sum{};
  for (const auto& bins : frames) {
    Chroma& chroma = tonality.chroma.emplace_back();
    for (std::size_t note = 0; note < 12; ++note) {
      const std::size_t centre = note * kThirds + shift;
      chroma[note] = bins[centre % kBins];
    }
    // What is loud should not drown the rest of the track.
    const float norm = std::sqrt(std::inner_product(chroma.begin(), chroma.end(), chroma.begin(), 0.0f));
    if (norm <= 1e-4f) continue;
    for (std::size_t note = 0; note < 12; ++note) sum[note] += chroma[note] / norm;
  }
  if (spread_of(sum) < kLeastSpread) return tonality;
  const KeyFit fit = fit_keys(sum);
  const auto major = std::max_element(fit.major.begin(), fit.major.end());
  const auto minor = std::max_element(fit.minor.begin(), fit.minor.end());
  const double best = std::max(*major, *minor);
  if (best <= 0) return tonality;
  const bool is_minor = *minor > *major;
  tonality.key =
      Key{static_cast<int>(is_minor ? minor - fit.minor.begin() : major - fit.major.begin()), is_minor};
  tonality.valence = *major - *minor;
  tonality.key_confidence = best;
  return tonality;
}

}  // namespace segue
