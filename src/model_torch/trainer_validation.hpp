// How a training run measures itself on its validation side. Internal to the trainer.
#pragma once

#include <optional>

#include "model_torch/network.hpp"
#include "training/training_request.hpp"

namespace segue {

class Validation {
 public:
  // The request must outlive it.
  explicit Validation(const TrainingRequest& request);

  void embed_by(EmbeddingOf embedding) { sampler_.embed_by(std::move(embedding)); }
  const FragmentSet& fragments() const { return fragments_; }
  std::size_t batches() { return sampler_.begin_epoch(0); }

  // The mean over all batches; none where the labels that are learnt hold for the train side alone.
  // The network is left in evaluation mode, as by auc().
  std::optional<double> loss(Network& net);
  // Of the true next fragment against random ones of the same track; the mean over the recipe's guards.
  // What epochs are compared by.
  double auc(Network& net) const;
  // Everything that transitions are measured by, without ("g0") and with guard ("g116") where fragments
  // allow it.
  nlohmann::json measure(const Network& net, const ModelCard& card) const;

 private:
  bool hears_something(const Network& net, Hop guard) const;

  const TrainingRequest& request_;
  Sampler sampler_;
  FragmentSet fragments_;
};

}  // namespace segue
