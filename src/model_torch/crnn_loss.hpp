// What one batch teaches the network `crnn`.
#pragma once

#include "model_torch/crnn.hpp"

namespace segue {

// A batch as tensors, and the loss over it.
struct BatchTensors {
  CrnnInput input;
  torch::Tensor past, playing, candidates;  // int64, as in TrainingBatch
  std::int64_t same = 0;
};

BatchTensors to_tensors(const CrnnNet& net, const TrainingBatch& batch, std::size_t threads);

torch::Tensor logits_of(CrnnNet& net, const BatchTensors& batch);

// logits [Q × M], column 0 the right answer; columns whose candidate is -1 do not count.
// binary:   ½ (−log σ(right) + mean over wrong answers of −log(1 − σ)), so that both weigh alike.
// listwise: (1 − w)(½ softmax cross-entropy over all + ½ over the own track) + w × the same
//           over the fragments that could lead to the right answer, w = predecessor_weight;
//           + binary_weight × binary.
torch::Tensor training_loss(const torch::Tensor& logits, const BatchTensors& batch,
                            const nlohmann::json& recipe);

}  // namespace segue
