// How the planner hears seams that it could make: previews of plain crossfades, or sketches of all the
// ways in which one track could go over into the other.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "planning/critic_sets.hpp"
#include "planning/fragment_pool.hpp"

namespace segue {

// From the end of one fragment to the beginning of another.
struct FragmentSeam {
  std::size_t from;
  std::size_t to;
};

// Not thread-safe; works on several threads by itself.
class SeamEar {
 public:
  virtual ~SeamEar() = default;
  // Whether enough music plays on either side of the seam: critics learn no less.
  virtual bool has_opinion(std::size_t from, std::size_t to) const = 0;
  // Log odds that each of the seams is heard as a join. Throws Error(model) if they are no numbers.
  virtual std::vector<float> odds(std::span<const FragmentSeam> seams) = 0;
};

struct EarConfig {
  static constexpr Seconds kLeastHeard{1};  // of music on either side of a crossfade

  Seconds fade{0.1};  // of plain crossfades
  double target_lufs = -16;
  // Of the track on either side of a seam a mix plays this much at least, and is levelled by it; 0: the
  // fragment alone.
  Seconds reach{0};
  Seconds room{0};          // of what plays on either side of a blend, so much belongs to it
  std::size_t threads = 0;  // 0 = all cores
};

// Of plain crossfades, centred on the seam (planning/seam_preview.hpp). The pool must outlive it.
std::unique_ptr<SeamEar> crossfade_ear(const FragmentPool& pool, std::shared_ptr<const CriticSet> set,
                                       const EarConfig& config);

// Of blends: of the ways that a meeting without audio proposes (planning/meeting.hpp), and that one of
// the sets has learnt, the one that is heard least beside what the music at both places sounds like by
// itself (CriticSet::beside()). The pool must outlive it.
std::unique_ptr<SeamEar> blend_ear(const FragmentPool& pool, CriticSets sets, const EarConfig& config);

// Gains in dB of two fragments of a pool that play one after the other, as a mix would set them; with
// what plays of their tracks before and after them (EarConfig::reach).
std::pair<double, double> gains_between(const FragmentPool& pool, std::size_t from, std::size_t to,
                                        double target_lufs, Seconds reach = Seconds(0));

}  // namespace segue
