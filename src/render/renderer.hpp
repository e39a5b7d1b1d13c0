// A plan becomes sound: a pull-based generator of blocks in constant memory. A file and an
// endless stream are the same thing to it.
#pragma once

#include <memory>
#include <span>

#include "plan/plan.hpp"

namespace segue {

// Throws Error(input) if a source that is played is missing or no longer the music that the plan was
// made from (its id is checked; the placement is named).
void verify_sources(const Plan& plan);

// Placement i's PCM frame `start` sounds exactly at output PCM frame plan.seams()[i], which is the
// nearest to its exact time: no placement is more than half a frame off, and nothing drifts. Sources
// at plan.sample_rate pass bit for bit where nothing fades and the gain is 0 dB; others are
// resampled. In a transition of n PCM frames the gains of frame j are cos and sin of
// π/2 · (j + ½) / n; of a blend those of each band (render/blend_sound.hpp). The mix begins and ends
// with a fade of 5 ms, except at its track's own edge; so does each side of a crossfade that is shorter
// than that, unless the source plays on.
//
// Memory is constant: at most 20 sources are open, and three blends at hand (1 MB a second of each
// at 44.1 kHz, three times that while one is made). Not thread-safe. The same plan and sources give the
// same bits on the same machine and build, whatever the block sizes.
class Renderer {
 public:
  // Throws Error(input) if the plan is nonsense, and as verify_sources().
  explicit Renderer(const Plan& plan);
  ~Renderer();

  // Fills `interleaved` (stereo, plan.sample_rate) and returns the PCM frames written; fewer than
  // fit only at the end, 0 after it; plan.length in all. Limited to plan.ceiling_dbtp.
  // Throws Error(input) if a source turns out shorter than the plan says or holds samples that are
  // not numbers, Error(interrupted).
  PcmFrame read(std::span<float> interleaved);
  PcmFrame position() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
