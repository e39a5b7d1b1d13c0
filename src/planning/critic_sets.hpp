// Critics as they lie on disk, by the length of the transitions that they learnt.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/seam_detector.hpp"

namespace segue {

// Critics that learnt transitions of one kind. On disk: the folder KIND ("100ms") with NAME.safetensors
// and NAME.card.json for each of them.
struct CriticSet {
  Seconds transition{0};
  std::filesystem::path folder;
  std::vector<std::unique_ptr<SeamDetector>> critics;

  // Mean log odds of music that goes on, on the validation side; 0 where the cards do not tell.
  double passages = 0;

  // Log odds that each window holds a join: the mean of all critics'. Throws Error(model) if they are no
  // numbers.
  std::vector<float> odds(std::span<const SeamWindow> windows) const;

  // Of a join, held against the places that it joins: where music by itself sounds like a join, one is
  // heard less. by_itself: the odds of music that goes on at both places; none where that is not known.
  float beside(float join, std::optional<float> by_itself_out, std::optional<float> by_itself_in) const;
};

// One set for each of several kinds of transition.
using CriticSets = std::vector<std::shared_ptr<const CriticSet>>;

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
CriticSets find_join_critics(const std::filesystem::path& folder = {});

// Of these sets the one whose kind stands for transitions of this length, the nearest; null if none.
const CriticSet* set_for(const CriticSets& sets, Seconds length);

// Windows that different sets are to hear: their log odds, in order. Throws as CriticSet::odds().
struct HeardBy {
  const CriticSet* critics = nullptr;  // not null
  SeamWindow window;
};
std::vector<float> odds_of(std::vector<HeardBy> windows);

}  // namespace segue
