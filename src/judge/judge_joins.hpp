// Judging joins that are made for it, and those of a finished mix.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "judge/verdict.hpp"
#include "plan/plan.hpp"

namespace segue {

struct JudgeConfig {
  Segmentation segmentation;
  Seconds fade{0.1};        // 0 … 64 s
  std::size_t count = 250;  // joins of each sort
  std::uint64_t seed = 1;
  std::size_t threads = 0;
  std::filesystem::path detectors;  // folder; empty: segue's own and the user's
  std::filesystem::path critics;    // the same for those that help to choose
  double edge_weight = 0.5;         // of SYSTEM+edge; as MixConfig::edge_weight
  bool allow_known = false;         // tracks that the detectors have heard
};

// Makes the joins that these systems choose among the tracks ("random" is always beside them; "true" is
// the true continuation through the same fade; SYSTEM+critic hears its best
// alternatives, as a mix does; SYSTEM+edge and SYSTEM+edge+critic look at the edges as well) and hears
// them. Throws Error(input) for too little music, or tracks that the detectors have heard.
Verdict judge_joins(const std::vector<std::string>& systems, Library& library,
                    const std::vector<LibraryTrack>& tracks, const JudgeConfig& config);

struct Recording {
  std::filesystem::path file;
  Plan plan;  // that it is a rendering of
};

// The seams of renderings of plans, heard in the files themselves. Beside them, through the same
// renderer and the encoder of the first: random joins, hard cuts and continuations of the same sources.
// One verdict for each kind of transition that enough seams have; those of other seams are counted in
// `unjudged`. Throws Error(input) if a file is no rendering of its plan, or a source is gone.
struct RecordingVerdict {
  // A seam of a kind that was judged.
  struct Seam {
    std::size_t recording = 0;
    Seconds middle{0};  // of its transition
    double heard = 0;   // share of the passages that sound less like a join, 0 … 1
  };

  std::vector<Verdict> kinds;
  std::vector<Seam> heard;  // by kind; only of kinds with a valid detector
  std::size_t seams = 0;
  std::size_t unjudged = 0;
  std::string why_not;  // it cannot be said how audible they are, where `kinds` is empty

  // Of the seam whose transition has its middle there; none if it was not judged.
  std::optional<double> heard_at(std::size_t recording, Seconds middle) const;
};
RecordingVerdict judge_recordings(const std::vector<Recording>& recordings, const JudgeConfig& config);

}  // namespace segue
