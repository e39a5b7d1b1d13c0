// What changes at the seams of a recording, in numbers that mean something to a listener. Any recording:
// a mix of segue's with its plan, or a set that somebody mixed by hand, with the times of its seams.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "features/music.hpp"
#include "plan/plan.hpp"

namespace segue {

// Where one track goes over into the next, in seconds of the recording. A cut has no length.
struct SeamTime {
  Seconds begin{0};
  Seconds end{0};
  std::string out, in;  // what the tracks are called; may be empty

  Seconds middle() const { return (begin + end) / 2; }
};

// Of one seam; what cannot be heard (no beat, no key, silence, too close to another seam or the
// recording's end) is not there.
struct SeamMeasure {
  SeamTime time;
  // BPM by the beats of up to 16 s before and after the transition, and by how much the second exceeds
  // the first: .05 is 5 %. Half and double tempo count as equal. At which of two tempi in the ratio of
  // two to three a passage goes, the whole track tells, where there is a plan.
  std::optional<double> tempo_before, tempo_after, tempo_change;
  // By how much a source's own speed was changed, at most, of both: from the plan.
  std::optional<double> stretch;
  // ms, at the middle of the transition: between the beats of both tracks (seam_beats.hpp), as each
  // sounds alone in the rendering; where they are heard to have two tempi there, and the transition is
  // no cut, half a beat. None where one of them is no track with a beat as a whole, or where both
  // together are not what the recording plays in the middle of the transition. Without a plan,
  // between the beats that go on from before and those after.
  std::optional<double> misalignment;
  // As they sound in the transition: a shift of keys counts. By the whole tracks, where there is a plan.
  std::optional<Key> key_before, key_after;
  std::optional<int> key_distance;  // key_distance(): 0 or 1 go together
  // LU: of the 3 s before the transition and after it. segue levels by these very seconds; what it gives
  // back later is not in it.
  std::optional<double> loudness_step;
  // Moments in the recording, in seconds, at which beats of both tracks fall about the transition, by
  // what `misalignment` is measured; empty where it is not.
  std::vector<double> beats_out, beats_in;
  // Distance of the mean spectra of 2 s before and after the transition, as a percentile of such
  // distances, as far apart, inside the tracks of this recording: 50 is what music does by itself.
  std::optional<double> spectral_jump;
};

struct RecordingMeasures {
  std::vector<SeamMeasure> seams;
  Seconds duration{0};
  double true_peak_dbtp = 0;
  double integrated_lufs = 0;
  // With a plan, or where all tracks have names: tracks that are heard; returns of a track that was
  // heard before; and, if the plan says so, of how many tracks it could choose.
  std::optional<std::size_t> tracks, returns, tracks_to_choose;
};

// plan: the recording's own, or null. Holds some 320 MB an hour of the recording. Throws Error(input) if
// the file cannot be read, or ends before a seam.
RecordingMeasures measure_recording(const std::filesystem::path& file,
                                    const std::vector<SeamTime>& seams, const Plan* plan = nullptr,
                                    std::size_t threads = 0);

// When the transitions of a plan sound.
std::vector<SeamTime> seam_times(const Plan& plan);
// From a CUE sheet or an Audacity label track beside the file (SET.cue, SET.txt, SET.labels.txt), where
// tracks begin: each seam is 16 s about that. Empty if there is none. Throws Error(input) naming the
// line that makes no sense, or a file that tells of fewer than two tracks, or of two that begin within a
// second.
std::vector<SeamTime> seam_times_beside(const std::filesystem::path& file);

// Shares of seams that are as good as a listener would ask for; of those where it could be heard.
struct MeasureSummary {
  struct Share {
    const char* name = "";  // "tempo within 5 %"
    double share = 0;       // 0 … 1
    std::size_t of = 0;     // seams
    double human = -1;      // what human DJs reach (Kim et al., ISMIR 2020), where that is known
  };
  std::vector<Share> shares;
};
MeasureSummary summarize(const RecordingMeasures& measures);

// "12 of 79 tracks (15 %), 0 returns"; empty where tracks are not known.
std::string told_diversity(const RecordingMeasures& measures);

// Keys by the names of the members, and track_share (0 … 1), shares.
void to_json(nlohmann::json& json, const RecordingMeasures& measures);

}  // namespace segue
