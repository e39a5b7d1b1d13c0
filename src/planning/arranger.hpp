// How each track of a mix goes over into the next, once it is decided which follows which: alternatives
// are made as sound, and the critics that learnt their kind choose. Internal to planning.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "planning/critic_sets.hpp"
#include "planning/meeting.hpp"

namespace segue {

// What the arranger needs to know of a placement's source.
struct ArrangedSource {
  const FeatureFile* features = nullptr;
  bool has_beat = false;
  std::optional<Key> key{};
  Seconds sound_end{0};  // 0 = where the source ends
};

struct ArrangeConfig {
  // Sets for kinds of transition; where one is missing, its lengths are not tried. With none at all, the
  // longest blend up to 12 s that there is room for is taken, as nobody can choose.
  CriticSets critics{};
  ProposalConfig proposals{};
  // Where critics choose, placements may end and begin up to 12.5 s beside where they were planned, at
  // bars (without a beat, every 2 s), as long as they play for `least` to `most`; 0: they stay.
  Seconds least{0}, most{0};
  bool end_stays = false;   // where the last placement begins stays anyhow
  std::size_t threads = 0;  // 0 = all cores
};

// Replaces the transitions of a plan that is valid with blends, and moves where placements meet: by less
// than a beat, by bars where that is heard less, or where a track ends too soon for its transition by so
// much. Half of a placement belongs to the seam at each of its ends. sources: one for each placement.
// The mix keeps its length: its last placement plays on as far as it must; where its source has no more,
// or the last placement would play for less than half of `least`, or than four fifths of what was
// planned if that is less, a seam is made in another way that makes up for it; where none does, as few
// as needed stay at the beat next to where they were planned and at the tracks' own speed. Every
// placement is heard. The same input gives the same plan on any thread count.
void arrange(Plan& plan, std::span<const ArrangedSource> sources, const ArrangeConfig& config);

}  // namespace segue
