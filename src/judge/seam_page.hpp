// All seams of a mix on one page, to look at and to listen to.
#pragma once

#include <filesystem>

#include "judge/judge_joins.hpp"
#include "judge/seam_measures.hpp"

namespace segue {

// One HTML file that needs nothing else: of each seam a spectrogram with beats and fades drawn over it,
// its figures, and a player of the transition and 8 s on either side; at the top what was measured of
// the whole. recording: of the plan. Throws Error(input), Error(output).
void write_seam_page(const std::filesystem::path& file, const std::filesystem::path& recording,
                     const Plan& plan, const RecordingMeasures& measures,
                     const RecordingVerdict& verdict);

}  // namespace segue
