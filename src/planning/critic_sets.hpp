// Critics as they lie on disk, by the length of the transitions that they learnt.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "evaluation/seam_detector.hpp"

namespace segue {

// Critics that learnt crossfades of one length. On disk: the folder KIND ("100ms") with
// FAMILY.safetensors and FAMILY.card.json for each family.
struct CriticSet {
  Seconds transition{0};
  std::filesystem::path folder;
  std::vector<std::unique_ptr<SeamDetector>> critics;

  // On the validation side: the mean of the log odds that both critics gave joins, and how far they
  // agreed, as a correlation of two.
  double mean = 0;
  double agreement = 1;

  // Log odds that each window holds a join, as another listener may be expected to give: the mean x of
  // the critics', which those that choose by it always flatter, drawn towards the mean of all joins by
  // how little the two can be relied on (Kelley 1927: r x + (1 - r) mean; r = 2 a / (1 + a) of two that
  // agree by a, Spearman and Brown 1910).
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

// Of these sets the one whose kind stands for transitions of this length, the nearest; null if none.
const CriticSet* set_for(std::span<const std::shared_ptr<const CriticSet>> sets, Seconds length);

}  // namespace segue
