// The network `crnn` behind the face of every successor model.
#pragma once

#include <memory>

#include "model/successor_model.hpp"
#include "model_torch/crnn.hpp"

namespace segue {

// Torch and its BLAS work on `threads` threads from now on (process-wide).
void use_threads(std::size_t threads);

class CrnnModel : public SuccessorModel {
 public:
  // Reads the card beside the weights, then the weights. Throws Error(model).
  static std::unique_ptr<CrnnModel> load(const std::filesystem::path& weights);
  // Works on a copy of the network, on the CPU.
  CrnnModel(const CrnnNet& net, ModelCard card);

  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override;
  // Keeps at most `cache_bytes` of encoded fragments, the least recently used go first.
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard,
                                               std::size_t threads) const override;

  std::size_t cache_bytes = std::size_t{512} << 20;

 private:
  explicit CrnnModel(ModelCard card);

  ModelCard card_;
  std::unique_ptr<CrnnNet> net_;
};

}  // namespace segue
