// What detectors and critics learn from: joins that systems choose, random ones, hard cuts, and music
// that goes on as it was made. Internal to judge.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "judge/detectors.hpp"
#include "judge/join_chooser.hpp"

namespace segue {

enum class Sound : std::uint8_t { random, chosen, hard_cut, passage, faded, untouched };

struct JoinExamples {
  std::vector<SeamWindow> windows;
  std::vector<std::uint8_t> joined;
  std::vector<Sound> sounds;

  std::size_t joins() const {
    return static_cast<std::size_t>(std::count(joined.begin(), joined.end(), 1));
  }
};

class JoinExampleMaker {
 public:
  // Blends are heard as the planner hears its alternatives: as sketches, every eighth as sound. Of short
  // transitions detectors hear joins rendered as a mix is; critics hear half as previews of the plain
  // fades of collages and half as sketches of two that meet.
  JoinExampleMaker(const DetectorTraining& training, Library& library);

  // For a critic, the planner's choices are among the joins, from track to track and within tracks as in
  // a mix; from now on those that it makes with these critics.
  void choose_by(std::shared_ptr<const CriticSet> critics) { critics_ = std::move(critics); }

  // About `joins` of each way of choosing together, and as many passages. with_controls: the random
  // joins' true continuations as well, through the fade and untouched.
  void add(const std::vector<LibraryTrack>& tracks, const Segmentation& segmentation, std::size_t joins,
           std::uint64_t seed, bool with_controls, JoinExamples& examples);

 private:
  struct System {
    std::unique_ptr<SuccessorModel> model;
    Sound sound;
  };

  void add_system(const std::string& name, Sound sound);
  // None for blends that there is no room for.
  std::vector<std::optional<SeamWindow>> hear_all(const FragmentPool& pool, const JoinList& list,
                                                  std::uint64_t seed) const;

  const DetectorTraining& training_;
  Library& library_;
  std::vector<System> systems_;
  std::unique_ptr<SuccessorModel> planner_;  // of a critic
  std::shared_ptr<const CriticSet> critics_;
};

}  // namespace segue
