// A plan becomes sound: a pull-based generator of blocks in constant memory. A file and an
// endless stream are the same thing to it.
#pragma once

#include <memory>
#include <span>

#include "plan/plan.hpp"

namespace segue {

// Not thread-safe. The same plan and sources give the same bits on the same machine and build.
class Renderer {
 public:
  // Throws Error(input) if the plan is nonsense, or a source is missing or no longer the music the
  // plan was made from (its id is checked; the placement is named).
  explicit Renderer(const Plan& plan);
  ~Renderer();

  // Fills `interleaved` (stereo, plan.sample_rate) and returns the PCM frames written; fewer than
  // fit only at the end, 0 after it; plan.length in all. Limited to plan.ceiling_dbtp.
  // Throws Error(input) if a source turns out shorter than the plan says.
  PcmFrame read(std::span<float> interleaved);
  PcmFrame position() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
