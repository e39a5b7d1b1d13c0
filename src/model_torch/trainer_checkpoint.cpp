#include "model_torch/trainer_checkpoint.hpp"

#include <sstream>

#include "base/error.hpp"
#include "base/safetensors.hpp"

namespace segue {
namespace {

using Json = nlohmann::json;

void for_each_tensor(const Network& net, const std::string& prefix, const auto& visit) {
  for (const auto& item : net.named_parameters()) visit(prefix + item.key(), item.value());
  for (const auto& item : net.named_buffers()) visit(prefix + item.key(), item.value());
}

}  // namespace

std::string run_identity(const TrainingRequest& request) {
  ContentHasher hasher;
  hasher.update(request.recipe.settings().dump() + "\n" + std::to_string(request.seed) + "\n");
  for (const ManifestTrack& track : request.manifest.tracks) {
    if (track.side == Side::test) continue;
    hasher.update(track.id.hex() + name_of(track.side) + track.group);
    for (const FragmentSpan& span : track.fragments) {
      hasher.update(std::to_string(span.start) + "+" + std::to_string(span.length) + " ");
    }
  }
  return hasher.digest().hex();
}

std::filesystem::path checkpoint_path(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}

void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint,
                     const Network& net, const Network& best, const torch::optim::Optimizer& optimizer) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> kept;
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    kept.push_back(tensor.detach().to(torch::kCPU, torch::kFloat).contiguous());  // counters too
    const torch::Tensor& values = kept.back();
    const std::span data(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()));
    tensors.push_back({name, DType::f32, values.sizes().vec(), std::as_bytes(data)});
  };
  for_each_tensor(net, "net.", add);
  for_each_tensor(best, "best.", add);
  // The optimizer as LibTorch writes it: its layout differs between versions, its archive does not.
  std::ostringstream archive;
  torch::save(optimizer, archive);
  const std::string bytes = archive.str();
  tensors.push_back({"optimizer",
                     DType::u8,
                     {static_cast<std::int64_t>(bytes.size())},
                     std::as_bytes(std::span(bytes))});
  std::map<std::string, std::string> metadata = {{"run", checkpoint.run},
                                                 {"arithmetic", checkpoint.arithmetic},
                                                 {"records", Json(checkpoint.records).dump()},
                                                 {"best_epoch", std::to_string(checkpoint.best_epoch)},
                                                 {"best_auc", Json(checkpoint.best_auc).dump()}};
  if (checkpoint.auc_before) metadata["auc_before"] = Json(*checkpoint.auc_before).dump();
  write_safetensors(checkpoint_path(folder), tensors, metadata);
}

std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& folder, const std::string& run,
                                          Network& net, Network& best,
                                          torch::optim::Optimizer& optimizer, torch::Device device) {
  const std::filesystem::path file = checkpoint_path(folder);
  if (!std::filesystem::exists(file)) return std::nullopt;
  const SafetensorsFile saved = SafetensorsFile::open(file);
  const char* remedy = "remove it to begin again, or give another folder";
  const auto meta = [&](const std::string& key) {
    const auto found = saved.metadata().find(key);
    if (found == saved.metadata().end()) throw Error(ErrorKind::input, "is no checkpoint", file, remedy);
    return found->second;
  };
  if (meta("run") != run) {
    throw Error(ErrorKind::input, "belongs to a run with another recipe, seed or manifest", file,
                remedy);
  }
  const torch::NoGradGuard no_grad;
  const auto restore = [&](const std::string& name, torch::Tensor tensor) {
    const torch::Tensor values = torch::tensor(saved.floats(name));
    if (values.numel() != tensor.numel()) throw Error(ErrorKind::input, "is damaged", file, remedy);
    tensor.copy_(values.reshape(tensor.sizes()));
  };
  for_each_tensor(net, "net.", restore);
  for_each_tensor(best, "best.", restore);
  const TensorView& archive = saved.tensor("optimizer", DType::u8);
  std::istringstream stream(
      std::string(reinterpret_cast<const char*>(archive.bytes.data()), archive.bytes.size()));
  try {
    torch::load(optimizer, stream, device);
    Checkpoint checkpoint;
    checkpoint.run = run;
    checkpoint.arithmetic = meta("arithmetic");
    checkpoint.records = Json::parse(meta("records")).get<std::vector<EpochRecord>>();
    checkpoint.best_epoch = std::stoi(meta("best_epoch"));
    checkpoint.best_auc = Json::parse(meta("best_auc")).get<double>();
    if (saved.metadata().contains("auc_before"))
      checkpoint.auc_before = Json::parse(meta("auc_before")).get<double>();
    return checkpoint;
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    throw Error(ErrorKind::input, "is damaged", file, remedy);
  }
}

}  // namespace segue
