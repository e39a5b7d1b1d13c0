// Where the output stands after so much of several sources has played.
#pragma once

#include <cstdint>
#include <map>

#include "base/time.hpp"

namespace segue {

// Output time as the sum of source times at different rates. Frames are summed per rate, as
// integers; only the sum of a rate is converted, to 64 fractional bits, so the error is below
// (number of rates) × 2^-64 of a frame, however many placements came before: nothing drifts, and
// as there is no floating point every machine finds the same seams.
class OutputClock {
 public:
  explicit OutputClock(int sample_rate) : sample_rate_(static_cast<Wide>(sample_rate)) {}

  // frames >= 0 of a source; remove() takes back what was added.
  void add(PcmFrame frames, int source_rate) { frames_[source_rate] += static_cast<Wide>(frames); }
  void remove(PcmFrame frames, int source_rate) { frames_[source_rate] -= static_cast<Wide>(frames); }

  // Output time itself.
  void add_output(PcmFrame frames) { output_ += frames; }

  // In output PCM frames, rounded to nearest, halves up.
  PcmFrame now() const {
    Wide whole = 0;
    Wide fraction = Wide{1} << 63;
    for (const auto& [rate, frames] : frames_) {
      const Wide scaled = frames * sample_rate_;
      const auto divisor = static_cast<Wide>(rate);
      whole += scaled / divisor;
      fraction += ((scaled % divisor) << 64) / divisor;
    }
    return output_ + static_cast<PcmFrame>(whole + (fraction >> 64));
  }

 private:
  __extension__ using Wide = unsigned __int128;

  Wide sample_rate_;
  std::map<int, Wide> frames_;  // by source rate
  PcmFrame output_ = 0;
};

}  // namespace segue
