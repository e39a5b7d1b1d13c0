// The border to the decoder for whole-file analysis; see audio/decoding_plugin.hpp.
#pragma once

#include "analysis/analyzer.hpp"

namespace segue {

// Found in the media plugin through the C symbol `segue_analysis_plugin`.
struct AnalysisPlugin {
  TrackAnalysis (*analyze_file)(const std::filesystem::path& file, const TrackId& track,
                                const std::filesystem::path& features_folder);
  MusicTraits (*add_music)(const std::filesystem::path& file, const FeatureFile& features);
};

}  // namespace segue
