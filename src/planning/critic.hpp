// The critic hears what could follow and helps to choose: a network that learnt to tell joined music
// from music that goes on as it was made. It shares neither tracks nor weights with the detectors that
// measure mixes afterwards (judge/detectors.hpp): it learns from the fold `critic` of a split.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "evaluation/seam_detector.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/ranking.hpp"
#include "planning/seam_preview.hpp"

namespace segue {

// Critics that learnt crossfades of one length. On disk: the folder KIND ("100ms") with
// FAMILY.safetensors and FAMILY.card.json for each family.
struct CriticSet {
  Seconds transition{0};
  std::filesystem::path folder;
  std::vector<std::unique_ptr<SeamDetector>> critics;

  // Log odds that each window holds a join: the mean of all critics'.
  std::vector<float> odds(std::span<const SeamWindow> windows) const;
};

// $XDG_DATA_HOME/segue/critics, and all folders that hold sets: that one, then segue's own.
std::filesystem::path user_critics_folder();
std::vector<std::filesystem::path> critics_folders();

// The set in one folder. Throws Error(model) if it holds none, or damaged weights.
std::shared_ptr<const CriticSet> load_critics(const std::filesystem::path& folder, Seconds transition);

// Those that learnt the crossfades nearest in length to this one, at most a fifth or .15 s off
// (evaluation/seam_sets.hpp). folder: holds sets by kind; where it is empty, the user's and then
// segue's own are looked through. Null if there are none. Throws Error(model) if weights are damaged.
std::shared_ptr<const CriticSet> find_critics(Seconds fade, const std::filesystem::path& folder = {});

// The same, but throws Error(model) telling how to teach them if there are none.
std::shared_ptr<const CriticSet> require_critics(Seconds fade, const std::filesystem::path& folder = {});

// All sets that choose among ways to join (planning/arranger.hpp): one for each kind. Throws
// Error(model) if weights are damaged.
std::vector<std::shared_ptr<const CriticSet>> find_join_critics(
    const std::filesystem::path& folder = {});

// Gains in dB of two fragments of a pool that play one after the other, as a mix would set them; with
// what plays of their tracks before and after them (CriticConfig::reach).
std::pair<double, double> gains_between(const FragmentPool& pool, std::size_t from, std::size_t to,
                                        double target_lufs, Seconds reach = Seconds(0));

struct CriticConfig {
  std::size_t heard = 20;  // at each decision, the best by the network's score
  double weight = 30;      // of what it says beside the logarithm of the network's probability
  Seconds fade{0.1};
  double target_lufs = -16;
  // Of the track on either side of a seam a mix plays this much at least, and is levelled by it; 0: the
  // fragment alone.
  Seconds reach{0};
  std::size_t kept = std::size_t{1} << 20;  // seams whose odds are kept, 24 bytes each
  std::size_t threads = 0;                  // that preview; 0 = all cores
};

// Hears seams between fragments of a pool. What it heard is kept. Not thread-safe.
class Critic {
 public:
  // Music on either side of a fade that it must hear to have an opinion: critics learn no less.
  static constexpr Seconds kLeastHeard{1};

  // The pool must outlive it.
  Critic(const FragmentPool& pool, std::shared_ptr<const CriticSet> set, const CriticConfig& config);

  // Log odds that the seams from the end of `from` to the beginnings of `to` are heard as joins, in
  // steps of 1/256, so that they do not hang on the BLAS.
  std::vector<float> odds(std::size_t from, std::span<const std::size_t> to);

  // A second opinion on a ranking, best first: adds weight · log_unheard() to the scores of the first
  // that are heard, to those among them that are too short for an opinion the mean of these, and to all
  // after them the least, so that nobody gains by not being heard. Where no seam can be heard, to all
  // what it adds where it cannot tell (p = ½), so that sequences still compare.
  void judge(std::size_t last, std::span<Candidate> ranked);

  // log(1 - p), p = σ(odds) being the probability that the seam is heard.
  static double log_unheard(float odds) {
    const auto x = static_cast<double>(odds);
    return -(std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))));
  }

 private:
  enum class Side { before, after };  // of the seam

  SeamWindow preview(std::size_t from, std::size_t to) const;
  Seconds heard_of(std::size_t fragment, Side side) const;
  bool has_opinion(std::size_t fragment, Side side) const;

  const FragmentPool& pool_;
  std::shared_ptr<const CriticSet> set_;
  CriticConfig config_;
  std::unordered_map<std::uint64_t, float> known_;  // by (from, to)
};

}  // namespace segue
