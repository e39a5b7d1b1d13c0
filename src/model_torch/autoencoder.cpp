// The network `autoencoder` after the report's third challenge, first way: an encoder takes a
// fragment of any length to a state of fixed size, a decoder takes it back to the fragment; it learns
// unsupervised, by the mean squared error of the z-scored log-mel. What follows is what is most
// similar (cosine of the states) to the mean of the last few fragments.
#include <algorithm>
#include <cmath>

#include "model_torch/settings.hpp"
#include "model_torch/state_network.hpp"
#include "model_torch/systems.hpp"
#include "training/spectrogram_picture.hpp"

namespace segue {
namespace {

constexpr std::int64_t kDecoderKernel = 5;

class AutoencoderNet : public StateNetwork {
 public:
  explicit AutoencoderNet(const nlohmann::json& settings)
      : settings_(settings),
        slots_(whole_setting(settings, "slots", 1, 64)),
        channels_(whole_setting(settings, "channels", 1, 1024)),
        size_(whole_setting(settings, "state", 1, 1024)),
        context_(static_cast<std::size_t>(whole_setting(settings, "context", 1, 8))),
        activation_(text_setting(settings, "activation")),
        dropout_(dropout_setting(settings)),
        encoder_(register_module("encoder", make_encoder(EncoderConfig::from_json(settings)))) {
    const auto dense = [&](const std::string& name, torch::IntArrayRef shape,
                           const std::string& before) {
      weights_[name] = {register_parameter(name + "_weight", initial_weight(shape, before)),
                        register_parameter(name + "_bias", torch::zeros({shape[0]}))};
    };
    dense("state", {size_, slots_ * encoder_->width()}, "");
    dense("unfold", {slots_ * channels_, size_}, activation_);
    dense("smooth", {channels_, channels_, kDecoderKernel}, activation_);
    dense("bands", {kBands, channels_, kDecoderKernel}, "");
  }

  Hop shortest() const override { return encoder_->shortest(); }
  std::int64_t size() const override { return size_; }
  std::size_t context_length() const override { return context_; }

  Lesson study(const TrainingBatch& batch, const nlohmann::json&, std::size_t threads) override {
    const FrameBatch frames = pack_frames(batch.fragments, statistics(), shortest(), threads);
    const torch::Tensor states = encode(frames);
    Lesson lesson;
    lesson.scores = score_batch(normalised(states), batch);
    lesson.loss = error(decode(states, frames.lengths), frames);
    return lesson;
  }

  torch::Tensor states(const FrameBatch& batch) override { return normalised(encode(batch)); }

  std::vector<float> expectation(std::span<const float> context) const override {
    const auto size = static_cast<std::size_t>(size_);
    std::vector<float> mean(size);
    for (std::size_t i = 0; i < context.size(); ++i) mean[i % size] += context[i];
    const float norm = std::sqrt(dot(mean, mean));
    for (float& value : mean) value /= std::max(norm, 1e-12f);
    return mean;
  }

  // Four fragments and what the decoder makes of their states; its error in dB beside that of taking
  // every band for its mean.
  nlohmann::json show(const FragmentSet& validation, const std::filesystem::path& folder) override {
    const torch::NoGradGuard no_grad;
    const torch::Tensor scale = band_scale.to(torch::kCPU).unsqueeze(1);
    const torch::Tensor mean = band_mean.to(torch::kCPU).unsqueeze(1);
    constexpr std::size_t kShown = 4;
    std::vector<SpectrogramPair> pairs;
    double squares = 0, spread = 0, count = 0;
    for (std::size_t i = 0; i < validation.size(); ++i) {
      const LogMel original = hear(validation, i, 0);
      if (original.frames < shortest()) continue;
      const FrameBatch one = pack_frames(std::span(&original, 1), statistics(), shortest(), 1);
      const torch::Tensor decoded = decode(encode(one), one.lengths).to(torch::kCPU)[0];
      squares += ((decoded - one.frames[0]) * scale).square().sum().item<double>();
      spread += (one.frames[0] * scale).square().sum().item<double>();
      count += static_cast<double>(one.frames[0].numel());
      if (pairs.size() < kShown && i * kShown >= pairs.size() * validation.size()) {
        const torch::Tensor rows = (decoded * scale + mean).transpose(0, 1).contiguous();
        const float* values = rows.data_ptr<float>();
        pairs.push_back({original, {original.frames, {values, values + rows.numel()}}});
      }
    }
    if (pairs.empty()) return nlohmann::json::object();
    write_spectrogram_pairs(folder / "reconstruction.png", pairs);
    const auto decibels = [&](double sum) { return 10 * std::sqrt(sum / count); };
    return {{"reconstruction_rms_db", decibels(squares)}, {"band_mean_rms_db", decibels(spread)}};
  }

  std::unique_ptr<StateNetwork> copy() const override {
    auto other = std::make_unique<AutoencoderNet>(settings_);
    copy_weights(*this, *other);
    return other;
  }

 private:
  struct Weights {
    torch::Tensor weight, bias;
  };

  torch::Tensor encode(const FrameBatch& batch) {
    const EncodedFrames encoded = encoder_->forward(batch);
    const torch::Tensor steps = torch::dropout(encoded.steps.to(device()), dropout_, is_training());
    const Weights& layer = weights_.at("state");
    const torch::Tensor slots =
        torch::bmm(slot_weights(encoded.lengths, slots_).to(device()), steps).flatten(1);
    return torch::linear(slots, layer.weight, layer.bias);
  }

  // [N × 80 × longest], z-scored.
  torch::Tensor decode(const torch::Tensor& states, const std::vector<std::int64_t>& lengths) {
    const Weights &unfold = weights_.at("unfold"), &smooth = weights_.at("smooth"),
                  &bands = weights_.at("bands");
    torch::Tensor x = activate(activation_, torch::linear(states, unfold.weight, unfold.bias));
    x = x.reshape({states.size(0), slots_, channels_});
    const torch::Tensor spread = spread_weights(lengths, slots_).to(device());
    x = torch::bmm(spread, x).transpose(1, 2);
    x = activate(activation_, torch::conv1d(x, smooth.weight, smooth.bias, 1, kDecoderKernel / 2));
    x = hide_ends(x, lengths);
    return torch::conv1d(x, bands.weight, bands.bias, 1, kDecoderKernel / 2);
  }

  torch::Tensor error(const torch::Tensor& decoded, const FrameBatch& batch) const {
    const torch::Tensor off = decoded - batch.frames.to(decoded.device());
    double frames = 0;
    for (const std::int64_t length : batch.lengths) frames += static_cast<double>(length);
    return hide_ends(off, batch.lengths).square().sum() / (frames * kBands);
  }

  static torch::Tensor hide_ends(const torch::Tensor& x, const std::vector<std::int64_t>& lengths) {
    if (*std::min_element(lengths.begin(), lengths.end()) == x.size(2)) return x;  // as mostly
    return x * real_steps(lengths, x.size(2)).unsqueeze(1).to(x.device());
  }

  static torch::Tensor normalised(const torch::Tensor& states) {
    return states / states.norm(2, 1, true).clamp_min(1e-12);
  }

  nlohmann::json settings_;
  std::int64_t slots_, channels_, size_;
  std::size_t context_;
  std::string activation_;
  double dropout_;
  std::shared_ptr<Encoder> encoder_;
  std::map<std::string, Weights> weights_;
};

}  // namespace

std::unique_ptr<Network> make_autoencoder(const nlohmann::json& settings) {
  return std::make_unique<AutoencoderNet>(settings);
}

}  // namespace segue
