// Where a mix goes: an audio file and its companions.
#pragma once

#include <filesystem>
#include <string>

#include "audio/encoder.hpp"
#include "plan/plan.hpp"

namespace segue {

struct MixReport {
  double integrated_lufs = 0;  // of the result, measured
  double true_peak_dbtp = 0;
  PcmFrame pcm_frames = 0;
};

// Renders a plan into a file; shows progress; the file appears only when whole.
// Throws what Renderer and AudioEncoder throw, and Error(interrupted).
MixReport write_mix(const Plan& plan, const std::filesystem::path& target, EncodingConfig encoding);

// A CUE sheet with an entry wherever the track changes; FILE names `audio` without its folder.
std::string cue_sheet(const Plan& plan, const std::filesystem::path& audio);

}  // namespace segue
