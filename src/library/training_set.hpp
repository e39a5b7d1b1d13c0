// From a collection to what learning is told: tracks cut, grouped into songs, put on sides.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "features/manifest.hpp"
#include "features/split.hpp"
#include "library/library.hpp"
#include "library/track_groups.hpp"

namespace segue {

struct TrainingSetConfig {
  Segmentation segmentation;
  std::optional<std::filesystem::path> split;  // a split file; tracks that it does not name are left out
  GroupBy by = GroupBy::song;                  // what stays on one side
  double validation_share = 0.15;              // of the songs or artists, where there is no split file
  double test_share = 0;
  std::uint64_t seed = 1;

  void validate() const;  // throws Error(usage)
};

// Deals whole songs or artists to the sides; the tracks of `also` go to the train side, whatever the
// split file says. Tracks with fewer than three fragments are left out. Throws Error(input) if the train
// side is left empty, or if a split file or `also` parts what belongs together.
Manifest make_manifest(Library& library, std::vector<LibraryTrack> tracks,
                       const TrainingSetConfig& config, const std::vector<LibraryTrack>& also = {});

}  // namespace segue
