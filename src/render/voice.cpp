#include "render/voice.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::size_t kChunk = 2048;  // source PCM frames read at a time
// Output PCM frames by which reading begins early, so that the resampler's filter has settled.
constexpr PcmFrame kRunIn = 512;

PcmFrame divided_up(PcmFrame value, PcmFrame divisor) { return (value + divisor - 1) / divisor; }

}  // namespace

Voice::Voice(const Plan& plan, std::size_t index, PcmFrame seam, PcmFrame begin, PcmFrame end,
             SourcePool& pool)
    : source_(&plan.sources[plan.placements[index].source]),
      index_(index),
      begin_(begin),
      end_(end),
      resampler_(source_->sample_rate, plan.sample_rate, 2),
      chunk_(2 * kChunk) {
  const Placement& placement = plan.placements[index];
  const Stretch head = plan.head(index);
  const PcmFrame anchor = placement.start + head.source;  // PCM frame of the source that sounds at
  seam += head.output;                                    // this one of the output
  // `step_in` source frames last as long as `step_out` output frames. Going back a whole number of
  // them keeps the two grids aligned without rounding.
  const int common = std::gcd(source_->sample_rate, plan.sample_rate);
  const PcmFrame step_in = source_->sample_rate / common;
  const PcmFrame step_out = plan.sample_rate / common;
  const PcmFrame lead = seam - begin;
  const PcmFrame run_in = step_in == step_out ? 0 : kRunIn;
  const PcmFrame steps = divided_up(lead + run_in, step_out);
  position_ = anchor - steps * step_in;
  // A seam rounded up may want one output frame more than the source has; that one is silent.
  needed_ = std::min(anchor + divided_up((end - seam) * step_in, step_out), source_->pcm_frames);
  stream_ = pool.acquire(plan, placement.source, position_);
  next(steps * step_out - lead);
}

void Voice::refill() {
  const PcmFrame frames = stream_->read(position_, chunk_);
  position_ += frames;
  resampler_.process(std::span(chunk_).first(2 * static_cast<std::size_t>(frames)), ready_);
  if (frames == static_cast<PcmFrame>(kChunk)) return;
  if (position_ < needed_) {
    throw Error(ErrorKind::input,
                "ends at PCM frame " + std::to_string(position_) + ", but placement " +
                    std::to_string(index_) + " plays it up to " + std::to_string(needed_),
                source_->path, "put the whole file back or make a new mix");
  }
  resampler_.finish(ready_);
  ended_ = true;
}

std::span<const float> Voice::next(PcmFrame frames) {
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(given_));
  given_ = 2 * static_cast<std::size_t>(frames);
  while (ready_.size() < given_ && !ended_) refill();
  if (ready_.size() < given_) ready_.resize(given_);
  return std::span(ready_).first(given_);
}

}  // namespace segue
