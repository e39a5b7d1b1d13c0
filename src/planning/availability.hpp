// What the rules of the collage leave to choose from, kept up to date step by step. Internal to
// planning.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "planning/fragment_pool.hpp"

namespace segue {

// No fragment twice; no track beyond its share; two neighbours of one track never meet. Taking and
// giving back cost no more than the fragments of one track and the number of tracks. What is drawn
// depends on what is taken, not on how that came about.
class Availability {
 public:
  // limit: hops that one track may fill.
  Availability(const FragmentPool& pool, Hop limit);

  void take(std::size_t fragment);
  void give_back(std::size_t fragment);

  bool may_follow(std::size_t last, std::size_t fragment) const;
  // At most `count` (0: all) fragments that may follow `last`, in ascending order. Where there are
  // more, they are drawn evenly over the tracks, then evenly within each.
  std::vector<std::size_t> draw(std::size_t last, std::size_t count, Random& random);
  // Any that may begin the mix.
  std::vector<std::size_t> draw(std::size_t count, Random& random);

  std::size_t unused() const noexcept { return unused_; }    // fragments not taken
  std::size_t allowed() const noexcept { return allowed_; }  // of these, in tracks below their share

 private:
  struct Track {
    std::vector<std::size_t> unused;  // by length, then number: what still fits is a prefix
    std::size_t allowed = 0;          // length of that prefix
    Hop filled = 0;
  };

  void remove(std::size_t fragment);
  void insert(std::size_t fragment);
  void refresh(std::size_t track);
  Track& track_of(std::size_t fragment) { return tracks_[pool_.fragments()[fragment].track]; }
  bool shorter(std::size_t a, std::size_t b) const;
  // A track and how many of its fragments are drawn.
  using Quota = std::pair<std::size_t, std::size_t>;
  std::vector<Quota> quotas(std::size_t count, Random& random) const;
  void sample(const Track& track, std::size_t count, Random& random, std::vector<std::size_t>& out);

  const FragmentPool& pool_;
  Hop limit_;
  std::vector<Track> tracks_;
  std::vector<std::size_t> active_;  // tracks of which something is allowed, ascending
  std::vector<bool> taken_;          // a fragment each
  std::size_t unused_ = 0;
  std::size_t allowed_ = 0;
  std::vector<bool> marked_;  // scratch of sample()
};

}  // namespace segue
