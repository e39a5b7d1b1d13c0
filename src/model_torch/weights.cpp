// Weights of any network as safetensors.
#include "base/error.hpp"
#include "base/safetensors.hpp"
#include "model_torch/network.hpp"

namespace segue {
namespace {

std::vector<std::pair<std::string, torch::Tensor>> all_tensors(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const auto& item : net.named_parameters()) tensors.emplace_back(item.key(), item.value());
  for (const auto& item : net.named_buffers()) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

Error unfit(const std::filesystem::path& file, const std::string& problem) {
  return Error(ErrorKind::model, problem, file, "train again, or choose another model with --model");
}

}  // namespace

void save_weights(const torch::nn::Module& net, const std::filesystem::path& file,
                  const std::map<std::string, std::string>& metadata) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> kept;
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : all_tensors(net)) {
    kept.push_back(tensor.to(torch::kCPU, torch::kFloat).contiguous());  // counters of batches too
    const torch::Tensor& values = kept.back();
    tensors.push_back(
        {name, DType::f32, values.sizes().vec(),
         std::as_bytes(std::span(values.data_ptr<float>(), static_cast<std::size_t>(values.numel())))});
  }
  write_safetensors(file, tensors, metadata);
}

void load_weights(torch::nn::Module& net, const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  if (!std::filesystem::exists(file)) throw unfit(file, "is missing");
  try {
    const SafetensorsFile weights = SafetensorsFile::open(file);
    const auto own = all_tensors(net);
    if (weights.tensors().size() != own.size()) {
      throw unfit(file, "holds weights of another architecture than its card says");
    }
    for (const auto& [name, tensor] : own) {
      const auto found = weights.tensors().find(name);
      if (found == weights.tensors().end() || found->second.shape != tensor.sizes().vec()) {
        throw unfit(file,
                    "holds weights of another architecture than its card says ('" + name + "' differs)");
      }
      const torch::Tensor values = torch::tensor(weights.floats(name)).reshape(tensor.sizes());
      if (!torch::isfinite(values).all().item<bool>()) {
        throw unfit(file, "holds weights that are not numbers ('" + name + "')");
      }
      torch::Tensor(tensor).copy_(values);
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::model) throw;
    throw unfit(file, error.problem());
  }
}

}  // namespace segue
