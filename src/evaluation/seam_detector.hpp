// Detectors tell audio that was joined from audio that goes on as it was made. They measure; what
// chooses joins never learns from them, nor from the music that they learnt from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "evaluation/seam_window.hpp"
#include "model/model_card.hpp"

namespace segue {

class SeamDetector {
 public:
  virtual ~SeamDetector() = default;

  // system: the family, "contrast" or "cnn"; recipe: `transition_s` and `flank_s` of the windows it
  // learnt from; tracks: those it has heard.
  virtual const ModelCard& card() const = 0;
  // The log odds that each window holds a join. Windows must be of the transition it learnt.
  virtual std::vector<float> score(std::span<const SeamWindow> windows) const = 0;
};

// Examples to learn from.
struct DetectorLesson {
  std::string family;
  Seconds transition{0};
  std::span<const SeamWindow> windows;   // all with equally many frames
  std::span<const std::uint8_t> joined;  // a window each: 1 = a join, 0 = continuous
  int steps = 1200;                      // of 64 windows
  std::uint64_t seed = 1;
  std::size_t threads = 0;  // 0 = all cores
};

}  // namespace segue
