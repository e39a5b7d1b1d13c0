#include "render/blend_sound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "render/band_splitter.hpp"
#include "render/time_stretcher.hpp"

namespace segue {
namespace {

constexpr double kMargin = 0.3;        // s of source beyond what sounds, for filters and windows
constexpr double kJoint = 0.02;        // s over which stretched and plain sound meet
constexpr double kSearch = 0.005;      // s between places that are tried for that
constexpr double kLanding = 2;         // s in which they lie
constexpr PcmFrame kStep = 32;         // PCM frames between values of the gains
constexpr double kPowerBlock = 0.02;   // s
constexpr int kPowerBlocks = 20;       // that power is averaged over
constexpr double kByChance = 0.3;      // correlation
constexpr double kMostEvened = 0.708;  // or its inverse: 3 dB

// Puts plain sound beside stretched at the far end of the release: where they are most alike, one turns
// into the other.
class Landing {
 public:
  Landing(int channels, int sample_rate)
      : width_(static_cast<std::size_t>(channels)),
        joint_(std::max<PcmFrame>(2, static_cast<PcmFrame>(kJoint * sample_rate))),
        step_(std::max<PcmFrame>(1, static_cast<PcmFrame>(kSearch * sample_rate))) {}

  // plain and sound cover the same PCM frames; `landing` of them at the end (or the beginning) have the
  // source's own speed. From the joint on, sound becomes plain.
  void land(std::span<float> sound, std::span<const float> plain, PcmFrame landing, bool at_end) const {
    const auto frames = static_cast<PcmFrame>(sound.size() / width_);
    const PcmFrame joint = std::min(joint_, landing);
    if (joint < 2) return;
    const PcmFrame first = at_end ? frames - landing : 0;
    const PcmFrame last = (at_end ? frames : landing) - joint;
    PcmFrame best = at_end ? last : first;
    double most = -2;
    for (PcmFrame at = first; at <= last; at += step_) {
      const double alike = correlation(sound, plain, at, joint);
      if (alike > most) {
        most = alike;
        best = at;
      }
    }
    const double shared = std::clamp(most, 0.0, 1.0);
    for (PcmFrame i = 0; i < frames; ++i) {
      const double along = (static_cast<double>(i - best) + .5) / static_cast<double>(joint);
      const double share = std::clamp(at_end ? along : 1 - along, 0.0, 1.0);  // of the plain sound
      if (share <= 0) continue;
      const double a = std::cos(share * std::numbers::pi / 2),
                   b = std::sin(share * std::numbers::pi / 2);
      // Keeps the power, however alike the two are.
      const double norm = share >= 1 ? 1 : 1 / std::sqrt(1 + 2 * a * b * shared);
      for (std::size_t c = 0; c < width_; ++c) {
        float& value = sound[static_cast<std::size_t>(i) * width_ + c];
        const float other = plain[static_cast<std::size_t>(i) * width_ + c];
        value = share >= 1 ? other
                           : static_cast<float>(norm * (a * static_cast<double>(value) +
                                                        b * static_cast<double>(other)));
      }
    }
  }

 private:
  double correlation(std::span<const float> a, std::span<const float> b, PcmFrame at,
                     PcmFrame frames) const {
    double ab = 0, aa = 0, bb = 0;
    const auto begin = static_cast<std::size_t>(at) * width_;
    for (std::size_t i = begin; i < begin + static_cast<std::size_t>(frames) * width_; ++i) {
      const double x = a[i], y = b[i];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return ab / (std::sqrt(aa * bb) + 1e-12);
  }

  std::size_t width_;
  PcmFrame joint_, step_;
};

// Level, spectrum and fades of a side.
void shape(const Transition& transition, BlendEnd end, PcmFrame begin, std::vector<float>& sound,
           int channels, int sample_rate, double gain_db) {
  const BlendMotion motion(transition, end);
  const auto width = static_cast<std::size_t>(channels);
  const auto frames = sound.size() / width;
  const std::size_t points = frames / kStep + 2;
  std::vector<std::vector<double>> gains(BlendSide::bands, std::vector<double>(points));
  for (std::size_t band = 0; band < BlendSide::bands; ++band) {
    for (std::size_t p = 0; p < points; ++p) {
      const auto t = static_cast<double>(begin) + static_cast<double>(p) * kStep;
      gains[band][p] =
          std::pow(10, (gain_db + motion.change_db(band, t)) / 20) * motion.fade_at(band, t);
    }
  }
  std::vector<float> channel(frames), sum(frames);
  for (std::size_t c = 0; c < width; ++c) {
    for (std::size_t i = 0; i < frames; ++i) channel[i] = sound[i * width + c];
    // What all bands have in common needs no filter: the last one is left as it is, and of the others
    // is added what they differ by. Where none differs, the sound is the source's own.
    const std::vector<double>& rest = gains.back();
    const auto at = [](const std::vector<double>& curve, std::size_t i) {
      const double share = static_cast<double>(i % kStep) / kStep;
      return curve[i / kStep] * (1 - share) + curve[i / kStep + 1] * share;
    };
    for (std::size_t i = 0; i < frames; ++i)
      sum[i] = static_cast<float>(at(rest, i) * static_cast<double>(channel[i]));
    split_bands(
        channel, sample_rate, BlendSide::borders_hz, [&](std::size_t band, std::span<const float> part) {
          if (band + 1 == BlendSide::bands || gains[band] == rest) return;
          for (std::size_t i = 0; i < frames; ++i)
            sum[i] +=
                static_cast<float>((at(gains[band], i) - at(rest, i)) * static_cast<double>(part[i]));
        });
    for (std::size_t i = 0; i < frames; ++i) sound[i * width + c] = sum[i];
  }
}

// Stretched as far as the speed is not the source's own, and plain beyond.
std::vector<float> gliding(const BlendMotion& motion, BlendEnd end, const PcmRange& part,
                           const PcmRange& whole, std::span<const float> source, PcmFrame source_begin,
                           int channels, int sample_rate) {
  const auto width = static_cast<std::size_t>(channels);
  const BlendSide& side = motion.side();
  const bool at_end = end == BlendEnd::in;
  std::vector<float> sound(static_cast<std::size_t>(part.size()) * width);
  const auto at = [&](PcmFrame t) {
    return std::span(sound).subspan(static_cast<std::size_t>(t - part.begin) * width);
  };
  // At its own speed, the time of source and output are one.
  const PcmFrame settled =
      at_end ? whole.end - side.release + side.glide() : whole.begin + side.release - side.glide();
  const PcmFrame from = std::max({at_end ? settled : part.begin, part.begin, source_begin});
  const PcmFrame to = std::min({at_end ? part.end : settled, part.end,
                                source_begin + static_cast<PcmFrame>(source.size() / width)});
  if (from < to)
    std::copy(source.begin() + (from - source_begin) * channels,
              source.begin() + (to - source_begin) * channels, at(from).begin());
  const PcmFrame landing = std::min(side.landing(), static_cast<PcmFrame>(kLanding * sample_rate));
  PcmRange moved = part;
  if (at_end) {
    moved.end = std::min(moved.end, settled + landing);
  } else {
    moved.begin = std::max(moved.begin, settled - landing);
  }
  StretchMap map;
  map.input = [&](double t) { return motion.source_at(t); };
  map.pitch = [&](double t) { return std::exp2(side.shift * motion.pitch_hold_at(t) / 12); };
  std::vector<float> stretched =
      stretch(source, source_begin, channels, sample_rate, moved.begin, moved.end, map);
  const auto place = at(moved.begin).first(stretched.size());
  Landing(channels, sample_rate)
      .land(stretched, place, at_end ? moved.end - settled : settled - moved.begin, at_end);
  std::copy(stretched.begin(), stretched.end(), place.begin());
  return sound;
}

}  // namespace

PcmRange blend_range(const Transition& transition, BlendEnd end) {
  if (end == BlendEnd::out) return {-transition.reach_before(), transition.after};
  return {-transition.before, transition.reach_after()};
}

PcmRange blend_needs(const Transition& transition, BlendEnd end, int sample_rate, const PcmRange& part) {
  const BlendMotion motion(transition, end);
  if (!motion.side().stretched()) return part;
  const auto margin = static_cast<PcmFrame>(kMargin * sample_rate);
  return {static_cast<PcmFrame>(std::floor(motion.source_at(static_cast<double>(part.begin)))) - margin,
          static_cast<PcmFrame>(std::ceil(motion.source_at(static_cast<double>(part.end)))) + margin};
}

std::vector<float> blend_side(const Transition& transition, BlendEnd end, const PcmRange& part,
                              std::span<const float> source, int channels, int sample_rate,
                              double gain_db) {
  const BlendMotion motion(transition, end);
  std::vector<float> sound;
  if (motion.side().stretched()) {
    const PcmRange needs = blend_needs(transition, end, sample_rate, part);
    sound = gliding(motion, end, part, blend_range(transition, end), source, needs.begin, channels,
                    sample_rate);
  } else {
    sound.assign(source.begin(), source.begin() + part.size() * channels);
  }
  shape(transition, end, part.begin, sound, channels, sample_rate, gain_db);
  return sound;
}

void even_out(const Transition& transition, std::span<float> out, std::span<float> in, int channels,
              int sample_rate) {
  const auto block = std::max<PcmFrame>(1, static_cast<PcmFrame>(kPowerBlock * sample_rate));
  const PcmFrame together = transition.before + transition.after;
  const auto width = static_cast<PcmFrame>(channels);
  const PcmFrame blocks = together / block;
  if (blocks < 4) return;
  std::vector<double> alone(static_cast<std::size_t>(blocks)), shared(alone.size());
  for (PcmFrame b = 0; b < blocks; ++b) {
    for (PcmFrame i = b * block * width; i < (b + 1) * block * width; ++i) {
      const double x = out[static_cast<std::size_t>(i)], y = in[static_cast<std::size_t>(i)];
      alone[static_cast<std::size_t>(b)] += x * x + y * y;
      shared[static_cast<std::size_t>(b)] += 2 * x * y;
    }
  }
  // A value at the middle of each block, and 1 at both ends.
  std::vector<double> gains(alone.size(), 1);
  for (PcmFrame b = 0; b < blocks; ++b) {
    double a = 0, s = 0;
    for (PcmFrame k = std::max<PcmFrame>(0, b - kPowerBlocks / 2);
         k <= std::min(blocks - 1, b + kPowerBlocks / 2); ++k) {
      a += alone[static_cast<std::size_t>(k)];
      s += shared[static_cast<std::size_t>(k)];
    }
    if (a <= 0) continue;
    const double alike = s / a;  // -1 … 1
    const double beyond =
        std::copysign(std::max(0.0, std::abs(alike) - kByChance) / (1 - kByChance), alike);
    const double gain = 1 / std::sqrt(std::max(1 + beyond, 1e-3));
    gains[static_cast<std::size_t>(b)] = std::clamp(gain, kMostEvened, 1 / kMostEvened);
  }
  for (PcmFrame i = 0; i < together; ++i) {
    const double place = (static_cast<double>(i) + .5) / static_cast<double>(block) - .5;
    const double whole = std::floor(place);
    const auto value = [&](double b) {
      return b < 0 || b >= static_cast<double>(blocks) ? 1 : gains[static_cast<std::size_t>(b)];
    };
    const double gain = value(whole) + (place - whole) * (value(whole + 1) - value(whole));
    if (gain == 1) continue;
    for (PcmFrame c = 0; c < width; ++c) {
      out[static_cast<std::size_t>(i * width + c)] *= static_cast<float>(gain);
      in[static_cast<std::size_t>(i * width + c)] *= static_cast<float>(gain);
    }
  }
}

}  // namespace segue
