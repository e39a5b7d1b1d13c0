// What the card of a training run says before anything is measured. Internal to the trainer.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "model/model_card.hpp"
#include "training/training_request.hpp"

namespace segue {

// settings: what the network was made of. base: of the weights that the run began with, whose tracks
// remain known; a track that taught once keeps the side "train". No metrics, no hash yet.
ModelCard card_of(const TrainingRequest& request, const nlohmann::json& settings,
                  const std::optional<ModelCard>& base);

}  // namespace segue
