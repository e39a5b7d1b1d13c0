// What the bounds of a mix leave to follow, and what each of them cut. Internal to planning.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "planning/bounds.hpp"
#include "planning/fragment_pool.hpp"

namespace segue {

// In the order in which they are asked; what one has cut the next does not see.
enum class Bound : std::uint8_t {
  include,
  tempo,
  mood,
  like,
  heard,
  length,
  repeat,
  artist,
  metre,
  stretch,
  key,
  energy
};
inline constexpr std::size_t kBounds = 12;
const char* name_of(Bound bound) noexcept;

// A track that is left should sound on for so long, while a blend brings in the next.
inline constexpr Seconds kSoundsOn{12};

// A set of bounds that do not hold at a seam.
using Relaxed = std::array<bool, kBounds>;

// Part of a track that a mix has played.
struct PlayedRun {
  std::size_t first = 0;  // fragments of the pool
  std::size_t last = 0;
  Seconds begin{0};  // in the mix
  Seconds end{0};
};

// What may follow.
struct Allowed {
  std::vector<std::uint8_t> entries;  // of BoundKeeper::entries(): 1 where it may
  std::size_t count = 0;
  std::array<std::size_t, kBounds> cut{};  // entries that each bound cut
  Relaxed relaxed{};
};

// Where a mix may arrive (phrase beginnings; of tracks cut otherwise every fragment), and which of these
// the bounds leave. Immutable: any thread.
class BoundKeeper {
 public:
  // The pool must outlive it. Throws Error(usage) for tracks that are not there.
  BoundKeeper(const MixConfig& config, const FragmentPool& pool);

  std::span<const std::size_t> entries() const noexcept { return entries_; }  // fragments, ascending
  // The last fragment that plays on from this one without a gap.
  std::size_t stretch_end(std::size_t fragment) const { return stretch_ends_[fragment]; }
  Seconds seconds_of(std::size_t first, std::size_t last) const;  // of a stretch
  std::size_t track_of(std::size_t fragment) const { return pool_.fragments()[fragment].track; }

  // Whether a track is among those that are wanted now; all are, if it is empty.
  using Eligible = std::function<bool(std::size_t track)>;

  // What may follow `history` (in order; empty: what may begin the mix) at the moment `now`. Bounds that
  // are not set by a person are relaxed one after the other until something is left: first tempi and
  // metres that do not fit together (where fewer than Bounds::fewest tracks are left), then energy, then
  // key; and where every track has played, the same once more while tracks may come again; at last a
  // track may play for less than its least. count is 0 if nothing is.
  // keys_give_way: only with keys relaxed, and tempi at most; count is 0 where a person has set keys.
  Allowed allowed(std::span<const PlayedRun> history, Seconds now, const Eligible& eligible = {},
                  bool keys_give_way = false) const;

  // Whether two tracks can be beaten alike: both have a beat, the same metre, and tempi within the
  // stretch; or both have none.
  bool fit_together(std::size_t a, std::size_t b) const;
  // How surely the keys of two tracks must not meet: 0 = they may, or one is not known; 1 = both are
  // known for sure, and only then key is a bound.
  double key_clash(std::size_t a, std::size_t b) const;
  // By how much the tempo changes, as a share; half and double tempo count as equal. 0 without beats.
  double tempo_change(std::size_t a, std::size_t b) const;
  // Tracks in groups that fit together step by step, largest first.
  std::vector<std::vector<std::size_t>> groups() const;

 private:
  using Cut = std::optional<Bound>;  // which cuts; none does
  // What concerns a track, whatever part of it; `before` and `after` those bounds that are asked
  // between.
  struct TrackCuts {
    Cut before, after;
    std::vector<const PlayedRun*> played;  // of this track
  };

  bool plays(std::size_t track, Bound& cut_by) const;
  std::vector<TrackCuts> cuts_of_tracks(std::span<const PlayedRun> history, Seconds now,
                                        const Relaxed& relaxed, const Eligible& eligible) const;
  Cut cut_by_history(std::size_t track, std::span<const PlayedRun> history, Seconds now,
                     const Relaxed& relaxed) const;
  Cut cut_of(std::size_t entry, const TrackCuts& track, std::span<const PlayedRun> history, Seconds now,
             const Relaxed& relaxed) const;
  const MusicTraits& traits(std::size_t track) const {
    return pool_.tracks()[track].track->record.traits;
  }
  void find_entries();
  void rank_energies();
  void find_alike();
  std::vector<Relaxed> relaxations() const;
  std::size_t tracks_left(const Allowed& allowed) const;

  const MixConfig& config_;
  const Bounds& bounds_;
  const FragmentPool& pool_;
  std::vector<std::size_t> entries_;
  // Of entries, 0 … 1: rank among them; from, to, where several are equal.
  std::vector<std::pair<double, double>> energies_;
  std::vector<std::size_t> stretch_ends_;
  std::vector<Hop> length_to_end_;    // of a fragment, to the end of its stretch
  double middle_energy_ = 0;          // of tracks, median
  std::vector<bool> alike_;           // of tracks, where one is to stay near
  std::vector<std::string> artists_;  // of tracks
  std::vector<Relaxed> relaxations_;
};

}  // namespace segue
