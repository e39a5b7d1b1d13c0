#include "analysis/analyzer.hpp"

#include "analysis/analysis_plugin.hpp"
#include "audio/decoding_plugin.hpp"
#include "base/shared_object.hpp"

namespace segue {

TrackAnalysis analyze_file(const std::filesystem::path& file, const TrackId& track,
                           const std::filesystem::path& features_folder) {
  using Entry = const AnalysisPlugin* (*)();
  static const AnalysisPlugin* const plugin =
      reinterpret_cast<Entry>(shipped_symbol(kMediaPlugin, "segue_analysis_plugin"))();
  return plugin->analyze_file(file, track, features_folder);
}

}  // namespace segue
