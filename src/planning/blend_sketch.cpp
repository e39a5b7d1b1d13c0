#include "planning/blend_sketch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/half.hpp"
#include "planning/seam_listener.hpp"
#include "planning/spectral_levels.hpp"
#include "render/blend_motion.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr double kHop = LogMelGeometry::hop_length;
constexpr double kWindow = LogMelGeometry::window_length;
constexpr float kFloor = 1e-7F;  // of power, as feature files have it
constexpr float kCovers = 4;     // times the power
constexpr float kLog2Of10 = 3.32192809F;

constexpr PcmFrame kStep = 256;                                         // at which the fades are read
constexpr std::size_t kPoints = LogMelGeometry::window_length / kStep;  // in a frame's window

const std::array<std::size_t, kBands>& blend_bands() {
  static const std::array<std::size_t, kBands> bands = [] {
    std::array<std::size_t, kBands> all{};
    for (int band = 0; band < kBands; ++band) all[static_cast<std::size_t>(band)] = blend_band_of(band);
    return all;
  }();
  return bands;
}

class Side {
 public:
  // begin: of the first of so many frames, in PCM frames from the seam.
  Side(const SketchSide& side, const Transition& transition, BlendEnd end, PcmFrame begin, Hop frames)
      : features_(*side.features),
        motion_(transition, end),
        begin_(begin),
        gain_db_(side.gain_db),
        shift_(side.at.count() * kRate + motion_.source_shift()) {
    for (std::size_t i = 0; i < kPoints; ++i) {
      const double sine = std::sin(std::numbers::pi * (static_cast<double>(i) + .5) / kPoints);
      hann_[i] = std::pow(sine, 4);
      total_ += hann_[i];
    }
    const std::size_t points =
        static_cast<std::size_t>(frames) * (LogMelGeometry::hop_length / kStep) + kPoints;
    for (std::size_t fade = 0; fade < fades_.size(); ++fade) {
      fades_[fade].reserve(points);
      for (std::size_t i = 0; i < points; ++i) {
        const double t = static_cast<double>(begin) + (static_cast<double>(i) + .5) * kStep;
        const double amplitude = motion_.fade_at(2 * fade, t);  // bands 0, 2, 4
        fades_[fade].push_back(amplitude * amplitude);
      }
    }
  }

  // Adds the powers of a frame. That between 200 and 2500 Hz.
  float add(Hop number, std::array<float, kBands>& power) {
    std::array<double, 3> fades{};
    const auto first = static_cast<std::size_t>(number) * (LogMelGeometry::hop_length / kStep);
    for (std::size_t fade = 0; fade < fades.size(); ++fade)
      for (std::size_t i = 0; i < kPoints; ++i)
        fades[fade] += hann_[i] * fades_[fade][first + i] / total_;
    if (fades[0] + fades[1] + fades[2] == 0) return 0;
    const double middle = static_cast<double>(begin_) + kHop * static_cast<double>(number) + kWindow / 2;
    const Hop frame = std::llround((motion_.source_at(middle) + shift_ - kWindow / 2) / kHop);
    if (frame < 0 || frame >= features_.frames()) return 0;
    level(middle);
    std::array<float, BlendSide::bands> weights{};
    for (std::size_t band = 0; band < weights.size(); ++band)
      weights[band] = static_cast<float>(fades[(band + 1) / 2] * levels_[band]);
    std::array<std::uint16_t, kBands> row{};
    features_.read_log_mel({frame, frame + 1}, row);
    std::array<float, BlendSide::bands> sums{};
    for (std::size_t band = 0; band < kBands; ++band) {
      const float some = weights[blend_bands_[band]] * powers_[row[band]];
      sums[blend_bands_[band]] += some;
      power[band] += some;
    }
    return sums[1] + sums[2];
  }

 private:
  // Most of the time it stays the same.
  void level(double middle) {
    const double hold = motion_.hold_at(middle);
    if (hold == hold_) return;
    hold_ = hold;
    for (std::size_t band = 0; band < levels_.size(); ++band)
      levels_[band] = std::pow(10, (gain_db_ + motion_.change_db(band, middle)) / 10);
  }

  const FeatureFile& features_;
  const std::array<std::size_t, kBands>& blend_bands_ = blend_bands();
  const Powers& powers_ = powers();
  BlendMotion motion_;
  PcmFrame begin_;
  double gain_db_;
  double shift_;  // PCM frames
  std::array<double, kPoints> hann_{};
  double total_ = 0;
  std::array<std::vector<double>, 3> fades_;  // of low, mid and high, squared
  double hold_ = -1;
  std::array<double, BlendSide::bands> levels_{};  // of power, at that hold
};

}  // namespace

BlendSketch sketch_blend(const SketchSide& out, const SketchSide& in, const Transition& transition,
                         std::pair<Seconds, Seconds> heard, Seconds kind) {
  BlendSketch sketch;
  SeamWindow& window = sketch.window;
  window.frames = seam_window_frames(kind);
  window.log_mel.resize(static_cast<std::size_t>(window.frames * kBands));
  const PcmFrame samples = seam_window_samples(kind);
  const PcmFrame begin = (transition.after - transition.before) / 2 - samples / 2;
  Side sides[] = {{out, transition, BlendEnd::out, begin, window.frames},
                  {in, transition, BlendEnd::in, begin, window.frames}};
  std::size_t at = 0;
  Hop busy = 0;
  for (Hop frame = 0; frame < window.frames; ++frame) {
    std::array<float, kBands> power{};
    const float a = sides[0].add(frame, power), b = sides[1].add(frame, power);
    busy += std::min(a, b) * kCovers > std::max(a, b);
    for (const float value : power)
      window.log_mel[at++] = half_from_float(std::log2(value + kFloor) / kLog2Of10);
  }
  // Beside the transition one of them is silent.
  sketch.both_busy = hops_to_seconds(busy);
  const Seconds lasts = to_seconds(transition.before + transition.after, kRate);
  window.heard = heard_frames(samples, window.frames, heard, lasts, kind);
  return sketch;
}

}  // namespace segue
