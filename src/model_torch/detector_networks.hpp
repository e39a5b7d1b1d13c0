// The networks that hear whether there is a seam.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>

#include "features/geometry.hpp"
#include "model_torch/seam_features.hpp"

namespace segue {

class DetectorNetwork : public torch::nn::Module {
 public:
  DetectorNetwork();

  // windows: [N × T × 80], as prepare() gives them; the seam lies in the middle. [N] log odds that it
  // is a join.
  virtual torch::Tensor forward(const torch::Tensor& windows, const FrameRange& heard) = 0;

  // log_mel [N × T × 80] → z-scored by band, less the mean of each window's band: what a window sounds
  // like as a whole says nothing of a seam. Zero where nothing is heard.
  torch::Tensor prepare(const torch::Tensor& log_mel, const FrameRange& heard) const;

  torch::Tensor band_mean, band_scale;  // [80]; what prepare() gives does not hang on the means
};

// family: "contrast" measures by how much the music before the seam differs from that after it, in
// several spans and bands, against the same difference elsewhere in the window, and learns from these
// measures; "cnn" learns what to look at. transition: hops that the fade lasts.
// Throws Error(model) if there is no such family.
std::shared_ptr<DetectorNetwork> make_detector_network(const std::string& family, Hop transition);

}  // namespace segue
