// One placement, sounding on the output's time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "audio/resampler.hpp"
#include "render/source_pool.hpp"

namespace segue {

// The source of a placement at the output's rate and its own speed, in stereo, without gain or fades.
// Where the placement's head is stretched, time is counted from the end of that. Its PCM frame `start`
// (and what the head plays) sounds at the output PCM frame of the placement's seam (and the head),
// exactly; all others follow from the rates. Not thread-safe.
class Voice {
 public:
  // index: of the placement; seam: where it begins (Plan::seams()); [begin, end): output PCM frames
  // that are wanted of it. The plan must outlive the voice. Throws Error(input).
  Voice(const Plan& plan, std::size_t index, PcmFrame seam, PcmFrame begin, PcmFrame end,
        SourcePool& pool);

  PcmFrame begin() const noexcept { return begin_; }
  PcmFrame end() const noexcept { return end_; }

  // The next PCM frames [2 × frames], valid until the next call. Throws Error(input) if the file ends
  // before what the plan says.
  std::span<const float> next(PcmFrame frames);

 private:
  void refill();

  const PlanSource* source_;  // of the plan
  std::size_t index_;
  PcmFrame begin_;
  PcmFrame end_;
  Resampler resampler_;
  std::shared_ptr<SourceStream> stream_;
  PcmFrame position_ = 0;     // source PCM frame that is read next
  PcmFrame needed_ = 0;       // the source must reach up to here
  std::vector<float> chunk_;  // as read
  std::vector<float> ready_;  // as given out
  std::size_t given_ = 0;     // samples at the front of ready_ that were given out before
  bool ended_ = false;
};

}  // namespace segue
