#include "render/source_pool.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::size_t kDecodedAtOnce = 2048;  // PCM frames
constexpr std::size_t kKept = 16384;          // PCM frames, at least, behind what was read last

}  // namespace

SourceStream::SourceStream(std::size_t number, const PlanSource& source)
    : number_(number), path_(source.path), decoder_(AudioDecoder::open(source.path, 2)) {
  const int rate = decoder_.format().sample_rate;
  if (rate != source.sample_rate) {
    throw Error(ErrorKind::input,
                "has a sample rate of " + std::to_string(rate) + " Hz, but the plan says " +
                    std::to_string(source.sample_rate) + " Hz",
                path_, "make a new mix");
  }
}

bool SourceStream::decode_more() {
  const std::size_t before = window_.size();
  window_.resize(before + 2 * kDecodedAtOnce);
  const PcmFrame frames = decoder_.read(std::span(window_).subspan(before));
  window_.resize(before + 2 * static_cast<std::size_t>(frames));
  const auto decoded = std::span(window_).subspan(before);
  if (!std::all_of(decoded.begin(), decoded.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(ErrorKind::input, "holds samples that are not numbers", path_,
                "mend the file or make a mix without it");
  }
  return frames > 0;
}

PcmFrame SourceStream::read(PcmFrame at, std::span<float> stereo) {
  PcmFrame frames = static_cast<PcmFrame>(stereo.size() / 2);
  const PcmFrame silent = std::clamp<PcmFrame>(-at, 0, frames);
  std::fill_n(stereo.begin(), 2 * silent, 0.0f);
  at += silent;
  frames -= silent;
  if (frames == 0) return silent;
  if (!reaches(at)) {
    window_.clear();
    window_begin_ = at;
    decoder_.seek(at);
  }
  while (window_end() < at + frames && decode_more()) {
  }
  frames = std::clamp<PcmFrame>(window_end() - at, 0, frames);
  std::copy_n(window_.begin() + 2 * (at - window_begin_), 2 * frames, stereo.begin() + 2 * silent);
  if (window_.size() > 4 * kKept) {  // twice what is kept: moved seldom
    window_begin_ += static_cast<PcmFrame>(window_.size() / 2 - kKept);
    window_.erase(window_.begin(), window_.end() - 2 * kKept);
  }
  return silent + frames;
}

std::shared_ptr<SourceStream> SourcePool::find(std::size_t number, PcmFrame at) const {
  std::shared_ptr<SourceStream> idle;
  for (const auto& stream : streams_) {
    if (stream->number() != number) continue;
    if (stream->reaches(std::max<PcmFrame>(at, 0))) return stream;
    if (stream.use_count() == 1) idle = stream;
  }
  return idle;
}

std::shared_ptr<SourceStream> SourcePool::acquire(const Plan& plan, std::size_t number, PcmFrame at) {
  std::shared_ptr<SourceStream> stream = find(number, at);
  if (stream) {
    std::erase(streams_, stream);
  } else {
    const auto idle = std::find_if(streams_.begin(), streams_.end(),
                                   [](const auto& open) { return open.use_count() == 1; });
    if (streams_.size() >= kOpenFiles && idle != streams_.end()) streams_.erase(idle);
    stream = std::make_shared<SourceStream>(number, plan.sources[number]);
  }
  streams_.push_back(stream);
  return stream;
}

}  // namespace segue
