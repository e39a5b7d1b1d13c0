// Joins of tracks as a DJ makes them, heard as the planner hears its alternatives.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "judge/join.hpp"
#include "planning/critic_sets.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/meeting.hpp"

namespace segue {

// Hears joins of one kind of blends. Sources of joins are the tracks of a pool. Tracks that it has heard
// stay in memory, 5 MB a minute. Any thread, but for choose_by().
class BlendListener {
 public:
  // Both must outlive it.
  BlendListener(const FragmentPool& pool, const std::vector<PlanSource>& sources, Seconds kind);

  // From now on the way that these critics hear least is taken, of every fourth join.
  void choose_by(std::shared_ptr<const CriticSet> critics) { critics_ = std::move(critics); }

  // Whether tempi let a fragment follow another, in blends of more than a few seconds.
  bool may_follow(std::size_t from, std::size_t to) const;

  // A way to join, drawn by the seed, of those that there is room for: levels, spectra and beats meet.
  // At the same moment of one source the music goes on as it was made through such a transition, with a
  // fade of 0 untouched; elsewhere that is a hard cut. None where there is no room. sketched: made of
  // the spectrograms, as most that the planner hears.
  std::optional<SeamWindow> hear(const Join& join, std::uint64_t seed, bool sketched) const;

 private:
  // The whole track in memory: it is heard again and again.
  AudioReader audio(std::size_t source) const;
  MeetingPlace place(const JoinPlace& place, bool leaves, bool sketched) const;
  SeamWindow untouched(const JoinPlace& place) const;

  const FragmentPool& pool_;
  const std::vector<PlanSource>& sources_;
  Seconds kind_;
  std::shared_ptr<const CriticSet> critics_;
  struct Decoded {
    std::once_flag once;
    std::vector<float> mono;
  };
  std::unique_ptr<Decoded[]> decoded_;  // one for each source
};

}  // namespace segue
