// Which of a data set's tracks teach and which measure: as published, or drawn so that no artist stands
// on two sides.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/split.hpp"
#include "library/dataset.hpp"
#include "library/track_groups.hpp"

namespace segue {

struct DatasetSplit {
  Split split;            // by file stems
  std::size_t train = 0;  // tracks on each side
  std::size_t validation = 0;
  std::size_t test = 0;
  std::size_t unnamed = 0;   // that the published split does not name
  std::size_t left_out = 0;  // of songs that the published split puts on two sides
  std::size_t without_artist = 0;
  std::vector<std::string> torn_artists;  // on two sides of the published split
};

// A split names files by their stem. Throws Error(input) if two files of the set share one.
void require_own_names(const Dataset& dataset);

// The published split. Songs of which it puts doubles or variants on two sides are left out: learning
// would take them for strangers.
DatasetSplit published_split(const std::vector<DescribedTrack>& tracks);

// Whole artists or songs, dealt by seed; shares as TrainingSetConfig has them.
DatasetSplit drawn_split(const std::vector<DescribedTrack>& tracks, GroupBy by, double validation_share,
                         double test_share, std::uint64_t seed);

}  // namespace segue
