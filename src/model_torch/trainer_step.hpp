// What one batch teaches.
#pragma once

#include "model_torch/crnn.hpp"
#include "training/sampler.hpp"

namespace segue {

// From now on freed memory stays with the process. A step frees and takes tens of megabytes again
// and again; giving them back to the system each time costs a tenth of the step.
void keep_freed_memory();

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

// AdamW without decay on biases is not worth its complexity: one group, all parameters.
torch::optim::AdamW make_optimizer(CrnnNet& net, const nlohmann::json& recipe);

// Backpropagates, clips and steps. Returns the loss.
double optimize(CrnnNet& net, torch::optim::Optimizer& optimizer, const torch::Tensor& loss,
                double learning_rate, const nlohmann::json& recipe);

}  // namespace segue
