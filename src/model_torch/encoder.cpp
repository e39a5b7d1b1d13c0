#include "model_torch/encoder.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "model_torch/cnn_families.hpp"
#include "model_torch/settings.hpp"

namespace segue {
namespace {

class PlainFrames : public Encoder {
 public:
  EncodedFrames forward(const FrameBatch& batch) override {
    return {batch.frames.transpose(1, 2), batch.lengths};
  }
  std::int64_t width() const override { return kBands; }
};

class Embeddings : public Encoder {
 public:
  explicit Embeddings(std::int64_t width) : width_(width) {}
  EncodedFrames forward(const FrameBatch& batch) override {
    if (!batch.embeddings.defined() || batch.embeddings.size(1) != width_) {
      throw Error(ErrorKind::internal, "the fragments lack what the pretrained encoder made of them");
    }
    return {batch.embeddings.unsqueeze(1), std::vector<std::int64_t>(batch.lengths.size(), 1)};
  }
  std::int64_t width() const override { return width_; }

 private:
  std::int64_t width_;
};

class Conv1d : public Encoder {
 public:
  explicit Conv1d(const EncoderConfig& config) : config_(config) {
    const double scale = 1 / std::sqrt(static_cast<double>(kBands * config.kernel));
    weight_ = register_parameter("conv_weight",
                                 torch::randn({config.channels, kBands, config.kernel}) * scale);
    bias_ = register_parameter("conv_bias", torch::zeros({config.channels}));
  }

  EncodedFrames forward(const FrameBatch& batch) override {
    torch::Tensor x = torch::conv1d(batch.frames.to(weight_.device()), weight_, bias_);
    const std::int64_t outputs = x.size(2), pool = std::min(config_.pool, outputs);
    std::vector<std::int64_t> valid, steps;
    for (const std::int64_t frames : batch.lengths) {
      valid.push_back(frames - config_.kernel + 1);
      steps.push_back((valid.back() + pool - 1) / pool);  // the last maximum may be of fewer
    }
    x = activate(config_.activation, x);
    if (*std::min_element(valid.begin(), valid.end()) < outputs) {
      // No maximum notices what no activation reaches.
      x = x.masked_fill(real_steps(valid, outputs).logical_not().unsqueeze(1).to(x.device()), -2);
    }
    x = torch::max_pool1d(x, pool, pool, 0, 1, true);  // no frame before a seam is dropped
    return {x.transpose(1, 2), steps};
  }
  std::int64_t width() const override { return config_.channels; }
  Hop shortest() const override { return config_.kernel; }

 private:
  EncoderConfig config_;
  torch::Tensor weight_, bias_;
};

}  // namespace

EncoderConfig EncoderConfig::from_json(const nlohmann::json& settings) {
  EncoderConfig config;
  config.family = text_setting(settings, "encoder");
  config.activation = text_setting(settings, "activation");
  config.channels = whole_setting(settings, "channels", 1, 1024);
  config.kernel = whole_setting(settings, "kernel", 1, 8);
  config.pool = whole_setting(settings, "pool", 1, 64);
  if (config.family == "pretrained") config.embedding = whole_setting(settings, "embedding", 1, 1 << 20);
  return config;
}

std::shared_ptr<Encoder> make_encoder(const EncoderConfig& config) {
  activate(config.activation, torch::zeros({1}));  // known?
  if (config.family == "frames") return std::make_shared<PlainFrames>();
  if (config.family == "pretrained") return std::make_shared<Embeddings>(config.embedding);
  if (config.family == "conv1d") return std::make_shared<Conv1d>(config);
  if (auto encoder = make_cnn(config)) return encoder;
  throw Error(ErrorKind::model, "the card names an encoder that this segue does not have", {},
              "choose another model with --model, or update segue");
}

torch::Tensor activate(const std::string& name, const torch::Tensor& x) {
  if (name == "relu") return torch::relu(x);
  if (name == "sigmoid") return torch::sigmoid(x);
  if (name == "tanh") return torch::tanh(x);
  throw Error(ErrorKind::model, "the card names an activation that this segue does not have", {},
              "choose another model with --model, or update segue");
}

torch::Tensor initial_weight(torch::IntArrayRef shape, const std::string& activation) {
  double fan_in = 1;
  for (const std::int64_t size : shape.slice(1)) fan_in *= static_cast<double>(size);
  return torch::randn(shape) * std::sqrt((activation == "relu" ? 2 : 1) / fan_in);
}

}  // namespace segue
