#include "model_torch/crnn_loss.hpp"

namespace segue {
namespace {

namespace F = torch::nn::functional;

torch::Tensor choose_first(const torch::Tensor& scores) {
  return -torch::log_softmax(scores, 1).select(1, 0).mean();
}

// The other way round: which of its clip's fragments leads to the true next one? Softmax over all
// queries that have it among their candidates of the same track.
torch::Tensor predecessor_loss(const torch::Tensor& open, const BatchTensors& batch) {
  const torch::Tensor own = batch.candidates.narrow(1, 0, 1 + batch.same);
  const torch::Tensor query = torch::arange(own.size(0)).unsqueeze(1).expand_as(own);
  const torch::Tensor real = own >= 0;
  const auto device = open.device();
  const torch::Tensor fragment_at = own.masked_select(real).to(device),
                      query_at = query.masked_select(real).to(device);
  const torch::Tensor scores = open.narrow(1, 0, 1 + batch.same).masked_select(real.to(device));
  torch::Tensor matrix =
      torch::full({own.max().item<std::int64_t>() + 1, own.size(0)}, -1e9, open.options());
  matrix = matrix.index_put({fragment_at, query_at}, scores);
  const torch::Tensor next = own.select(1, 0).contiguous().to(device);
  return -torch::log_softmax(matrix, 1).index({next, torch::arange(own.size(0), next.options())}).mean();
}

torch::Tensor indices(const std::vector<std::int64_t>& values, std::int64_t rows) {
  return torch::tensor(values).reshape(
      {rows, rows > 0 ? static_cast<std::int64_t>(values.size()) / rows : 0});
}

}  // namespace

BatchTensors to_tensors(const CrnnNet& net, const TrainingBatch& batch, std::size_t threads) {
  const auto queries = static_cast<std::int64_t>(batch.queries);
  BatchTensors tensors;
  tensors.input = net.prepare(batch.fragments, batch.guard, threads);
  tensors.past = indices(batch.past, queries).to(torch::kInt64);
  tensors.playing = torch::tensor(batch.playing);
  tensors.candidates = indices(batch.candidates, queries);
  tensors.same = static_cast<std::int64_t>(batch.same);
  return tensors;
}

torch::Tensor logits_of(CrnnNet& net, const BatchTensors& batch) {
  return net.forward(net.encode(batch.input), batch.past, batch.playing, batch.candidates);
}

torch::Tensor training_loss(const torch::Tensor& logits, const BatchTensors& batch,
                            const nlohmann::json& recipe) {
  const torch::Tensor present = (batch.candidates >= 0).to(logits.device());
  const torch::Tensor wrong = present.narrow(1, 1, present.size(1) - 1);
  const torch::Tensor right_loss = F::softplus(-logits.select(1, 0)).mean();
  const torch::Tensor wrong_losses = F::softplus(logits.narrow(1, 1, logits.size(1) - 1)) * wrong;
  const torch::Tensor binary = 0.5 * (right_loss + wrong_losses.sum() / wrong.sum().clamp_min(1));
  if (recipe.at("loss") == "binary") return binary;

  const torch::Tensor open = logits.masked_fill(present.logical_not(), -1e9);
  torch::Tensor listwise = choose_first(open);
  if (batch.same > 0) {
    listwise = 0.5 * (listwise + choose_first(open.narrow(1, 0, 1 + batch.same)));
    const double backward = recipe.at("predecessor_weight").get<double>();
    if (backward > 0) listwise = (1 - backward) * listwise + backward * predecessor_loss(open, batch);
  }
  return listwise + recipe.at("binary_weight").get<double>() * binary;
}

Lesson CrnnNet::study(const TrainingBatch& batch, const nlohmann::json& recipe, std::size_t threads) {
  const BatchTensors tensors = to_tensors(*this, batch, threads);
  const torch::Tensor logits = logits_of(*this, tensors);
  return {training_loss(logits, tensors, recipe), logits.detach()};
}

}  // namespace segue
