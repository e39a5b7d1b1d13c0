// Whether the waveform itself goes on across a cut. A spectrogram cannot tell the repetitions of a bar
// apart where they are alike; the last samples before a cut and the first after it often can: what
// rings is carried on by linear prediction from either side, and surprises where the other side is not
// its own.
//
// Only for cuts without a guard and fragments whose audio is at hand: puzzles, measurements. Tracks that
// are mixed meet at places where nothing rings on.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "model/linear_prediction.hpp"
#include "model/successor_model.hpp"

namespace segue {

// What a fragment sounds like right at one of its edges, in the direction in which it is left: of an
// exit in the order of time, of an entry backwards.
struct EdgeSound {
  LinearPrediction prediction;
  std::vector<float>
      nearest;  // the samples nearest to the cut, at most kNearest, the last one at the cut

  static constexpr std::size_t kHeard = 4096;  // samples
  static constexpr std::size_t kOrder = 64;    // of the prediction
  static constexpr std::size_t kNearest = 64;
};

// samples: of the fragment, in the order of time; the last (exit) or first (entry) kHeard are heard.
// What is not finite counts as silent.
EdgeSound exit_sound(std::span<const float> samples);
EdgeSound entry_sound(std::span<const float> samples);

// By how much the first 4, 16 and 64 samples beyond a cut surprise: natural logarithms of their mean
// squares to that of what prediction misses anyway, cut to -3 … 15; forwards, then backwards.
inline constexpr std::array<std::size_t, 3> kSurpriseLengths{4, 16, 64};
using Surprises = std::array<float, 2 * kSurpriseLengths.size()>;
Surprises surprises(const EdgeSound& exit, const EdgeSound& entry);

// How much they speak for one going on in the other: a learned log likelihood ratio but for a constant,
// so that it adds to the scores of networks that are trained by softmax over what may follow.
float continuity(const Surprises& surprises);

// The same system, which in sessions without a guard hears the waveform, too: continuity() is added to
// its scores. The tracks' audio must be at hand (FeatureFile::read_samples()).
std::unique_ptr<SuccessorModel> hearing_the_waveform(std::unique_ptr<SuccessorModel> model);

}  // namespace segue
