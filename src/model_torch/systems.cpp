#include "model_torch/systems.hpp"

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"

// OpenBLAS, where it is the BLAS; its threads are its own, not OpenMP's.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

namespace segue {
namespace {

constexpr struct {
  const char* name;
  std::unique_ptr<Network> (*make)(const nlohmann::json& settings);
} kSystems[] = {
    {"autoencoder", make_autoencoder},
    {"crnn", make_crnn},
    {"dense", make_dense},
    {"successor", make_successor},
};

}  // namespace

std::filesystem::path encoder_path(const std::filesystem::path& weights) {
  std::filesystem::path encoder = weights;
  return encoder.replace_extension(".encoder.pt");
}

std::unique_ptr<Network> make_network(const std::string& system, const nlohmann::json& settings) {
  for (const auto& known : kSystems) {
    if (system == known.name) return known.make(settings);
  }
  throw Error(
      ErrorKind::model,
      "is of a system that this segue does not know ('" + printable(std::string_view(system)) + "')", {},
      "choose another model with --model, or update segue");
}

ModelCard read_card_of(const std::filesystem::path& weights) {
  if (!std::filesystem::exists(weights)) {
    throw Error(ErrorKind::model, "is missing", weights,
                "train again, or choose another model with --model");
  }
  ModelCard card = ModelCard::read(card_path(weights));
  const ContentHash hash = hash_file(weights);
  if (card.weights != ContentHash{} && card.weights != hash) {
    throw Error(ErrorKind::model, "is not the file that its card describes", weights,
                "train again, or choose another model with --model");
  }
  card.weights = hash;
  return card;
}

std::shared_ptr<const Pretrained> load_encoder_of(const std::filesystem::path& weights,
                                                  const ModelCard& card) {
  if (card.recipe.value("encoder", "") != "pretrained") return nullptr;
  auto encoder = Pretrained::load(encoder_path(weights));
  if (encoder->hash().hex() != card.recipe.value("encoder_hash", "")) {
    throw Error(ErrorKind::model, "is not the encoder that the weights were learnt with",
                encoder->file(), "put the right one beside them, or train again");
  }
  return encoder;
}

std::unique_ptr<SuccessorModel> load_network(const std::filesystem::path& weights) {
  const std::filesystem::path file = card_path(weights);
  try {
    const ModelCard card = read_card_of(weights);
    const std::unique_ptr<Network> net = make_network(card.system, card.recipe);
    net->pretrained = load_encoder_of(weights, card);
    load_weights(*net, weights);
    return net->model(card);
  } catch (const Error& error) {
    if (!error.file().empty()) throw;
    throw Error(ErrorKind::model, error.problem(), file, error.remedy());
  }
}

void use_threads(std::size_t threads) {
  const int count = static_cast<int>(threads == 0 ? core_count() : threads);
  at::set_num_threads(count);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(count);
}

}  // namespace segue
