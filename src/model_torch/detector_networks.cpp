#include "model_torch/detector_networks.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "model_torch/seam_contrast.hpp"

namespace segue {
namespace {

namespace nn = torch::nn;
using torch::indexing::Slice;

class Contrast : public DetectorNetwork {
 public:
  explicit Contrast(Hop transition) : contrast_(transition) {
    const auto measures = static_cast<std::int64_t>(contrast_.size());
    norm_ = register_module("norm", nn::BatchNorm1d(measures));
    hidden_ = register_module("hidden", nn::Linear(measures, 64));
    second_ = register_module("second", nn::Linear(64, 32));
    odds_ = register_module("odds", nn::Linear(32, 1));
  }

  torch::Tensor forward(const torch::Tensor& windows, const FrameRange& heard) override {
    const torch::Tensor measures = norm_->forward(measure(windows.contiguous(), heard));
    const torch::Tensor first =
        torch::dropout(torch::relu(hidden_->forward(measures)), 0.3, is_training());
    return odds_->forward(torch::relu(second_->forward(first))).squeeze(1);
  }

 private:
  // [N × measures]
  torch::Tensor measure(const torch::Tensor& windows, const FrameRange& heard) const {
    const std::int64_t count = windows.size(0);
    const auto size = static_cast<std::size_t>(windows.size(1) * windows.size(2));
    torch::Tensor measures = torch::empty({count, static_cast<std::int64_t>(contrast_.size())});
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto number = static_cast<std::size_t>(i);
        contrast_.measure({windows.data_ptr<float>() + number * size, size}, heard,
                          {measures.data_ptr<float>() + number * contrast_.size(), contrast_.size()});
      }
    });
    return measures;
  }

  SeamContrast contrast_;
  nn::BatchNorm1d norm_{nullptr};
  nn::Linear hidden_{nullptr}, second_{nullptr}, odds_{nullptr};
};

// What a CNN makes of the sides of a seam and of the seam itself: [N × 5 · channels].
class Tower {
 public:
  static constexpr int kChannels = 64;
  static constexpr std::int64_t kMeasures = 5 * kChannels;

  // Its layers belong to the network; their names begin so.
  Tower(nn::Module& owner, const std::string& prefix) {
    const int strides[] = {2, 2, 1, 2};
    const int kernels[] = {5, 5, 3, 3};
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string number = std::to_string(i + 1);
      convolutions_.push_back(owner.register_module(
          prefix + "conv" + number,
          nn::Conv1d(nn::Conv1dOptions(i == 0 ? kBands : kChannels, kChannels, kernels[i])
                         .stride(strides[i])
                         .padding(kernels[i] / 2))));
      norms_.push_back(owner.register_module(prefix + "norm" + number, nn::BatchNorm1d(kChannels)));
    }
  }

  // windows: [N × T × 80].
  torch::Tensor measure(const torch::Tensor& windows, const FrameRange& heard) {
    torch::Tensor x = windows.transpose(1, 2);
    const std::int64_t frames = x.size(2);
    for (std::size_t i = 0; i < convolutions_.size(); ++i) x = layer(i, x).relu_();
    const std::int64_t steps = x.size(2);
    const std::int64_t middle = steps / 2;
    const std::int64_t begin = std::min(heard.begin * steps / frames, middle - 2);
    const std::int64_t end = std::max((heard.end * steps + frames - 1) / frames, middle + 3);
    const torch::Tensor before = x.index({Slice(), Slice(), Slice(begin, middle - 1)}).mean(2);
    const torch::Tensor after = x.index({Slice(), Slice(), Slice(middle + 2, end)}).mean(2);
    const torch::Tensor seam = x.index({Slice(), Slice(), Slice(middle - 1, middle + 2)});
    return torch::cat({seam.mean(2), std::get<0>(seam.max(2)), (before - after).abs(), before * after,
                       (before + after) / 2},
                      1);
  }

 private:
  // Once it has learnt, the norm is part of the convolution.
  torch::Tensor layer(std::size_t i, const torch::Tensor& x) const {
    nn::Conv1d convolution = convolutions_[i];
    nn::BatchNorm1d norm = norms_[i];
    if (norm->is_training()) return norm->forward(convolution->forward(x));
    const torch::Tensor scale = norm->weight / (norm->running_var + norm->options.eps()).sqrt();
    const torch::Tensor bias = (convolution->bias - norm->running_mean) * scale + norm->bias;
    return torch::conv1d(x, convolution->weight * scale.view({-1, 1, 1}), bias,
                         convolution->options.stride(), convolution->weight.size(2) / 2);
  }

  std::vector<nn::Conv1d> convolutions_;
  std::vector<nn::BatchNorm1d> norms_;
};

// Of long transitions it hears the whole window more coarsely, and the middle of it as finely as of
// short ones.
class CnnDetector : public DetectorNetwork {
 public:
  explicit CnnDetector(Hop transition)
      : pool_(transition > kLongTransition ? std::max<Hop>(2, transition / 130) : 1), whole_(*this, "") {
    if (pool_ > 1) middle_.emplace(*this, "middle_");
    hidden_ = register_module("hidden", nn::Linear((pool_ > 1 ? 2 : 1) * Tower::kMeasures, 64));
    odds_ = register_module("odds", nn::Linear(64, 1));
  }

  torch::Tensor forward(const torch::Tensor& windows, const FrameRange& heard) override {
    torch::Tensor x = windows;
    if (is_training()) {  // without a few bands, so that no one of them decides
      const auto width = torch::randint(12, {1}).item<std::int64_t>();
      const auto first = torch::randint(kBands - 12, {1}).item<std::int64_t>();
      x = x.clone();
      x.index_put_({Slice(), Slice(), Slice(first, first + width)}, 0);
    }
    const torch::Tensor all = pool_ > 1 ? coarse_and_fine(x, heard) : whole_.measure(x, heard);
    const torch::Tensor first = torch::relu(hidden_->forward(torch::dropout(all, 0.3, is_training())));
    return odds_->forward(torch::dropout(first, 0.3, is_training())).squeeze(1);
  }

 private:
  static constexpr Hop kMiddle = 172;  // hops on either side, 4 s

  torch::Tensor coarse_and_fine(const torch::Tensor& x, const FrameRange& heard) {
    const Hop frames = x.size(1), pooled = frames / pool_;
    // As many frames are left out at both ends, so that the seam stays in the middle.
    const Hop skipped = (frames - pooled * pool_) / 2;
    const torch::Tensor coarse = x.slice(1, skipped, skipped + pooled * pool_)
                                     .reshape({x.size(0), pooled, pool_, kBands})
                                     .mean(2);
    const FrameRange heard_coarse{(heard.begin + pool_ - 1) / pool_, heard.end / pool_};
    const Hop middle = frames / 2, begin = std::max<Hop>(0, middle - kMiddle);
    const Hop end = std::min(frames, middle + kMiddle + 1);
    const FrameRange heard_fine{std::max<Hop>(0, heard.begin - begin),
                                std::min(end, std::max(heard.end, middle + 3)) - begin};
    return torch::cat(
        {whole_.measure(coarse, heard_coarse), middle_->measure(x.slice(1, begin, end), heard_fine)}, 1);
  }

  Hop pool_;
  Tower whole_;
  std::optional<Tower> middle_;
  nn::Linear hidden_{nullptr}, odds_{nullptr};
};

}  // namespace

DetectorNetwork::DetectorNetwork()
    : band_mean(register_buffer("band_mean", torch::zeros({kBands}))),
      band_scale(register_buffer("band_scale", torch::ones({kBands}))) {}

torch::Tensor DetectorNetwork::prepare(const torch::Tensor& log_mel, const FrameRange& heard) const {
  const torch::Tensor some = log_mel.slice(1, heard.begin, heard.end);
  const torch::Tensor scaled = (some - some.mean(1, true)).div_(band_scale);
  if (heard.begin == 0 && heard.end == log_mel.size(1)) return scaled;
  torch::Tensor windows = torch::zeros_like(log_mel);
  windows.slice(1, heard.begin, heard.end).copy_(scaled);
  return windows;
}

std::shared_ptr<DetectorNetwork> make_detector_network(const std::string& family, Hop transition) {
  if (family == "contrast") return std::make_shared<Contrast>(transition);
  if (family == "cnn") return std::make_shared<CnnDetector>(transition);
  throw Error(ErrorKind::model, "there is no family of detectors '" + family + "'", {},
              "choose contrast or cnn");
}

}  // namespace segue
