#include "model_torch/trainer_card.hpp"

#include <algorithm>

#include "base/version.hpp"

namespace segue {

ModelCard card_of(const TrainingRequest& request, const nlohmann::json& settings,
                  const std::optional<ModelCard>& base) {
  ModelCard card;
  card.name = request.recipe.name();
  card.system = request.recipe.system();
  card.command = request.command;
  card.segue_version = version();
  card.recipe = settings;
  card.recipe["seed"] = request.seed;
  card.segmentation = request.manifest.segmentation;
  if (base) {
    card.from = CardOrigin{base->name, base->weights};
    card.tracks = base->tracks;
  }
  for (const ManifestTrack& track : request.manifest.tracks) {
    if (track.side == Side::test) continue;
    const auto known = std::find_if(card.tracks.begin(), card.tracks.end(),
                                    [&](const CardTrack& other) { return other.id == track.id; });
    if (known == card.tracks.end()) {
      card.tracks.push_back({track.id, track.name, name_of(track.side), track.licence});
    } else if (track.side == Side::train) {
      known->side = name_of(Side::train);
    }
  }
  return card;
}

}  // namespace segue
