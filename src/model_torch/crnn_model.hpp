// The network `crnn` behind the face of every successor model.
#pragma once

#include <memory>

#include "model/successor_model.hpp"
#include "model_torch/crnn.hpp"

namespace segue {

class CrnnModel : public SuccessorModel {
 public:
  // Works on a copy of the network, on the CPU.
  CrnnModel(const CrnnNet& net, ModelCard card);

  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override;
  // Keeps at most `cache_bytes` of encoded fragments, the least recently used go first.
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard,
                                               std::size_t threads) const override;

  std::size_t cache_bytes = std::size_t{512} << 20;

 private:
  ModelCard card_;
  std::unique_ptr<CrnnNet> net_;
};

}  // namespace segue
