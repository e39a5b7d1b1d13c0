#include "model_torch/network.hpp"

namespace segue {

Network::Network() {
  band_mean = register_buffer("band_mean", torch::zeros({LogMelGeometry::bands}));
  band_scale = register_buffer("band_scale", torch::ones({LogMelGeometry::bands}));
}

void Network::count(const Manifest& manifest) {
  set_statistics(band_statistics(manifest.fragments(Side::train)));
}

nlohmann::json Network::show(const FragmentSet&, const std::filesystem::path&) {
  return nlohmann::json::object();
}

LogMel Network::hear(const FragmentSet& fragments, std::size_t fragment, Hop guard) const {
  LogMel log_mel = fragments.log_mel(fragment, guard);
  if (pretrained) {
    log_mel.embedding = pretrained->embed(fragments.features_of(fragments.track_of(fragment)),
                                          fragments.span_of(fragment), guard);
  }
  return log_mel;
}

BandStatistics Network::statistics() const {
  const auto copy = [](const torch::Tensor& tensor) {
    const torch::Tensor here = tensor.to(torch::kCPU).contiguous();
    return std::vector<float>(here.data_ptr<float>(), here.data_ptr<float>() + here.numel());
  };
  return {copy(band_mean), copy(band_scale)};
}

void Network::set_statistics(const BandStatistics& statistics) {
  const torch::NoGradGuard no_grad;
  band_mean.copy_(torch::tensor(statistics.mean));
  band_scale.copy_(torch::tensor(statistics.scale));
}

void copy_weights(const torch::nn::Module& from, torch::nn::Module& to) {
  const torch::NoGradGuard no_grad;
  const auto copy = [](const auto& source, const auto& target) {
    for (const auto& item : source) torch::Tensor(target[item.key()]).copy_(item.value());
  };
  copy(from.named_parameters(), to.named_parameters());
  copy(from.named_buffers(), to.named_buffers());
}

}  // namespace segue
