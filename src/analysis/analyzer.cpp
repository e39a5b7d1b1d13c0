#include "analysis/analyzer.hpp"

#include "analysis/analysis_plugin.hpp"
#include "audio/decoding_plugin.hpp"
#include "base/shared_object.hpp"

namespace segue {
namespace {

const AnalysisPlugin& plugin() {
  using Entry = const AnalysisPlugin* (*)();
  static const AnalysisPlugin* const loaded =
      reinterpret_cast<Entry>(shipped_symbol(kMediaPlugin, "segue_analysis_plugin"))();
  return *loaded;
}

}  // namespace

TrackAnalysis analyze_file(const std::filesystem::path& file, const TrackId& track,
                           const std::filesystem::path& features_folder) {
  return plugin().analyze_file(file, track, features_folder);
}

MusicTraits add_music(const std::filesystem::path& file, const FeatureFile& features) {
  return plugin().add_music(file, features);
}

}  // namespace segue
