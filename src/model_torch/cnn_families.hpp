// The published families of CNN, in small. Internal to encoder.cpp.
#pragma once

#include <memory>

#include "model_torch/encoder.hpp"

namespace segue {

// lenet, alexnet, vgg, resnet; null for others.
std::shared_ptr<Encoder> make_cnn(const EncoderConfig& config);

}  // namespace segue
