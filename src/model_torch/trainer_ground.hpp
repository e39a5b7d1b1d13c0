// What a training run stands on beside its music. Internal to the trainer.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "model/model_card.hpp"
#include "model_torch/pretrained.hpp"
#include "training/training_request.hpp"

namespace segue {

// The card of the weights to begin with, if there are any. Throws Error(model) if they are missing or
// damaged, Error(usage) if the recipe is of another system.
std::optional<ModelCard> base_of(const TrainingRequest& request);

// The pretrained encoder: that of the base, or the one asked for; null if there is none. Throws
// Error(usage) if recipe and encoder do not fit, Error(model).
std::shared_ptr<const Pretrained> encoder_of(const TrainingRequest& request,
                                             const std::optional<ModelCard>& base);

// The recipe's settings, and what the network must know of data and encoder to be made again.
nlohmann::json network_settings(const TrainingRequest& request, const Pretrained* encoder);

// "cpu", "cuda", "auto". Throws Error(usage) if there is none such.
torch::Device find_device(const std::string& name);

}  // namespace segue
