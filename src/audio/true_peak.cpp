#include "audio/true_peak.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace segue {
namespace {

constexpr std::size_t kFilterLength = 48;
constexpr double kMiddle = 24;  // of the filter

std::size_t oversampling(int sample_rate) {
  if (sample_rate < 96000) return 4;
  return sample_rate < 192000 ? 2 : 1;
}

}  // namespace

TruePeakDetector::TruePeakDetector(int sample_rate, int channels)
    : channels_(static_cast<std::size_t>(channels)) {
  const std::size_t factor = oversampling(sample_rate);
  taps_ = factor == 1 ? 0 : kFilterLength / factor;
  for (std::size_t phase = 1; phase < factor; ++phase) {
    auto& weights = weights_.emplace_back(taps_);
    double sum = 0;
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      const auto index = static_cast<double>(factor * tap + phase);
      const double x = std::numbers::pi * (index - kMiddle) / static_cast<double>(factor);
      const double window = 0.5 * (1 - std::cos(2 * std::numbers::pi * index / kFilterLength));
      const double weight = window * std::sin(x) / x;
      weights[taps_ - 1 - tap] = static_cast<float>(weight);
      sum += std::abs(weight);
    }
    // A little more than the sum, as points are computed in single precision.
    largest_gain_ = std::max(largest_gain_, static_cast<float>(sum * 1.0001));
  }
  samples_.assign(channels_, std::vector<float>(behind() + ahead() + kLargestBlock));
}

float TruePeakDetector::take(std::span<const float> interleaved) {
  const std::size_t history = behind() + ahead();
  const std::size_t frames = interleaved.size() / channels_;
  float largest = 0;
  for (std::size_t c = 0; c < channels_; ++c) {
    auto& samples = samples_[c];
    std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(frames_), history, samples.begin());
    for (std::size_t i = 0; i < frames; ++i) samples[history + i] = interleaved[i * channels_ + c];
    for (std::size_t i = 0; i < history + frames; ++i) largest = std::max(largest, std::abs(samples[i]));
  }
  frames_ = frames;
  return largest * largest_gain_;
}

std::span<const float> TruePeakDetector::peaks() {
  peaks_.fill(0);
  for (const auto& samples : samples_) raise_peaks(samples);
  return std::span(peaks_).first(frames_);
}

void TruePeakDetector::raise_peaks(std::span<const float> samples) {
  for (std::size_t i = 0; i < frames_; ++i) {
    peaks_[i] = std::max(peaks_[i], std::abs(samples[i + behind()]));
  }
  for (const auto& weights : weights_) {
    points_.fill(0);
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      // Point by point in the inner loop: it vectorises, and sums do not depend on block sizes.
      const float weight = weights[tap];
      for (std::size_t i = 0; i < frames_; ++i) points_[i] += weight * samples[i + tap];
    }
    for (std::size_t i = 0; i < frames_; ++i) peaks_[i] = std::max(peaks_[i], std::abs(points_[i]));
  }
}

void TruePeakMeter::add(std::span<const float> interleaved) {
  const std::size_t step = TruePeakDetector::kLargestBlock * channels_;
  for (std::size_t at = 0; at < interleaved.size(); at += step) {
    const auto block = interleaved.subspan(at, std::min(step, interleaved.size() - at));
    for (const float sample : block) peak_ = std::max(peak_, std::abs(sample));
    if (detector_.take(block) <= peak_) continue;
    for (const float peak : detector_.peaks()) peak_ = std::max(peak_, peak);
  }
}

}  // namespace segue
