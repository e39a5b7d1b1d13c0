#include "analysis/sections.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/statistics.hpp"

namespace segue {
namespace {

constexpr std::size_t kTimbre = SpectrumSummary::kTimbreBands;
constexpr std::size_t kNumbers = kTimbre + 12;
using Frame = std::array<float, kNumbers>;

constexpr Seconds kKernel{12};  // to either side
constexpr double kSnap = 2;     // seconds
constexpr double kAlike = 0.8;  // cosine of two sections' means
constexpr float kFurthest = 1.5f;
constexpr double kLeastNovelty = 0.3;  // standard deviations above the mean
constexpr double kLeastChange = 0.25;  // squared distance of what is before and after
constexpr double kTimbreUnit = 1.5;    // of log10 power, √ of the sum over bands
constexpr double kChromaUnit = 0.7;    // of a chroma of length 1

double frame_seconds() { return hops_to_seconds(SpectrumSummary::kTimbreFrames).count(); }

void normalise(std::span<float> values, float to) {
  const float norm = std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0f));
  if (norm > 1e-6f)
    for (float& value : values) value *= to / norm;
}

float dot(const Frame& a, const Frame& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0f);
}

// Timbre and chroma as they differ from the track's means: in units of what sections of music differ by,
// so that what hardly changes has no sections.
std::vector<Frame> frames_of(const SpectrumSummary& spectrum, std::span<const Chroma> chroma) {
  constexpr double kChromaStep =
      static_cast<double>(TonalityListener::kStep) / LogMelGeometry::sample_rate;
  std::vector<Frame> frames(spectrum.timbre.size());
  std::array<double, kTimbre> mean{};
  for (const auto& timbre : spectrum.timbre)
    for (std::size_t i = 0; i < kTimbre; ++i) mean[i] += timbre[i] / static_cast<double>(frames.size());
  std::array<double, 12> chroma_mean{};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Frame& frame = frames[i];
    for (std::size_t k = 0; k < kTimbre; ++k)
      frame[k] = static_cast<float>((spectrum.timbre[i][k] - mean[k]) / kTimbreUnit);
    const auto first = static_cast<std::size_t>(static_cast<double>(i) * frame_seconds() / kChromaStep);
    for (std::size_t c = first; c < std::min(first + 3, chroma.size()); ++c)
      for (std::size_t note = 0; note < 12; ++note) frame[kTimbre + note] += chroma[c][note];
    normalise(std::span(frame).subspan(kTimbre), 1);
    for (std::size_t note = 0; note < 12; ++note)
      chroma_mean[note] += frame[kTimbre + note] / static_cast<double>(frames.size());
  }
  for (Frame& frame : frames) {
    for (std::size_t note = 0; note < 12; ++note)
      frame[kTimbre + note] =
          static_cast<float>((frame[kTimbre + note] - chroma_mean[note]) / kChromaUnit);
    // Silence differs from everything else; that should not drown what the music does.
    const float length = std::sqrt(dot(frame, frame));
    if (length > kFurthest)
      for (float& value : frame) value *= kFurthest / length;
  }
  return frames;
}

std::vector<double> novelty_of(const std::vector<Frame>& frames) {
  const auto reach = static_cast<std::int64_t>(kKernel.count() / frame_seconds());
  const auto count = static_cast<std::int64_t>(frames.size());
  std::vector<double> novelty(frames.size());
  std::vector<double> weight(static_cast<std::size_t>(reach));
  for (std::int64_t i = 0; i < reach; ++i) {
    const double x = (static_cast<double>(i) + .5) / static_cast<double>(reach);
    weight[static_cast<std::size_t>(i)] = std::exp(-2 * x * x);
  }
  // The kernel is a product, so the sum over it comes of weighted means to either side.
  for (std::int64_t at = 1; at < count; ++at) {
    Frame before{};
    Frame after{};
    double before_weight = 0;
    double after_weight = 0;
    for (std::int64_t i = 0; i < reach; ++i) {
      const auto w = static_cast<float>(weight[static_cast<std::size_t>(i)]);
      if (at - 1 - i >= 0) {
        for (std::size_t k = 0; k < kNumbers; ++k)
          before[k] += w * frames[static_cast<std::size_t>(at - 1 - i)][k];
        before_weight += w;
      }
      if (at + i < count) {
        for (std::size_t k = 0; k < kNumbers; ++k)
          after[k] += w * frames[static_cast<std::size_t>(at + i)][k];
        after_weight += w;
      }
    }
    for (float& value : before) value /= static_cast<float>(before_weight);
    for (float& value : after) value /= static_cast<float>(after_weight);
    // |before − after|²: within minus across, as the checkerboard has it; less where little is heard.
    const double whole = std::accumulate(weight.begin(), weight.end(), 0.0);
    novelty[static_cast<std::size_t>(at)] =
        (dot(before, before) + dot(after, after) - 2 * dot(before, after)) *
        std::min(before_weight, after_weight) / whole;
  }
  return novelty;
}

std::vector<std::size_t> peaks_of(const std::vector<double>& novelty, std::size_t first,
                                  std::size_t last) {
  const auto reach = static_cast<std::size_t>(kShortestSection.count() / frame_seconds());
  const MeanAndDeviation usual = mean_and_deviation(novelty);
  const double least = std::max(kLeastChange, usual.mean + kLeastNovelty * usual.deviation);
  std::vector<std::size_t> peaks;
  for (std::size_t i = first + reach; i + reach <= last; ++i) {
    const auto begin = novelty.begin() + static_cast<std::ptrdiff_t>(i - reach);
    const auto end =
        novelty.begin() + static_cast<std::ptrdiff_t>(std::min(i + reach + 1, novelty.size()));
    const bool is_peak =
        std::max_element(begin, end) - novelty.begin() == static_cast<std::ptrdiff_t>(i);
    if (is_peak && novelty[i] > least) peaks.push_back(i);
  }
  return peaks;
}

double snapped(double seconds, std::span<const Beat> beats) {
  double best = seconds;
  double distance = kSnap;
  for (const Beat& beat : beats) {
    if (beat.place != 0 || std::abs(beat.seconds - seconds) >= distance) continue;
    distance = std::abs(beat.seconds - seconds);
    best = beat.seconds;
  }
  return best;
}

}  // namespace

std::vector<Section> find_sections(const SpectrumSummary& spectrum, std::span<const Chroma> chroma,
                                   std::span<const Beat> beats, double begin, double end) {
  if (end <= begin) return {};
  std::vector<Section> sections{{begin, 0}};
  const std::vector<Frame> frames = frames_of(spectrum, chroma);
  if (frames.empty()) return sections;
  const auto frame_at = [&](double seconds) {
    return std::min(frames.size(), static_cast<std::size_t>(seconds / frame_seconds()));
  };
  for (const std::size_t peak : peaks_of(novelty_of(frames), frame_at(begin), frame_at(end))) {
    const double at = snapped(static_cast<double>(peak) * frame_seconds(), beats);
    if (at - sections.back().begin >= kShortestSection.count() / 2) sections.push_back({at, 0});
  }
  // Labels.
  std::vector<Frame> means;
  for (std::size_t s = 0; s < sections.size(); ++s) {
    const std::size_t first = frame_at(sections[s].begin);
    const std::size_t last = frame_at(s + 1 < sections.size() ? sections[s + 1].begin : end);
    Frame mean{};
    for (std::size_t i = first; i < last; ++i)
      for (std::size_t k = 0; k < kNumbers; ++k) mean[k] += frames[i][k];
    normalise(mean, 1);
    std::size_t label = means.size();
    float best = kAlike;
    for (std::size_t other = 0; other < means.size(); ++other) {
      if (const float alike = dot(mean, means[other]); alike > best) {
        best = alike;
        label = other;
      }
    }
    if (label == means.size()) means.push_back(mean);
    sections[s].label = static_cast<int>(label);
  }
  return sections;
}

}  // namespace segue
