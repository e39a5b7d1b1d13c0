#include "planning/critic_sets.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "evaluation/seam_sets.hpp"
#include "model/plugin.hpp"
#include "planning/meeting.hpp"

namespace segue {
namespace fs = std::filesystem;

std::vector<float> CriticSet::odds(std::span<const SeamWindow> windows) const {
  std::vector<float> sum(windows.size(), 0.0f);
  for (const auto& critic : critics) {
    const std::vector<float> some = critic->score(windows);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += some[i] / static_cast<float>(critics.size());
  }
  if (!std::all_of(sum.begin(), sum.end(), [](float odds) { return std::isfinite(odds); }))
    throw Error(ErrorKind::model, "the critic gave odds that are no number", folder,
                "teach critics again, or choose with --critic off");
  return sum;
}

std::vector<float> odds_of(std::vector<HeardBy> windows) {
  std::map<const CriticSet*, std::vector<std::size_t>> by_set;
  for (std::size_t i = 0; i < windows.size(); ++i) by_set[windows[i].critics].push_back(i);
  std::vector<float> odds(windows.size());
  for (const auto& [set, places] : by_set) {
    std::vector<SeamWindow> own;
    own.reserve(places.size());
    for (const std::size_t place : places) own.push_back(std::move(windows[place].window));
    const std::vector<float> some = set->odds(own);
    for (std::size_t i = 0; i < places.size(); ++i) odds[places[i]] = some[i];
  }
  return odds;
}

float CriticSet::beside(float join, std::optional<float> by_itself_out,
                        std::optional<float> by_itself_in) const {
  const auto usual = static_cast<float>(passages);
  const float known = (by_itself_out.value_or(usual) + by_itself_in.value_or(usual)) / 2;
  return join - (known - usual);
}

fs::path user_critics_folder() { return user_data_folder() / "critics"; }
std::vector<fs::path> critics_folders() {
  return {user_critics_folder(), find_shipped("models/critics")};
}

std::shared_ptr<const CriticSet> find_critics(Seconds fade, const fs::path& folder) {
  const std::vector<fs::path> folders = folder.empty() ? critics_folders() : std::vector{folder};
  const auto place = nearest_set(fade, folders, [fade](Seconds kind) {
    return covers(kind, fade) || std::abs((kind - fade).count()) <= 0.15;
  });
  return place ? load_critics(place->folder, place->transition) : nullptr;
}

CriticSets find_join_critics(const fs::path& folder) {
  const std::vector<fs::path> folders = folder.empty() ? critics_folders() : std::vector{folder};
  CriticSets sets;
  for (const SeamSet& place : seam_sets(folders)) {
    const std::vector<Seconds> lengths = ProposalConfig{}.lengths;
    if (std::none_of(lengths.begin(), lengths.end(),
                     [&](Seconds length) { return covers(place.transition, length); }))
      continue;
    const bool known = std::any_of(sets.begin(), sets.end(),
                                   [&](const auto& set) { return set->transition == place.transition; });
    if (!known) sets.push_back(load_critics(place.folder, place.transition));
  }
  return sets;
}

std::shared_ptr<const CriticSet> require_critics(Seconds fade, const fs::path& folder) {
  if (auto critics = find_critics(fade, folder)) return critics;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", fade.count());
  throw Error(
      ErrorKind::model, std::string("no critic has learnt crossfades of ") + seconds + " s", folder,
      std::string("teach one: segue judge --learn --critic MUSIC… --split FILE --crossfade ") + seconds);
}

std::shared_ptr<const CriticSet> load_critics(const fs::path& folder, Seconds transition) {
  auto set = std::make_shared<CriticSet>();
  set->transition = transition;
  set->folder = folder;
  std::vector<fs::path> weights;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
    if (it->path().extension() == ".safetensors") weights.push_back(it->path());
  std::sort(weights.begin(), weights.end());
  for (const fs::path& file : weights) {
    try {
      set->critics.push_back(learning_plugin().load_detector(file));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::model) throw;
      throw Error(ErrorKind::model, error.problem(), error.file(),
                  "teach critics again with segue judge --learn --critic, or mix with --critic off");
    }
  }
  if (set->critics.empty()) {
    throw Error(ErrorKind::model, "holds no critic", folder, "remove it, or teach critics again");
  }
  for (const auto& critic : set->critics) {
    const nlohmann::json& metrics = critic->card().metrics;
    const auto passages = metrics.find("odds_of_passages");
    if (passages != metrics.end() && passages->is_number())
      set->passages += passages->get<double>() / static_cast<double>(set->critics.size());
  }
  return set;
}

const CriticSet* set_for(const CriticSets& sets, Seconds length) {
  const CriticSet* nearest = nullptr;
  for (const auto& set : sets) {
    if (!covers(set->transition, length)) continue;
    if (nearest == nullptr ||
        std::abs((set->transition - length).count()) < std::abs((nearest->transition - length).count()))
      nearest = set.get();
  }
  return nearest;
}

}  // namespace segue
