// Detectors for a kind of transition: where they lie and how they are taught.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluation/seam_detector.hpp"
#include "evaluation/seam_sets.hpp"
#include "library/library.hpp"

namespace segue {

// Families of detectors; each set has one of each.
inline constexpr const char* kDetectorFamilies[] = {"contrast", "cnn"};

// Detectors that learnt one kind of transition. On disk: the folder KIND ("100ms") with
// FAMILY.safetensors and FAMILY.card.json for each, and curve.csv.
struct DetectorSet {
  Seconds transition{0};
  std::filesystem::path folder;
  std::vector<std::unique_ptr<SeamDetector>> detectors;

  // Whether a detector has heard one of these tracks.
  bool knows_any(std::span<const TrackId> tracks) const;
  // Tells on standard error if this model's choices are not among the joins that they learnt from.
  void warn_unless_heard(const std::string& model) const;
};

// Where the set for a fade lies, if there is one; as find_detectors().
std::optional<SeamSet> locate_detectors(Seconds fade, const std::filesystem::path& folder = {});

// Those for crossfades of this length: taught with ones at most a fifth longer or shorter; hard
// cuts (0) go to those of up to 150 ms, as every set has heard hard cuts. folder: holds sets by kind;
// where it is empty, segue's own and then the user's are looked through. Throws Error(model)
// telling how to teach them if there are none.
DetectorSet find_detectors(Seconds fade, const std::filesystem::path& folder = {});

// $XDG_DATA_HOME/segue/detectors, and all folders that hold sets: segue's own, then that one.
std::filesystem::path user_detectors_folder();
std::vector<std::filesystem::path> detectors_folders();

struct DetectorTraining {
  std::vector<LibraryTrack> tracks;      // that teach
  std::vector<LibraryTrack> also;        // in each round at most as many of these teach too, drawn anew
  std::vector<LibraryTrack> validation;  // that tell whether more joins bring anything
  Seconds transition{0.1};
  std::vector<std::string> systems;  // whose choices are heard beside random ones; by name
  std::size_t round = 850;           // joins of one way of cutting the tracks
  std::size_t most_rounds = 8;
  int steps = 1200;  // of critics before the last round a fourth
  std::uint64_t seed = 1;
  std::size_t threads = 0;
  std::string command;  // for the cards
  // Teaches what helps to choose (planning/critic.hpp) instead of what measures: it hears seams as the
  // planner does. In each round a third as many joins again are what the planner chooses from track to
  // track, and as many within tracks; from the second round on with the critic so far: of blends, it
  // chooses among the ways of joining.
  bool critic = false;

  // Whether what is taught are blends, of all lengths that this kind stands for.
  bool blends() const { return transition >= kLeastOfBlends; }
};

// What so many joins brought, in AUC on the validation tracks.
struct LearningPoint {
  std::string family;
  std::size_t joins = 0;
  double random = 0;        // random joins against continuous passages
  double chosen = 0;        // the systems' choices
  double hard_cuts = 0;     // hard cuts between random places
  double continuation = 0;  // music that goes on through a fade against music untouched
};

// Keys joins, auc_random, auc_chosen, auc_hard_cuts, auc_continuation, detector (its family).
void to_json(nlohmann::json& json, const LearningPoint& point);

// Teaches a detector of each family with 1, 2, 4 … rounds of joins: of each system as many, at random
// twice that, hard cuts twice that; beside all but the hard cuts as many continuous passages, half of
// them through the same fade. Ends when twice the joins raise the AUC of neither the systems' choices
// nor hard cuts by .005 (a critic: never), or with the rounds; of blends all rounds teach at once. Says
// beforehand how long it takes. Leaves the set in folder/KIND. Throws Error(input) for too little music
// or a track that has taught critics (teaching a critic: detectors) that are found without being named,
// Error(output), Error(interrupted).
std::vector<LearningPoint> train_detectors(const DetectorTraining& training, Library& library,
                                           const std::filesystem::path& folder);

}  // namespace segue
