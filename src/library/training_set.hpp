// From a collection to what learning is told: tracks cut, grouped into songs, put on sides.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "features/manifest.hpp"
#include "features/split.hpp"
#include "library/library.hpp"

namespace segue {

struct TrainingSetConfig {
  Segmentation segmentation;
  std::optional<std::filesystem::path> split;  // a split file; tracks that it does not name are left out
  double validation_share = 0.15;              // of the songs, where there is no split file
  double test_share = 0;
  std::uint64_t seed = 1;

  void validate() const;  // throws Error(usage)
};

// Groups variants and doubles into songs (same stem in a folder but for variant marks, or same
// artist and title) and deals whole songs to the sides. Tracks with fewer than two fragments are
// left out. Throws Error(input) if the train side is left empty.
Manifest make_manifest(Library& library, const std::vector<LibraryTrack>& tracks,
                       const TrainingSetConfig& config);

}  // namespace segue
