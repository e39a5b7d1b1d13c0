// A model's weights, adapted to the music that they are asked for and kept, so that the same music finds
// them again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "library/library.hpp"

namespace segue {

struct AdaptedWeightsConfig {
  std::string model;        // whose weights to begin with, as find_weights_to_adapt() reads it
  std::size_t threads = 0;  // 0 = all cores
  std::string command;      // for the card
};

// Throws Error(usage) if the model learns nothing, or cannot learn from other music; Error(model) if it
// is missing or damaged.
void require_adaptable(const std::string& model);

// Weights in `adapted/KEY` of the library's folder, KEY being the hash of the base's weights, the recipe
// and the set of tracks: learnt now if they are not there yet, after the last whole epoch if that was
// broken off. Which cuts and draws teach is theirs alone (the base's own segmentation, seed 1), so that
// mixes of other seeds and fragments share them. Whole songs measure them, as in TrainingSetConfig;
// where there are no two songs of three fragments, one to learn from and one to measure by, a warning
// and the base's own weights.
//
// Throws as require_adaptable() does; Error(interrupted), Error(output).
std::filesystem::path adapted_weights(const AdaptedWeightsConfig& config, Library& library,
                                      const std::vector<LibraryTrack>& tracks);

}  // namespace segue
