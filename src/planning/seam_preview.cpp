#include "planning/seam_preview.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "base/half.hpp"
#include "planning/spectral_levels.hpp"

namespace segue {
namespace {

constexpr double kHop = LogMelGeometry::hop_length;
constexpr int kWindow = LogMelGeometry::window_length;
constexpr double kFloor = 1e-7;  // of power, as feature files have it
constexpr int kStep = 16;        // PCM samples between the points at which the fades are read

struct Weights {
  double out = 0, in = 0;
};

// Of a frame whose window begins `start` PCM samples after the seam.
Weights weights_of(double start, double fade, bool coherent) {
  Weights weights;
  double total = 0;
  for (int i = kStep / 2; i < kWindow; i += kStep) {
    const double hann = std::pow(std::sin(std::numbers::pi * i / kWindow), 4);  // of power
    const double t = start + i;
    const double place = fade > 0 ? std::clamp(t / fade + 0.5, 0.0, 1.0) : (t < 0 ? 0.0 : 1.0);
    const double a = std::cos(place * std::numbers::pi / 2), b = std::sin(place * std::numbers::pi / 2);
    total += hann;
    weights.out += hann * (coherent ? (a + b) * (a + b) : a * a);
    weights.in += coherent ? 0 : hann * b * b;
  }
  return {weights.out / total, weights.in / total};
}

double power(float log_power) {
  return std::max(0.0, std::pow(10.0, static_cast<double>(log_power)) - kFloor);
}

float log_of(double power) { return static_cast<float>(std::log10(power + kFloor)); }

// Frames [begin, end) of a track at its gain, silent where there is none.
std::vector<float> rows_of(const PreviewSide& side, Hop begin, Hop end) {
  const float silence = log_of(0);
  std::vector<float> rows(static_cast<std::size_t>((end - begin) * kBands), silence);
  const FrameRange inside{std::clamp<Hop>(begin, 0, side.features->frames()),
                          std::clamp<Hop>(end, 0, side.features->frames())};
  if (inside.size() <= 0) return rows;
  const auto heard = std::span(rows).subspan(static_cast<std::size_t>((inside.begin - begin) * kBands),
                                             static_cast<std::size_t>(inside.size() * kBands));
  std::vector<std::uint16_t> halves(heard.size());
  side.features->read_log_mel(inside, halves);
  const auto gain = static_cast<float>(side.gain_db / 10), factor = std::pow(10.0F, gain);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const float value = float_from_half(halves[i]);
    // The floor is below 1 % of what is louder.
    heard[i] = value > silence + 2
                   ? value + gain
                   : std::log10(powers()[halves[i]] * factor + static_cast<float>(kFloor));
  }
  return rows;
}

}  // namespace

SeamWindow preview_seam(const PreviewSide& out, const PreviewSide& in, const PreviewConfig& config) {
  SeamWindow window;
  window.frames = seam_window_frames(config.transition);
  const Hop middle = window.frames / 2;  // this frame's window is centred on the seam
  const Hop lead = middle + kWindow / 2 / LogMelGeometry::hop_length;  // hops from its first frame on
  const double fade = config.fade.count() * LogMelGeometry::sample_rate;
  const bool coherent = out.goes_on_from(in);

  // Frames before the first one under the fade are all of one side, those after the last of the other.
  const auto start_of = [&](Hop frame) { return kHop * static_cast<double>(frame - lead); };
  Hop first = 0, end = window.frames;
  while (first < window.frames && start_of(first) + kWindow <= -fade / 2) ++first;
  while (end > first && start_of(end - 1) >= fade / 2) --end;
  const std::vector<float> left = rows_of(out, out.at - lead, out.at - lead + end);
  const std::vector<float> right = rows_of(in, in.at - lead + first, in.at - lead + window.frames);
  window.log_mel.reserve(static_cast<std::size_t>(window.frames * kBands));
  for (Hop frame = 0; frame < window.frames; ++frame) {
    const float* a = frame < end ? left.data() + frame * kBands : nullptr;
    const float* b = frame >= first ? right.data() + (frame - first) * kBands : nullptr;
    if (a == nullptr || b == nullptr) {
      const float* row = a == nullptr ? b : a;
      for (int band = 0; band < kBands; ++band) window.log_mel.push_back(half_from_float(row[band]));
      continue;
    }
    const Weights weights = weights_of(start_of(frame), fade, coherent);
    for (int band = 0; band < kBands; ++band) {
      const double sum = weights.out * power(a[band]) + weights.in * power(b[band]);
      window.log_mel.push_back(half_from_float(log_of(sum)));
    }
  }
  const auto frames = [&](Seconds music) {
    return (music + config.fade / 2).count() * LogMelGeometry::sample_rate / kHop;
  };
  const auto seam = static_cast<double>(lead);
  window.heard.begin =
      std::clamp<Hop>(static_cast<Hop>(std::ceil(seam - frames(config.before))), 0, middle);
  window.heard.end = std::clamp<Hop>(
      static_cast<Hop>(std::floor(seam + frames(config.after))) - kFrameOverhang, middle, window.frames);
  return window;
}

}  // namespace segue
