// Sound at another speed and pitch, both of which may change as it goes (Rubber Band).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace segue {

struct StretchMap {
  // The input PCM frame, with its fraction, that sounds at an output PCM frame; rises without a jump.
  std::function<double(double)> input;
  // By how much the pitch is raised there, as a ratio of frequencies, 0.5 … 2; changes slowly.
  std::function<double(double)> pitch;
};

// interleaved: the input's PCM frames from `input_begin` on; beyond its ends there is silence. Gives the
// output PCM frames [begin, end). Transients stay sharp, channels in phase with each other, and about
// each moment it is as loud as the input there. The same input gives the same bits on one machine.
// Throws Error(interrupted).
std::vector<float> stretch(std::span<const float> interleaved, PcmFrame input_begin, int channels,
                           int sample_rate, PcmFrame begin, PcmFrame end, const StretchMap& map);

}  // namespace segue
