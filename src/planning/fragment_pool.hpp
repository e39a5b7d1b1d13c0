// Everything a mix may be made of: the sounding fragments of its tracks. Internal to planning and judge.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "features/fragment_set.hpp"
#include "library/library.hpp"
#include "planning/planner.hpp"

namespace segue {

struct PoolFragment {
  std::size_t track = 0;     // index into FragmentPool::tracks()
  std::size_t position = 0;  // place in its track's cut, silent fragments counted
  FragmentSpan span;
  double loudness_lufs = 0;
  std::uint64_t tie = 0;  // of (seed, track, start): decides between equal scores
};

struct PoolTrack {
  const LibraryTrack* track = nullptr;
  std::shared_ptr<const FeatureFile> features;
  std::size_t first = 0;  // its fragments are [first, first + count), in order of time
  std::size_t count = 0;
};

// Tracks stand in order of their ids, so that nothing depends on the order they were given in.
// Of the doubles of one recording one is taken. A fragment's number here is its number in set().
class FragmentPool {
 public:
  // Refers to `tracks`, which must outlive it. start: a double that must be the one taken.
  FragmentPool(const MixConfig& config, Library& library, const std::vector<LibraryTrack>& tracks);

  const std::vector<PoolFragment>& fragments() const noexcept { return fragments_; }
  const std::vector<PoolTrack>& tracks() const noexcept { return tracks_; }
  const FragmentSet& set() const noexcept { return set_; }

  const LibraryTrack& track_of(std::size_t fragment) const {
    return *tracks_[fragments_[fragment].track].track;
  }
  // Whether the two are neighbours in one track, in either order.
  bool adjacent(std::size_t a, std::size_t b) const;
  // PCM frames [start, end) of a fragment at its source's rate.
  PcmFrame pcm_start(std::size_t fragment) const;
  PcmFrame pcm_end(std::size_t fragment) const;
  // The fragment that holds a moment. Throws Error(usage) if the track is not there or has none.
  std::size_t at(const StartPoint& start) const;

 private:
  void add(const LibraryTrack& track, const MixConfig& config, Library& library);

  FragmentSet set_;
  std::vector<PoolFragment> fragments_;
  std::vector<PoolTrack> tracks_;
};

}  // namespace segue
