#include "model_torch/trainer_ground.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "model_torch/systems.hpp"
#include "training/sampler.hpp"

namespace segue {

std::optional<ModelCard> base_of(const TrainingRequest& request) {
  if (request.from.empty()) return std::nullopt;
  ModelCard card = read_card_of(request.from);
  if (card.system == request.recipe.system()) return card;
  throw Error(ErrorKind::usage, "is of the system " + card.system + ", the recipe is not", request.from,
              "leave the recipe to the weights");
}

std::shared_ptr<const Pretrained> encoder_of(const TrainingRequest& request,
                                             const std::optional<ModelCard>& base) {
  if (base && request.encoder.empty()) return load_encoder_of(request.from, *base);
  const bool needed = request.recipe.settings().value("encoder", "") == "pretrained" && !base;
  if (needed == !request.encoder.empty()) return needed ? Pretrained::load(request.encoder) : nullptr;
  if (!needed) {
    throw Error(ErrorKind::usage,
                base ? "is another encoder than that of the weights to begin with"
                     : "the recipe does not use an encoder from a file",
                request.encoder, base ? "leave it out" : "set encoder=pretrained");
  }
  throw Error(ErrorKind::usage, "the recipe's encoder is pretrained, but none is given", {},
              "add --encoder FILE.pt");
}

nlohmann::json network_settings(const TrainingRequest& request, const Pretrained* encoder) {
  nlohmann::json settings = request.recipe.settings();
  settings["songs"] = songs_of(request.manifest, Side::train).size();
  if (encoder != nullptr) {
    settings["embedding"] = encoder->width();
    settings["encoder_hash"] = encoder->hash().hex();
  }
  return settings;
}

torch::Device find_device(const std::string& name) {
  if (name == "cpu" || (name == "auto" && !torch::cuda::is_available())) return torch::kCPU;
  if (name != "cuda" && name != "auto") {
    throw Error(ErrorKind::usage, "there is no device '" + printable(std::string_view(name)) + "'", {},
                "use cpu, cuda or auto");
  }
  if (!torch::cuda::is_available()) {
    throw Error(ErrorKind::usage, "this LibTorch sees no CUDA device", {}, "use --device cpu");
  }
  return torch::kCUDA;
}

}  // namespace segue
