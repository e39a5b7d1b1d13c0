// Many joins rendered one after the other, so that they go through the same renderer as a mix.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "audio/encoder.hpp"
#include "evaluation/seam_window.hpp"
#include "judge/join.hpp"

namespace segue {

// A plan that plays every join, with a little more music around it than is heard.
struct Medley {
  Plan plan;
  std::vector<Seconds> middles;  // when the middle of each join's transition sounds
};

// Throws Error(internal) if a join reaches outside its source: see reaches_back() and reaches_on(),
// which must hold with kMargin more than is heard.
Medley make_medley(const JoinList& list, std::span<const Join> joins, int sample_rate);

// Whether the source has the music that a join needs of this place, on the side that plays and,
// for the fade, beyond it.
bool reaches_back(const PlanSource& source, PcmFrame at, Seconds needed);
bool reaches_on(const PlanSource& source, PcmFrame at, Seconds needed);

// Music beyond `before` and `after` that the medley plays, so that neither the resampler nor the limiter
// carries anything over from the next join.
inline constexpr Seconds kMargin{0.3};

// Windows as wide as a transition of this length and a flank at both sides, in the order of the
// joins; frames beyond a join's own `before` and `after` are not heard. Rendered at 22 050 Hz, on
// `threads` threads (0 = all cores). Throws what Renderer throws; Error(interrupted).
std::vector<SeamWindow> hear(const JoinList& list, Seconds transition, std::size_t threads = 0);

// The same, but written to files by the encoder and read back, as a finished mix has been; some at a
// time, so that little room is taken. ending: of their names, ".flac". Throws what Renderer,
// AudioEncoder, ScratchFile and hear_file() throw.
std::vector<SeamWindow> hear_encoded(const JoinList& list, Seconds transition,
                                     const EncodingConfig& encoding, const std::string& ending,
                                     std::size_t threads = 0);

// What is heard of a recording at these joins; `middles`: when that of each transition sounds in it.
// Outside the recording there is silence. Throws Error(input), Error(interrupted).
std::vector<SeamWindow> hear_file(const std::filesystem::path& file, std::span<const Join> joins,
                                  std::span<const Seconds> middles, Seconds transition,
                                  std::size_t threads = 0);

}  // namespace segue
