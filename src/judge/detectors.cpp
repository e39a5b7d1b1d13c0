#include "judge/detectors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "model/plugin.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

constexpr Seconds kForHardCuts{0.15};  // sets of at most this length

bool fits(Seconds kind, Seconds fade) {
  if (fade.count() == 0) return kind <= kForHardCuts;
  return covers(kind, fade);
}

DetectorSet load_set(const SeamSet& place) {
  DetectorSet set{place.transition, place.folder, {}};
  for (const char* family : kDetectorFamilies) {
    try {
      set.detectors.push_back(
          learning_plugin().load_detector(set.folder / (std::string(family) + ".safetensors")));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::model) throw;
      throw Error(
          ErrorKind::model, error.problem(), error.file(),
          "teach these detectors again with segue judge --learn, or choose others with --detectors");
    }
  }
  return set;
}

}  // namespace

bool DetectorSet::knows_any(std::span<const TrackId> tracks) const {
  return std::any_of(detectors.begin(), detectors.end(),
                     [&](const auto& detector) { return detector->card().knows_any(tracks); });
}

void DetectorSet::warn_unless_heard(const std::string& model) const {
  for (const auto& detector : detectors) {
    const nlohmann::json& systems = detector->card().recipe.value("systems", nlohmann::json::array());
    if (model == "random" || std::find(systems.begin(), systems.end(), model) != systems.end()) continue;
    log_info("the detectors did not learn from what " + model + " chooses: they may hear less of it");
    return;
  }
}

fs::path user_detectors_folder() { return user_data_folder() / "detectors"; }
std::vector<fs::path> detectors_folders() {
  return {find_shipped("models/detectors"), user_detectors_folder()};
}

std::optional<SeamSet> locate_detectors(Seconds fade, const fs::path& folder) {
  const std::vector<fs::path> folders = folder.empty() ? detectors_folders() : std::vector{folder};
  return nearest_set(fade, folders, [fade](Seconds kind) { return fits(kind, fade); });
}

DetectorSet find_detectors(Seconds fade, const fs::path& folder) {
  if (const std::optional<SeamSet> place = locate_detectors(fade, folder)) return load_set(*place);
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", fade.count());
  throw Error(ErrorKind::model, std::string("no detectors have learnt crossfades of ") + seconds + " s",
              folder,
              std::string("teach them: segue judge --learn MUSIC… --split FILE --crossfade ") + seconds);
}

}  // namespace segue
