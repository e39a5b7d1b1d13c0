// How two sources play together over a while: a transition as a DJ makes it. Plain values of a plan.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "base/time.hpp"

namespace segue {

// Output PCM frames [begin, end), counted from the seam, in which a band passes from the outgoing source
// to the incoming one: by cos and sin of π/2 · (j + ½) / n, as in a crossfade.
struct BandFade {
  PcmFrame begin = 0;
  PcmFrame end = 0;

  bool operator==(const BandFade&) const = default;
};

// What is done to one source of a blend. All of it holds while both sound, and comes or goes over
// `release`, which lies outside the transition: before it for the outgoing source, after it for the
// incoming one. Beyond that the source is its own again. Levels change over three quarters of the
// release, speed and pitch over glide(), the sooner the less there is to change. A quarter of the
// release after that (landing()) has the source's own speed and pitch already: there, plain and
// stretched sound meet.
struct BlendSide {
  static constexpr std::size_t bands = 5;
  static constexpr double fast = .04;  // change of speed that takes the longest glide
  static constexpr double borders_hz[bands - 1] = {200, 630, 2500, 6300};  // between them

  double tempo = 1;                         // speed of the source, 0.5 … 2
  double shift = 0;                         // semitones, -2 … 2
  double gain_db = 0;                       // beside the placement's, -12 … 12
  std::array<double, bands> spectrum_db{};  // of each band, -12 … 12
  PcmFrame release = 0;                     // output PCM frames

  bool stretched() const { return tempo != 1 || shift != 0; }
  bool changes() const { return *this != BlendSide{.release = release}; }  // anything
  PcmFrame landing() const { return release / 4; }
  PcmFrame fading() const { return release - landing(); }  // of the levels
  PcmFrame glide() const {
    const double change = std::max(std::abs(tempo - 1) / fast, std::abs(shift));
    return static_cast<PcmFrame>(
        std::llround(std::clamp(change, .2, 1.) * static_cast<double>(fading())));
  }
  // Source time that plays while the source sounds for so long and is released, in output PCM frames:
  // the speed changes evenly in between.
  double played(PcmFrame sounding) const {
    return static_cast<double>(sounding) * tempo + static_cast<double>(glide()) * (1 + tempo) / 2 +
           static_cast<double>(release - glide());
  }
  bool operator==(const BlendSide&) const = default;
};

// Three bands, as on a mixer: below 200 Hz, to 2500 Hz, above; by Linkwitz-Riley filters of fourth
// order.
struct Blend {
  BandFade low, mid, high;
  BlendSide out, in;

  bool operator==(const Blend&) const = default;
};

}  // namespace segue
