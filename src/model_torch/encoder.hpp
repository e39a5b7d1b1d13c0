// Encoders: from the log-mel frames of a fragment to a sequence of feature vectors.
//
// frames   the frames themselves
// pretrained   what a TorchScript module made of the whole fragment (pretrained.hpp): one step
// conv1d   one convolution over time and max-pooling, as the report's CRNN has it
// lenet, alexnet, vgg, resnet   the families of CNN that the report names, over time and frequency,
//   with zero padding and far fewer channels than published, so that they train on two cores:
//   LeNet-5 (LeCun et al. 1998), AlexNet (Krizhevsky et al. 2012), VGG-16 (Simonyan & Zisserman 2015),
//   ResNet-18 (He et al. 2016; batch normalisation). Their last layers become convolutions over time,
//   so that any length fits; what lies past the end of a shorter fragment in a batch is hidden after
//   each layer, so that its features are those it has alone.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "model_torch/frame_batch.hpp"

namespace segue {

struct EncoderConfig {
  std::string family = "conv1d";
  std::string activation = "relu";  // relu, sigmoid, tanh
  std::int64_t channels = 64;       // of conv1d, or of the deepest layers
  std::int64_t kernel = 5;          // conv1d
  std::int64_t pool = 10;           // conv1d
  std::int64_t embedding = 0;       // pretrained: numbers of an embedding

  // From the settings of a recipe or card. Throws Error(model) if one is missing or out of range.
  static EncoderConfig from_json(const nlohmann::json& settings);
};

struct EncodedFrames {
  torch::Tensor steps;                // [N × longest × width], nothing defined after the end of each
  std::vector<std::int64_t> lengths;  // steps of each, ≥ 1
};

class Encoder : public torch::nn::Module {
 public:
  // On the device of its parameters.
  virtual EncodedFrames forward(const FrameBatch& batch) = 0;
  virtual std::int64_t width() const = 0;
  virtual Hop shortest() const { return 1; }  // visible frames that a fragment must have
};

std::shared_ptr<Encoder> make_encoder(const EncoderConfig& config);

// What activation `name` makes of x. Throws Error(model) if there is none of this name.
torch::Tensor activate(const std::string& name, const torch::Tensor& x);

// Weights for a layer before activation `name`, so that signals keep their size through deep
// networks: normal with variance 2/fan_in for ReLU (He et al. 2015), else 1/fan_in (LeCun et al. 1998).
torch::Tensor initial_weight(torch::IntArrayRef shape, const std::string& activation);

}  // namespace segue
