// Networks that bring each fragment, of whatever length, to a vector of one size (its state) and
// compare vectors: what follows is what comes closest to an expectation drawn from the states before.
#pragma once

#include <span>
#include <vector>

#include "model_torch/encoder.hpp"
#include "model_torch/network.hpp"

namespace segue {

class StateNetwork : public Network {
 public:
  // [N × size()], on the device of the parameters.
  virtual torch::Tensor states(const FrameBatch& batch) = 0;
  virtual std::int64_t size() const = 0;
  virtual std::size_t context_length() const = 0;

  // What a candidate's state is multiplied with: `context` holds the states of the fragments before,
  // oldest first, one after the other. size() numbers.
  virtual std::vector<float> expectation(std::span<const float> context) const = 0;
  // The score that a product means; rises with it.
  virtual float score(float product) const { return product; }
  // The numbers of the rows of `states` in the order of what the network reads off them; empty for
  // networks that only compare.
  virtual std::vector<std::size_t> sorted(const std::vector<std::vector<float>>& states) const;

  // The same network with the same weights, on the CPU.
  virtual std::unique_ptr<StateNetwork> copy() const = 0;

  std::unique_ptr<SuccessorModel> model(ModelCard card) const override;

 protected:
  // How well each candidate of a batch follows, [Q × width]; -1 scores 0.
  torch::Tensor score_batch(const torch::Tensor& states, const TrainingBatch& batch) const;
};

float dot(std::span<const float> a, std::span<const float> b);

}  // namespace segue
