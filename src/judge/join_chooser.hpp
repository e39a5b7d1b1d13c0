// The joins that a system would make, and what is heard beside them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "judge/join.hpp"
#include "model/successor_model.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/second_opinion.hpp"

namespace segue {

struct JoinConfig {
  std::size_t count = 250;  // joins; fewer where the music has fewer places to leave
  Seconds fade{0.1};
  Seconds kind{0};  // of those that will hear them; 0: as long as the fade
  std::uint64_t seed = 1;
  std::size_t candidates = 1024;  // heard for each, drawn evenly; 0 and for systems with embeddings: all
  double target_lufs = -16;
  bool own_track = false;  // may lead on elsewhere in the track that is left, as in a mix
  double edge_weight = 0;  // as MixConfig::edge_weight
  std::shared_ptr<const CriticSet> critics{};  // hear the best of each choice, as in a mix; may be null
  // Whether a fragment may follow another at all; empty: any may.
  std::function<bool(std::size_t from, std::size_t to)> may_follow{};
  std::size_t threads = 0;  // 0 = all cores
};

// The sources of a pool as a list of joins names them.
std::vector<PlanSource> sources_of(const FragmentPool& pool);

// From ends of fragments, drawn evenly over the tracks, to the fragment of another track that the
// system finds best: its choice as in a mix, with the fragments before as context. Only places with
// music enough around them. Levels as a mix sets them, for the two fragments alone.
std::vector<Join> choose_joins(const FragmentPool& pool, const SuccessorModel& model,
                               const JoinConfig& config);

// Passages that go on as they were made, at the places of these joins: where the first is left, where
// the second is entered, in turns; half of them through the same fade into their own continuation,
// half untouched. As many as joins, but for places without music enough.
std::vector<Join> continuous_passages(const std::vector<PlanSource>& sources,
                                      const std::vector<Join>& joins);

// Each join where it leaves its first source, which goes on: through the fade, or untouched (fade 0).
// Where that has too little music, the second where it is entered.
std::vector<Join> continuations(const std::vector<PlanSource>& sources, const std::vector<Join>& joins,
                                Seconds fade);

}  // namespace segue
