// Layers that several networks use. Internal to model_torch.
#pragma once

#include <torch/torch.h>

namespace segue {

// Over time, zeros beyond both ends; `kernel` odd: as many steps as before, divided by the stride.
inline torch::nn::Conv1d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                     std::int64_t stride = 1) {
  return torch::nn::Conv1d(torch::nn::Conv1dOptions(in, out, kernel).stride(stride).padding(kernel / 2));
}

}  // namespace segue
