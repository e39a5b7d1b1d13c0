// Deciding what plays: a beam search for the best sequence. A start fragment, candidates, the network's
// score for each pair; with a beam of 1 it is the report's greedy assembly: the best is appended and
// becomes the new start, until the length is reached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "library/library.hpp"
#include "model/successor_model.hpp"
#include "plan/plan.hpp"
#include "planning/bounds.hpp"

namespace segue {

struct StartPoint {
  TrackId track;
  Seconds at{0};  // the fragment that holds this moment begins the mix
};

struct CriticSet;  // planning/critic_sets.hpp

// collage: no two neighbours of a track are put together again (the report's rule). mix: tracks play in
// runs, as a DJ plays them.
enum class Style { collage, mix };

struct MixConfig {
  Seconds length{180};  // 1 s … 24 h; the result has exactly this length
  Segmentation segmentation;
  std::uint64_t seed = 1;  // of the start, the candidates drawn and ties
  std::optional<StartPoint> start;
  double track_share = 0.25;  // no track may fill more of the mix than this, 0 … 1 (1 = no bound);
                              // never less than what an even share needs
  // Heard for each decision; 0 = all. Of systems with embeddings the nearest to the exit (50 if not
  // given), of others as many drawn evenly over the tracks (1024).
  std::optional<std::size_t> candidates;
  std::shared_ptr<const CriticSet> critics{};  // hear the best alternatives of each choice; may be null
  std::size_t critic_heard = 20;               // alternatives of each choice that they hear, 1 … 64
  double critic_weight = 30;                   // as CriticConfig::weight, 0 … 100
  double edge_weight = 0;  // of the edges' distance beside the network's score, 0 … 100; 0 = none
  std::size_t beam = 8;    // sequences that go on side by side, 1 … 1000; 1 = greedy
  Style style = Style::collage;
  Bounds bounds{};         // of style mix
  std::size_t exits = 4;   // of style mix: moments at which leaving each run is thought over, 1 … 64
  Seconds crossfade{0.1};  // 0 … 2 s: of plain transitions, and what `critics` hear of every choice
  // Whether tracks go over into each other as a DJ joins them (planning/arranger.hpp), in style mix;
  // else all transitions are plain.
  bool blends = true;
  // In which speed and levels are given back after a blend; if not set, up to 20 s. Stretching is most
  // of what a mix costs to make.
  std::optional<Seconds> most_release{};
  bool shift_keys = false;  // blends may shift what comes in by a semitone where keys then go together
  // Those that choose among ways to join, by kind, and, if there are `critics`, instead of these hear in
  // every choice what blends would sound like; with none a long blend is taken wherever there is room.
  std::vector<std::shared_ptr<const CriticSet>> join_critics{};
  int sample_rate = 44100;
  double target_lufs = -16;
  double ceiling_dbtp = -1;

  void validate() const;  // throws Error(usage)
};

// Style `collage`: no fragment twice, two neighbours of one track never meet again, in either
// order, no track dominates; of the doubles of a recording one is used, and what is softer than
// -60 LUFS is not. Where all sequences lead into a dead end, the last choices are tried otherwise. The
// network's scores, with the critic's opinion of the best of them (planning/critic.hpp), rule inside
// these bounds (planning/chooser.hpp: how sequences compare); ties (scores equal after quantising to
// 1e-6) go by content hash. The same input gives the same plan on any thread count (of more fragments
// than FragmentIndex::kExact: with the same index). Systems with
// embeddings keep an index in the library's folder (planning/library_index.hpp), and a decision then
// costs hardly more in a large library. Crossfades are centred on their seams, shifted or shortened
// where a source has no sound to give; levels: each fragment evened to the target, then one offset for
// the whole (planning/levels.hpp). Throws Error(infeasible) saying which rule left nothing and how to
// loosen it, Error(usage) for a start that is not there.
//
// Style `mix`: tracks play in runs of consecutive fragments, between bounds.least and bounds.most long,
// and begin where a phrase begins. A run is left where another track's fragment follows as well as its
// own next one: where the log odds of one against the other, by the network and the critic, are best.
// Bounds (planning/bounds.hpp) say what may follow; nothing that was heard is heard again. Sequences
// compare by the mean of these odds (planning/run_chooser.hpp).
Plan plan_mix(const MixConfig& config, Library& library, const std::vector<LibraryTrack>& tracks,
              const SuccessorModel& model);

}  // namespace segue
