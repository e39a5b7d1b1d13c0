// Fragments as networks read them: spans over feature files.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "features/feature_file.hpp"
#include "features/geometry.hpp"

namespace segue {

// A row-major matrix [frames × 80] of log10 mel power.
struct LogMel {
  Hop frames = 0;
  std::vector<float> values;
  std::vector<float> embedding{};  // what a pretrained encoder makes of the fragment, where one is used

  std::span<const float> row(Hop frame) const;
};

// An ordered set of fragments, numbered 0 … size()-1. Fragments without a visible
// frame are refused by add(). Reading is thread-safe.
class FragmentSet {
 public:
  // Returns the number of the track to give to add().
  std::size_t add_track(std::shared_ptr<const FeatureFile> features);
  // Returns the fragment's number. Throws Error(internal) if it reaches outside the track or
  // holds no whole frame.
  std::size_t add(std::size_t track, const FragmentSpan& span);

  std::size_t size() const noexcept { return fragments_.size(); }
  std::size_t track_count() const noexcept { return tracks_.size(); }
  std::size_t track_of(std::size_t fragment) const { return fragments_.at(fragment).track; }
  const FragmentSpan& span_of(std::size_t fragment) const { return fragments_.at(fragment).span; }
  const FeatureFile& features_of(std::size_t track) const { return *tracks_.at(track); }

  // What a network may see of a fragment; `guard` frames are dropped at both edges.
  LogMel log_mel(std::size_t fragment, Hop guard = 0) const;

 private:
  struct Entry {
    std::size_t track = 0;
    FragmentSpan span;
  };
  std::vector<std::shared_ptr<const FeatureFile>> tracks_;
  std::vector<Entry> fragments_;
};

}  // namespace segue
