// The critic hears what could follow and helps to choose: a network that learnt to tell joined music
// from music that goes on as it was made. It shares neither tracks nor weights with the detectors that
// measure mixes afterwards (judge/detectors.hpp): it learns from the fold `critic` of a split.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "planning/fragment_pool.hpp"
#include "planning/ranking.hpp"
#include "planning/seam_ear.hpp"

namespace segue {

struct CriticConfig {
  std::size_t heard = 20;  // at each decision, the best by the network's score
  double weight = 30;      // of what it says beside the logarithm of the network's probability
  std::size_t kept = std::size_t{1} << 20;  // seams whose odds are kept, 24 bytes each
};

// Hears seams between fragments of a pool. What it heard is kept. Not thread-safe.
class Critic {
 public:
  // The pool must outlive it.
  Critic(const FragmentPool& pool, std::unique_ptr<SeamEar> ear, const CriticConfig& config);

  // Log odds that the seams are heard as joins, in steps of 1/256, so that they do not hang on the BLAS.
  std::vector<float> odds(std::span<const FragmentSeam> seams);

  // A second opinion on rankings: adds weight · log_unheard() to the scores of the first that are heard,
  // to those among them that are too short for an opinion the mean of these, and to all after them the
  // least, so that nobody gains by not being heard. Where no seam can be heard, to all what it adds
  // where it cannot tell (p = ½), so that sequences still compare.
  void judge(std::span<const RankedAfter> rankings);

  // log(1 - p), p = σ(odds) being the probability that the seam is heard.
  static double log_unheard(float odds) {
    const auto x = static_cast<double>(odds);
    return -(std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))));
  }

 private:
  struct Heard;

  Heard choose(const RankedAfter& ranking) const;
  void weigh(const Heard& chosen, std::span<const float> odds, std::span<Candidate> ranked) const;
  std::uint64_t key(const FragmentSeam& seam) const {
    return static_cast<std::uint64_t>(seam.from) * pool_.fragments().size() + seam.to;
  }

  const FragmentPool& pool_;
  std::unique_ptr<SeamEar> ear_;
  CriticConfig config_;
  std::unordered_map<std::uint64_t, float> known_;  // by (from, to)
};

}  // namespace segue
