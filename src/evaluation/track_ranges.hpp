// The fragments of each track in a set that is grouped by track. Internal to evaluation.
#pragma once

#include <cstddef>
#include <vector>

#include "features/fragment_set.hpp"

namespace segue {

// Fragments [begin, end).
struct TrackRange {
  std::size_t begin;
  std::size_t end;
};

inline std::vector<TrackRange> track_ranges(const FragmentSet& fragments) {
  std::vector<TrackRange> ranges;
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    if (i == 0 || fragments.track_of(i) != fragments.track_of(i - 1)) ranges.push_back({i, i});
    ranges.back().end = i + 1;
  }
  return ranges;
}

}  // namespace segue
