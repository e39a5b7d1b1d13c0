// The blends of a plan, made ahead of when they sound. Internal to render.
#pragma once

#include <deque>
#include <future>
#include <memory>
#include <vector>

#include "plan/plan.hpp"

namespace segue {

// Both sources of a transition, gains and fades included; stereo, interleaved.
struct BlendAudio {
  std::vector<float> out;  // from its release on to the end of the transition
  std::vector<float> in;   // from the beginning of the transition to the end of its release
};

// Blends are long and take long: the next ones, as many as there are cores but two at most, are made on
// other threads, from files of their own, while what comes before them is rendered. Not thread-safe.
class BlendMaker {
 public:
  // Both must outlive it. seams: Plan::seams(). The first blends are begun at once.
  BlendMaker(const Plan& plan, const std::vector<PcmFrame>& seams);

  // Transition i, a blend; rising from call to call or the same as before. Throws what decoding throws,
  // Error(interrupted).
  std::shared_ptr<const BlendAudio> get(std::size_t i);

 private:
  struct Coming {
    std::size_t transition;
    std::future<std::shared_ptr<const BlendAudio>> audio;
  };

  void begin_more();

  const Plan& plan_;
  const std::vector<PcmFrame>& seams_;
  std::size_t made_ = 0;  // of the next one
  std::shared_ptr<const BlendAudio> audio_;
  std::size_t next_ = 0;       // transition that is not begun
  std::deque<Coming> coming_;  // futures of std::async wait for it when they go
};

}  // namespace segue
