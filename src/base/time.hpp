// Time as people write it and as PCM counts it.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace segue {

using Seconds = std::chrono::duration<double>;

// Index of one instant of all channels, at the rate of the material it belongs to.
using PcmFrame = std::int64_t;

// Reads "90", "2.5", "10:00" or "1:30:00" as seconds.
// Throws Error(usage) for anything else, negative or not finite.
Seconds parse_time(std::string_view text);

// "0:07", "3:05", "1:02:03"; rounds down to whole seconds.
std::string format_time(Seconds time);

inline PcmFrame to_pcm_frames(Seconds time, int sample_rate) {
  return std::llround(time.count() * sample_rate);
}
inline Seconds to_seconds(PcmFrame frames, int sample_rate) {
  return Seconds(static_cast<double>(frames) / sample_rate);
}

}  // namespace segue
