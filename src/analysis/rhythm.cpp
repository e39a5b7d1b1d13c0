#include "analysis/rhythm.hpp"

#include <dsp/onsets/DetectionFunction.h>
#include <dsp/tempotracking/TempoTrackV2.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/interrupt.hpp"
#include "base/statistics.hpp"
#include "features/geometry.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr std::size_t kStep = OnsetListener::kStep;
constexpr std::size_t kFrame = 2 * kStep;
constexpr double kStepSeconds = static_cast<double>(kStep) / kRate;
// Two windows of 512 values, 128 apart: the least that the tracker finds a period in.
constexpr std::size_t kLeastValues = 512 + 128 + 2;
constexpr double kLeastHeard = 4;        // seconds
constexpr double kDifferencePart = 0.6;  // of onset_curve()
constexpr std::size_t kLeastBeats = 8;
constexpr double kSlowest = 38;  // BPM
constexpr double kFastest = 260;
constexpr double kDrift = 0.15;  // of a local period from that of the track, natural logarithm

constexpr std::array kRatios = {1.0 / 3, 0.5, 2.0 / 3, 0.75, 1.0, 4.0 / 3, 1.5, 2.0, 3.0};

// The period, in steps, that most of the track has, to a sixtieth of an octave.
double usual_period(std::span<const double> periods) {
  constexpr int kBins = 60;  // an octave
  constexpr std::array<double, 5> kSmooth = {5, 4, 3, 2, 1};
  std::array<double, 7 * kBins> histogram{};
  for (const double period : periods) {
    if (period < 1) continue;
    const int bin = static_cast<int>(std::lround(kBins * std::log2(period)));
    for (int d = -4; d <= 4; ++d) {
      const int near = bin + d;
      if (near >= 0 && near < static_cast<int>(histogram.size()))
        histogram[static_cast<std::size_t>(near)] += kSmooth[static_cast<std::size_t>(std::abs(d))];
    }
  }
  const auto best = std::max_element(histogram.begin(), histogram.end());
  return *best > 0 ? std::exp2(static_cast<double>(best - histogram.begin()) / kBins) : 0;
}

// What the tracker hears here as a beat, in units of the beat that is meant.
double local_period(double heard, double meant) {
  double best = meant;
  double distance = kDrift;
  for (const double ratio : kRatios) {
    if (heard < 1) break;
    const double off = std::abs(std::log(heard * ratio / meant));
    if (off >= distance) continue;
    distance = off;
    best = heard * ratio;
  }
  return best;
}

std::vector<double> between(std::span<const double> beats) {
  std::vector<double> middles;
  for (std::size_t i = 0; i + 1 < beats.size(); ++i) middles.push_back((beats[i] + beats[i + 1]) / 2);
  return middles;
}

}  // namespace

struct OnsetListener::State {
  DetectionFunction detection{DFConfig{kStep, kFrame, DF_COMPLEXSD, 3, false, -1, -1}};
  std::vector<double> frame;  // fills up to kFrame
  std::vector<double> onsets;
};

OnsetListener::OnsetListener() : state_(std::make_unique<State>()) { state_->frame.reserve(kFrame); }
OnsetListener::~OnsetListener() = default;

void OnsetListener::add(std::span<const float> samples) {
  auto& frame = state_->frame;
  while (!samples.empty()) {
    const std::size_t taken = std::min(kFrame - frame.size(), samples.size());
    frame.insert(frame.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(taken));
    samples = samples.subspan(taken);
    if (frame.size() < kFrame) return;
    state_->onsets.push_back(state_->detection.processTimeDomain(frame.data()));
    frame.erase(frame.begin(), frame.begin() + kStep);
  }
}

std::vector<double> OnsetListener::finish() {
  auto& onsets = state_->onsets;
  // The first frames have nothing to differ from.
  std::fill(onsets.begin(),
            onsets.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, onsets.size())), 0.0);
  return std::move(onsets);
}

std::vector<double> onset_curve(std::span<const double> difference, const SpectrumSummary& spectrum) {
  // Of each frame, in steps: what makes it rise began two hops later (features/onset_strength.hpp).
  constexpr std::size_t kStepsPerFrame = LogMelGeometry::hop_length / kStep;
  constexpr std::size_t kDelay = static_cast<std::size_t>(kFrameOverhang - 1) * kStepsPerFrame;
  std::vector<double> rises(difference.size());
  for (std::size_t i = 0; i < rises.size(); ++i) {
    if (i < kDelay) continue;
    const std::size_t frame = (i - kDelay) / kStepsPerFrame;
    const double after = static_cast<double>((i - kDelay) % kStepsPerFrame) / kStepsPerFrame;
    const auto rise_of = [&](std::size_t number) {
      if (number >= spectrum.rise.size()) return 0.0;
      const auto& rise = spectrum.rise[number];
      return static_cast<double>(rise[0] + rise[1] + rise[2]);
    };
    rises[i] = (1 - after) * rise_of(frame) + after * rise_of(frame + 1);
  }
  const auto spread_of = [](std::span<const double> values) {
    return mean_and_deviation(values).deviation + 1e-9;
  };
  const double of_difference = kDifferencePart / spread_of(difference);
  const double of_rises = (1 - kDifferencePart) / spread_of(rises);
  std::vector<double> curve(difference.size());
  for (std::size_t i = 0; i < curve.size(); ++i)
    curve[i] = of_difference * difference[i] + of_rises * rises[i];
  return curve;
}

std::vector<std::vector<double>> candidate_beats(std::span<const double> heard) {
  std::vector<std::vector<double>> candidates;
  const bool silent = std::all_of(heard.begin(), heard.end(), [](double x) { return x <= 0; });
  if (static_cast<double>(heard.size()) * kStepSeconds < kLeastHeard || silent) return candidates;
  std::vector<double> onsets(heard.begin(), heard.end());
  onsets.resize(std::max(onsets.size(), kLeastValues));
  std::vector<double> periods(onsets.size());
  std::vector<double> tempi;
  TempoTrackV2 tracker(kRate, kStep);
  tracker.calculateBeatPeriod(onsets, periods, tempi);
  const double usual = usual_period(periods);
  if (usual <= 0) return candidates;
  std::vector<double> local(periods.size());
  for (const double ratio : kRatios) {
    throw_if_interrupted();
    const double meant = ratio * usual;
    const double bpm = 60 / (meant * kStepSeconds);
    if (bpm < kSlowest || bpm > kFastest) continue;
    std::transform(periods.begin(), periods.end(), local.begin(),
                   [&](double period) { return local_period(period, meant); });
    std::vector<double> beats;
    tracker.calculateBeats(onsets, local, beats);
    std::erase_if(beats, [&](double beat) { return beat >= static_cast<double>(heard.size()); });
    for (double& beat : beats) beat *= kStepSeconds;
    if (beats.size() < kLeastBeats + 1) continue;
    candidates.push_back(beats);
    candidates.push_back(between(beats));
  }
  return candidates;
}

}  // namespace segue
