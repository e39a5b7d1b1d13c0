// Which systems there are and where their weights lie.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/successor_model.hpp"

namespace segue {

// The weights for a name: a path to a .safetensors file, or the name of a bundled model
// ("successor", "crnn-report"), or of a system ("crnn": its bundled weights with the best validation
// AUC, by their cards).
// Throws Error(model) that lists the names there are.
std::filesystem::path find_weights(const std::string& name_or_path);

// As find_weights(), for weights that shall go on to learn; "bundled" means kDefaultModel. Throws
// Error(usage) for systems that learn nothing, too.
std::filesystem::path find_weights_to_adapt(const std::string& name_or_path);

// Names of the bundled models, sorted.
std::vector<std::string> bundled_models();

inline constexpr const char* kDefaultModel = "successor";

// Its card, without loading anything else; of a system that needs no weights ("random", "edge"), a
// card that knows no track. Throws Error(model).
ModelCard find_card(const std::string& name_or_path);

// Whether its scores can be joined by what the waveform says (model/continuity.hpp): those of
// `successor`.
bool can_hear_waveform(const ModelCard& card);

// As find_card(), then loads the plugin where weights are needed. `waveform`: a system that can hears
// it, too.
std::unique_ptr<SuccessorModel> load_model(const std::string& name_or_path, bool waveform = false);

}  // namespace segue
