// What detectors make of joins: how surely they tell them from music that goes on as it was made.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluation/bootstrap.hpp"
#include "judge/detectors.hpp"

namespace segue {

// Windows of one sort, each with the group (its track) that a bootstrap draws.
struct HeardSeams {
  std::vector<SeamWindow> windows;
  std::vector<std::size_t> groups;
};

// AUC of one detector: .5 = it cannot tell, 1 = it always can.
struct DetectorFigure {
  std::string detector;  // its family, or "together": the mean of their log odds
  double auc = 0;
  Interval interval;  // 95 %, bootstrap over tracks
};

struct SeamFigure {
  std::string joins;  // what was joined: "random", a system, "file"
  std::size_t n_joins = 0;
  std::size_t n_passages = 0;
  std::vector<DetectorFigure> detectors;
  std::optional<DetectorFigure> strongest;  // of the valid ones
};

// A detector's power. Its figures count only if it hears what everyone hears, and does not take the
// processing itself for a join.
struct DetectorControl {
  static constexpr double least_hard_cuts = 0.95;
  static constexpr double most_continuation = 0.57;

  std::string detector;
  double hard_cuts = 0;     // AUC of hard cuts between random places
  double continuation = 0;  // AUC of music through the same fade into its own continuation
  bool valid() const { return hard_cuts >= least_hard_cuts && continuation <= most_continuation; }
};

struct Verdict {
  Seconds fade{0};
  std::string kind;  // of the detectors, "100ms"
  std::vector<DetectorControl> controls;
  std::vector<SeamFigure> figures;
  std::size_t n_tracks = 0;

  bool valid() const;  // whether a detector is
};

// Keys: fade_s, kind, valid, detectors [{detector, auc_hard_cuts, auc_continuation, valid}], figures
// [{joins, auc, interval, detector (the strongest), by_detector, n_joins, n_passages}], n_tracks.
void to_json(nlohmann::json& json, const Verdict& verdict);

// What must be heard beside the joins judged.
struct ControlSeams {
  HeardSeams hard_cuts;  // between random places
  HeardSeams passages;   // continuous, half of them through a fade
  HeardSeams faded;      // the true continuation through the same fade
  HeardSeams untouched;  // the same passages without it
};

class Judge {
 public:
  static constexpr std::size_t least = 20;  // joins, and passages beside them

  // Hears the controls. Throws Error(input) if there are too few of a sort.
  Judge(const DetectorSet& detectors, const ControlSeams& controls, std::size_t tracks, Seconds fade,
        std::uint64_t seed);

  // Against passages at their own places. Gives for each join the share of the passages that sound less
  // like one to the detector with the highest AUC of those that are valid; nothing if none is. Throws
  // Error(input) if there are too few.
  std::vector<double> hear(const std::string& what, const HeardSeams& joins, const HeardSeams& passages);

  const Verdict& verdict() const { return verdict_; }

 private:
  // [detector][window], "together" last.
  std::vector<std::vector<float>> scores(const HeardSeams& seams) const;
  std::string name_of(std::size_t detector) const;

  const DetectorSet& detectors_;
  std::uint64_t seed_;
  Verdict verdict_;
};

}  // namespace segue
