// How one source of a blend moves: when what of it sounds, and how loud in each band. Plain functions of
// time, for what renders and for what only sketches.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "plan/plan.hpp"

namespace segue {

enum class BlendEnd { out, in };

// Times are output PCM frames from the seam. It is seen from the seam outwards: time runs backwards for
// the outgoing source, so that for both the release lies behind the transition. Holds references to the
// transition.
class BlendMotion {
 public:
  BlendMotion(const Transition& transition, BlendEnd end)
      : transition_(transition),
        out_(end == BlendEnd::out),
        side_(out_ ? transition.blend.out : transition.blend.in),
        far_(static_cast<double>(out_ ? transition.before : transition.after)),
        fading_(static_cast<double>(side_.fading())),
        glide_(static_cast<double>(side_.glide())) {}

  const BlendSide& side() const { return side_; }

  // Source time, which is the output's where the source has its own speed (at the far end of the
  // release and beyond).
  double source_at(double t) const { return out_ ? -outward(-t) : outward(t); }

  // From the time of the output where the source has its own speed to the source's, in which the seam is
  // where the plan leaves or enters it.
  double source_shift() const {
    return out_ ? static_cast<double>(transition_.reach_before()) - side_.played(transition_.before)
                : side_.played(transition_.after) - static_cast<double>(transition_.reach_after());
  }

  // 1 while both sound, falling to 0 as the source is released: of the levels, and of the pitch.
  double hold_at(double t) const { return left_of(fading_, t); }
  double pitch_hold_at(double t) const { return left_of(glide_, t); }

  // What the blend adds to the placement's gain in a band, dB, without its fade.
  double change_db(std::size_t band, double t) const {
    return hold_at(t) * (side_.gain_db + side_.spectrum_db[band]);
  }

  // Amplitude of the band's fade, 0 … 1.
  double fade_at(std::size_t band, double t) const {
    const Blend& blend = transition_.blend;
    const BandFade& fade = band == 0 ? blend.low : band <= 2 ? blend.mid : blend.high;
    const auto begin = static_cast<double>(fade.begin),
               length = static_cast<double>(fade.end - fade.begin);
    const double share =
        length > 0 ? std::clamp((t + .5 - begin) / length, 0.0, 1.0) : (t < begin ? 0 : 1);
    const double angle = share * std::numbers::pi / 2;
    if (!out_) return share >= 1 ? 1 : std::sin(angle);
    return share >= 1 ? 0 : std::cos(angle);
  }

 private:
  double left_of(double length, double t) const {
    const double beyond = (out_ ? -t : t) - far_;
    if (beyond <= 0) return 1;
    return length > 0 ? std::max(0.0, 1 - beyond / length) : 0;
  }

  double outward(double t) const {
    const double beyond = t - far_;
    if (beyond >= glide_) return t;
    const double lost = (1 - side_.tempo) * glide_ / 2;  // source time that the glide plays less
    if (beyond <= 0) return far_ + lost + side_.tempo * beyond;
    const double left = glide_ - beyond;
    return t + (1 - side_.tempo) * left * left / (2 * std::max(glide_, 1.0));
  }

  const Transition& transition_;
  bool out_;
  const BlendSide& side_;
  double far_;
  double fading_;
  double glide_;
};

}  // namespace segue
