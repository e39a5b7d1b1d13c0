// The files a plan plays from, opened as they are needed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "audio/decoder.hpp"
#include "plan/plan.hpp"

namespace segue {

// One open source, in stereo, with its latest 0.2 s or more kept: two placements that follow each
// other in one track read it together without seeking. Not thread-safe.
class SourceStream {
 public:
  // Throws Error(input).
  SourceStream(std::size_t number, const PlanSource& source);

  std::size_t number() const noexcept { return number_; }  // index into Plan::sources
  // Whether reading may go on at this PCM frame without a seek.
  bool reaches(PcmFrame at) const noexcept { return at >= window_begin_ && at <= window_end(); }

  // PCM frames from `at` on into `stereo`; before 0 there is silence. Fewer than fit only at the
  // end of the file. Throws Error(input) for samples that are not numbers.
  PcmFrame read(PcmFrame at, std::span<float> stereo);

 private:
  PcmFrame window_end() const noexcept {
    return window_begin_ + static_cast<PcmFrame>(window_.size() / 2);
  }
  bool decode_more();

  std::size_t number_;
  std::filesystem::path path_;
  AudioDecoder decoder_;
  std::vector<float> window_;  // stereo
  PcmFrame window_begin_ = 0;
};

// Keeps the files used last open, so that memory stays constant however many a plan names.
class SourcePool {
 public:
  static constexpr std::size_t kOpenFiles = 16;

  // Where source `number` may best be read from PCM frame `at` on. A stream counts as in use while the
  // caller holds it. `plan` must outlive the pool. Throws Error(input).
  std::shared_ptr<SourceStream> acquire(const Plan& plan, std::size_t number, PcmFrame at);

 private:
  std::shared_ptr<SourceStream> find(std::size_t number, PcmFrame at) const;

  std::vector<std::shared_ptr<SourceStream>> streams_;  // used last at the back
};

}  // namespace segue
