// The tracks that a person wants to hear in a mix, or to hear last. Internal to planning.
#pragma once

#include <span>
#include <vector>

#include "planning/bound_keeper.hpp"

namespace segue {

class Wishes {
 public:
  // All must outlive it.
  Wishes(const MixConfig& config, const FragmentPool& pool, const BoundKeeper& bounds);

  // Who may follow `history` at the moment `now`: the wanted where it is time for them, else all but
  // the one that closes the mix.
  BoundKeeper::Eligible eligible(std::span<const PlayedRun> history, Seconds now) const;
  // Whether nothing is missing when the mix ends with the last of these runs.
  bool may_end_with(std::span<const PlayedRun> history) const;
  // Whether it is the track that is to close the mix, of which Bounds::end tells that there is one.
  bool closes(std::size_t track) const { return is_track(track, *config_.bounds.end); }
  // How long that track may play, at most; 0 if there is none.
  Seconds closing() const { return closing_; }

 private:
  bool is_track(std::size_t track, const TrackId& id) const;
  std::vector<TrackId> owed(std::span<const PlayedRun> history) const;

  const MixConfig& config_;
  const FragmentPool& pool_;
  const BoundKeeper& bounds_;
  Seconds closing_{0};
};

}  // namespace segue
