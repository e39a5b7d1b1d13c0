#include "model_torch/cnn_families.hpp"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

// A layer over time and frequency. Each halves (strides) to ⌈length / stride⌉.
struct Layer {
  enum Kind { conv, pool, residual } kind;
  std::int64_t kernel;
  std::int64_t stride;
  double width = 0;  // output channels as a share of the deepest layers'
};

// Then frequency is laid flat and `dense` layers of the full width follow, or it is averaged.
struct Family {
  const char* name;
  std::vector<Layer> layers;
  int dense;
};

const Family kFamilies[] = {
    {"lenet",
     {{Layer::conv, 5, 1, 6. / 84},
      {Layer::pool, 2, 2},
      {Layer::conv, 5, 1, 16. / 84},
      {Layer::pool, 2, 2}},
     2},
    {"alexnet",
     {{Layer::conv, 11, 4, 0.375},
      {Layer::pool, 3, 2},
      {Layer::conv, 5, 1, 1},
      {Layer::pool, 3, 2},
      {Layer::conv, 3, 1, 1.5},
      {Layer::conv, 3, 1, 1.5},
      {Layer::conv, 3, 1, 1},
      {Layer::pool, 3, 2}},
     2},
    {"vgg",
     {{Layer::conv, 3, 1, 0.125},
      {Layer::conv, 3, 1, 0.125},
      {Layer::pool, 2, 2},
      {Layer::conv, 3, 1, 0.25},
      {Layer::conv, 3, 1, 0.25},
      {Layer::pool, 2, 2},
      {Layer::conv, 3, 1, 0.5},
      {Layer::conv, 3, 1, 0.5},
      {Layer::conv, 3, 1, 0.5},
      {Layer::pool, 2, 2},
      {Layer::conv, 3, 1, 1},
      {Layer::conv, 3, 1, 1},
      {Layer::conv, 3, 1, 1},
      {Layer::pool, 2, 2},
      {Layer::conv, 3, 1, 1},
      {Layer::conv, 3, 1, 1},
      {Layer::conv, 3, 1, 1},
      {Layer::pool, 2, 2}},
     2},
    {"resnet",
     {{Layer::conv, 7, 2, 0.125},
      {Layer::pool, 3, 2},
      {Layer::residual, 3, 1, 0.125},
      {Layer::residual, 3, 1, 0.125},
      {Layer::residual, 3, 2, 0.25},
      {Layer::residual, 3, 1, 0.25},
      {Layer::residual, 3, 2, 0.5},
      {Layer::residual, 3, 1, 0.5},
      {Layer::residual, 3, 2, 1},
      {Layer::residual, 3, 1, 1}},
     0},
};

std::int64_t halved(std::int64_t length, std::int64_t stride) { return (length + stride - 1) / stride; }

// [N × channels × bands × time] with what lies past each fragment's end set to `value`.
torch::Tensor hide(const torch::Tensor& x, const std::vector<std::int64_t>& lengths, float value) {
  const bool equal = std::all_of(lengths.begin(), lengths.end(), [&](auto n) { return n == x.size(3); });
  if (equal) return x;
  return x.masked_fill(
      real_steps(lengths, x.size(3)).logical_not().unsqueeze(1).unsqueeze(1).to(x.device()), value);
}

// Batch normalisation over what is real; running figures are buffers and serve once training is over.
class BatchNorm : public torch::nn::Module {
 public:
  explicit BatchNorm(std::int64_t channels) {
    weight_ = register_parameter("weight", torch::ones({channels}));
    bias_ = register_parameter("bias", torch::zeros({channels}));
    mean_ = register_buffer("mean", torch::zeros({channels}));
    variance_ = register_buffer("variance", torch::ones({channels}));
  }

  torch::Tensor forward(const torch::Tensor& x, const std::vector<std::int64_t>& lengths) {
    constexpr double kMomentum = 0.1, kEpsilon = 1e-5;
    torch::Tensor mean = mean_, variance = variance_;
    if (is_training()) {
      double total = 0;
      for (const std::int64_t length : lengths) total += static_cast<double>(length);
      const double count = total * static_cast<double>(x.size(2));
      mean = hide(x, lengths, 0).sum({0, 2, 3}) / count;
      const torch::Tensor off = hide(x - mean.reshape({1, -1, 1, 1}), lengths, 0);
      variance = off.square().sum({0, 2, 3}) / count;
      const torch::NoGradGuard no_grad;
      mean_.mul_(1 - kMomentum).add_(mean.detach(), kMomentum);
      variance_.mul_(1 - kMomentum).add_(variance.detach(), kMomentum);
    }
    const torch::Tensor scale = weight_ / (variance + kEpsilon).sqrt();
    return x * scale.reshape({1, -1, 1, 1}) + (bias_ - mean * scale).reshape({1, -1, 1, 1});
  }

 private:
  torch::Tensor weight_, bias_, mean_, variance_;
};

class Cnn : public Encoder {
 public:
  Cnn(const Family& family, const EncoderConfig& config) : family_(family), config_(config) {
    std::int64_t channels = 1, bands = LogMelGeometry::bands;
    for (const Layer& layer : family.layers) {
      if (layer.kind != Layer::pool) {
        const std::int64_t out =
            std::max<std::int64_t>(1, std::llround(layer.width * static_cast<double>(config.channels)));
        add_conv(channels, out, layer.kernel);
        if (layer.kind == Layer::residual) add_residual(channels, out, layer);
        channels = out;
      }
      bands = halved(bands, layer.stride);
    }
    width_ = channels;
    for (int i = 0; i < family.dense; ++i) {
      const std::int64_t in = i == 0 ? channels * bands : config.channels;
      const std::string number = std::to_string(i);
      dense_.push_back({register_parameter("dense_weight_" + number,
                                           initial_weight({config.channels, in}, config.activation)),
                        register_parameter("dense_bias_" + number, torch::zeros({config.channels}))});
      width_ = config.channels;
    }
  }

  EncodedFrames forward(const FrameBatch& batch) override {
    torch::Tensor x = batch.frames.unsqueeze(1).to(convolutions_.front().weight.device());
    std::vector<std::int64_t> lengths = batch.lengths;
    std::size_t convolution = 0, norm = 0;
    for (const Layer& layer : family_.layers) {
      if (layer.kind == Layer::pool) {
        // Wholly hidden maxima are hidden again below.
        x = hide(x, lengths, -2);  // below every activation
        x = torch::max_pool2d(x, layer.kernel, layer.stride, layer.kernel / 3, 1,
                              layer.kernel == 2);  // ⌈length / 2⌉ either way
        halve(lengths, layer.stride);
      } else if (layer.kind == Layer::conv) {
        x = conv(convolutions_[convolution++], hide(x, lengths, 0), layer.stride);
        halve(lengths, layer.stride);
        if (!norms_.empty()) x = norms_[norm++]->forward(x, lengths);
        x = activate(config_.activation, x);
      } else {
        x = residual(layer, hide(x, lengths, 0), lengths, convolution, norm);
      }
    }
    if (dense_.empty()) return {x.mean(2).transpose(1, 2), lengths};
    x = x.permute({0, 3, 1, 2}).flatten(2);  // [N × time × (channels · bands)]
    for (const Weights& layer : dense_)
      x = activate(config_.activation, torch::linear(x, layer.weight, layer.bias));
    return {x, lengths};
  }

  std::int64_t width() const override { return width_; }

 private:
  struct Weights {
    torch::Tensor weight, bias;
  };

  void add_conv(std::int64_t in, std::int64_t out, std::int64_t kernel) {
    const std::string number = std::to_string(convolutions_.size());
    convolutions_.push_back(
        {register_parameter("conv_weight_" + number,
                            initial_weight({out, in, kernel, kernel}, config_.activation)),
         register_parameter("conv_bias_" + number, torch::zeros({out}))});
    if (std::string(family_.name) == "resnet") {
      norms_.push_back(
          register_module("norm_" + std::to_string(norms_.size()), std::make_shared<BatchNorm>(out)));
    }
  }

  // After the block's first convolution: its second, and the way past both where sizes change.
  void add_residual(std::int64_t in, std::int64_t out, const Layer& layer) {
    add_conv(out, out, layer.kernel);
    if (in != out || layer.stride != 1) add_conv(in, out, 1);
  }

  static torch::Tensor conv(const Weights& layer, const torch::Tensor& x, std::int64_t stride) {
    const std::int64_t padding = layer.weight.size(2) / 2;
    return torch::conv2d(x, layer.weight, layer.bias, {stride, stride}, {padding, padding});
  }

  static void halve(std::vector<std::int64_t>& lengths, std::int64_t stride) {
    for (std::int64_t& length : lengths) length = halved(length, stride);
  }

  torch::Tensor residual(const Layer& layer, const torch::Tensor& x, std::vector<std::int64_t>& lengths,
                         std::size_t& convolution, std::size_t& norm) {
    halve(lengths, layer.stride);
    torch::Tensor inside = conv(convolutions_[convolution++], x, layer.stride);
    inside = activate(config_.activation, norms_[norm++]->forward(inside, lengths));
    inside = conv(convolutions_[convolution++], hide(inside, lengths, 0), 1);
    inside = norms_[norm++]->forward(inside, lengths);
    torch::Tensor past = x;
    if (x.size(1) != inside.size(1) || layer.stride != 1) {
      past = norms_[norm++]->forward(conv(convolutions_[convolution++], x, layer.stride), lengths);
    }
    return activate(config_.activation, inside + past);
  }

  const Family& family_;
  EncoderConfig config_;
  std::vector<Weights> convolutions_, dense_;
  std::vector<std::shared_ptr<BatchNorm>> norms_;  // one a convolution, ResNet alone
  std::int64_t width_ = 0;
};

}  // namespace

std::shared_ptr<Encoder> make_cnn(const EncoderConfig& config) {
  for (const Family& family : kFamilies) {
    if (config.family == family.name) return std::make_shared<Cnn>(family, config);
  }
  return nullptr;
}

}  // namespace segue
