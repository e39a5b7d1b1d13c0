// One decoding pass over a file: what stands behind analyze_file() and
// add_music() (analysis/analyzer.hpp).
#pragma once

#include "analysis/analyzer.hpp"

namespace segue {

TrackAnalysis analyze_decoded_file(const std::filesystem::path& file, const TrackId& track,
                                   const std::filesystem::path& features_folder);
MusicTraits add_decoded_music(const std::filesystem::path& file, const FeatureFile& features);

}  // namespace segue
