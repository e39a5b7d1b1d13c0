// The blends of a plan, made one ahead of when they sound. Internal to render.
#pragma once

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

// Blends are long and take long: the next one is made on another thread, from files of its own, while
// what comes before it is rendered. Not thread-safe.
class BlendMaker {
 public:
  // Both must outlive it. seams: Plan::seams(). The first blend is begun at once.
  BlendMaker(const Plan& plan, const std::vector<PcmFrame>& seams);
  ~BlendMaker();

  // Transition i, a blend; rising from call to call or the same as before. Throws what decoding throws,
  // Error(interrupted).
  std::shared_ptr<const BlendAudio> get(std::size_t i);

 private:
  void begin(std::size_t i);

  const Plan& plan_;
  const std::vector<PcmFrame>& seams_;
  std::size_t made_ = 0;  // of the two below
  std::shared_ptr<const BlendAudio> audio_;
  std::size_t coming_ = 0;
  std::future<std::shared_ptr<const BlendAudio>> future_;
};

}  // namespace segue
