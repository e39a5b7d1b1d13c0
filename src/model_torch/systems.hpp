// Which networks there are. A new system is one file that ends in a function like these, and one line
// in systems.cpp.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "model_torch/network.hpp"

namespace segue {

// settings: of a recipe or card, with `songs`, the number of songs on the train side. The parameters
// are drawn from torch's generator. Throws Error(model) if a setting is missing or out of range.
std::unique_ptr<Network> make_crnn(const nlohmann::json& settings);
std::unique_ptr<Network> make_dense(const nlohmann::json& settings);
std::unique_ptr<Network> make_autoencoder(const nlohmann::json& settings);
std::unique_ptr<Network> make_successor(const nlohmann::json& settings);

// By name. Throws Error(model) too if there is no such system.
std::unique_ptr<Network> make_network(const std::string& system, const nlohmann::json& settings);

// Where the pretrained encoder of these weights lies, if they have one: NAME.encoder.pt beside them.
std::filesystem::path encoder_path(const std::filesystem::path& weights);

// The card beside the weights, `weights` filled in where it does not say. Throws Error(model) if either
// is missing or they do not belong together.
ModelCard read_card_of(const std::filesystem::path& weights);

// The pretrained encoder beside the weights; null if theirs is none. Throws Error(model).
std::shared_ptr<const Pretrained> load_encoder_of(const std::filesystem::path& weights,
                                                  const ModelCard& card);

// Reads the card beside the weights, then the weights. Throws Error(model).
std::unique_ptr<SuccessorModel> load_network(const std::filesystem::path& weights);

// Torch and its BLAS work on `threads` threads from now on (process-wide); 0: all cores.
void use_threads(std::size_t threads);

}  // namespace segue
