#include "model_torch/detector_networks.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/error.hpp"

namespace segue {
namespace {

namespace nn = torch::nn;
using torch::indexing::Slice;

constexpr int kBands = LogMelGeometry::bands;

struct Bands {
  int begin, end;
};
constexpr std::array<Bands, 5> kBandGroups{{{0, 80}, {0, 16}, {16, 40}, {40, 60}, {60, 80}}};

// Mean spectra of `width` frames before and after a cut, `gap` frames off it.
struct Span {
  Hop gap, width;
};

constexpr Hop kLong = 60;  // hops of a transition, 1.4 s: its middle is not all that matters

// The gap leaves out nothing, then the frames that straddle a hard cut, then the fade, then some more.
std::vector<Span> spans_for(Hop transition) {
  constexpr Hop cut = 3;
  const Hop fade = std::max(cut, (transition + 1) / 2 + 1);
  std::vector<Span> spans = {{0, 2}, {0, 4}, {0, 16}, {cut, 4}, {cut, 16}, {cut, 40}};
  if (fade > cut) spans.insert(spans.end(), {{fade, 4}, {fade, 16}, {fade, 40}});
  spans.insert(spans.end(), {{fade + 5, 16}, {fade + 5, 40}});
  // Of a long transition, what lies on either side is compared as a whole as well.
  if (transition > kLong) spans.insert(spans.end(), {{0, 86}, {0, 172}, {fade, 86}, {fade, 160}});
  return spans;
}

// Between other moments; neighbours tell the same.
Hop stride_for(Hop transition) { return 3 * std::max<Hop>(1, transition / 130); }

class Contrast : public DetectorNetwork {
 public:
  explicit Contrast(Hop transition) : spans_(spans_for(transition)), stride_(stride_for(transition)) {
    const auto measures = static_cast<std::int64_t>(spans_.size() * kBandGroups.size() * 4);
    norm_ = register_module("norm", nn::BatchNorm1d(measures));
    hidden_ = register_module("hidden", nn::Linear(measures, 64));
    second_ = register_module("second", nn::Linear(64, 32));
    odds_ = register_module("odds", nn::Linear(32, 1));
  }

  torch::Tensor forward(const torch::Tensor& windows, const FrameRange& heard) override {
    const torch::Tensor measures = norm_->forward(measure(windows, heard));
    const torch::Tensor first =
        torch::dropout(torch::relu(hidden_->forward(measures)), 0.3, is_training());
    return odds_->forward(torch::relu(second_->forward(first))).squeeze(1);
  }

 private:
  // [N × measures]. Of each span and group of bands: the log distance at the seam, and how it stands
  // among the distances at other moments: less their mean, that in their standard deviations, and the
  // share of them that it exceeds.
  torch::Tensor measure(const torch::Tensor& windows, const FrameRange& heard) const {
    const torch::NoGradGuard no_grad;  // nothing below is learnt
    const torch::Tensor sums = torch::cumsum(torch::constant_pad_nd(windows, {0, 0, 1, 0}), 1);
    const Hop middle = windows.size(1) / 2;
    std::vector<torch::Tensor> measures;
    for (const Span& span : spans_) {
      // Narrower where little is heard, so that something is left to compare with.
      const Hop side = std::min(middle - heard.begin, heard.end - middle);
      const Hop width = std::clamp<Hop>((side - span.gap) / 2, 1, span.width);
      std::vector<std::int64_t> seam, elsewhere;
      for (Hop at = heard.begin + span.gap + width; at <= heard.end - span.gap - width; ++at) {
        const Hop off = at - middle;
        if (std::abs(off) <= 2) seam.push_back(at);
        if (std::abs(off) > span.gap + width / 2 + 6 && off % stride_ == 0) elsewhere.push_back(at);
      }
      if (seam.empty()) seam.push_back(middle);
      const torch::Tensor at_seam = difference(sums, seam, span.gap, width);
      const torch::Tensor others =
          elsewhere.empty() ? torch::Tensor() : difference(sums, elsewhere, span.gap, width);
      for (const Bands& bands : kBandGroups) {
        const torch::Tensor here = std::get<0>(distance(at_seam, bands).max(1));
        measures.push_back(here);
        if (elsewhere.empty()) {
          for (int i = 0; i < 3; ++i) measures.push_back(torch::zeros_like(here));
          continue;
        }
        const torch::Tensor there = distance(others, bands);
        const torch::Tensor above = here - there.mean(1);
        measures.push_back(above);
        measures.push_back(above / (there.std(1, false) + 0.1));
        measures.push_back(torch::sigmoid(4 * (here.unsqueeze(1) - there)).mean(1));
      }
    }
    return torch::stack(measures, 1);
  }

  // [N × cuts × 80], squared.
  static torch::Tensor difference(const torch::Tensor& sums, const std::vector<std::int64_t>& cuts,
                                  Hop gap, Hop width) {
    const torch::Tensor at = torch::tensor(cuts, torch::kLong).to(sums.device());
    const auto sum_to = [&](Hop offset) {
      return sums.index_select(1, (at + offset).clamp(0, sums.size(1) - 1));
    };
    const torch::Tensor before = sum_to(-gap) - sum_to(-gap - width);
    const torch::Tensor after = sum_to(gap + width) - sum_to(gap);
    return ((before - after) / static_cast<double>(width)).square();
  }

  static torch::Tensor distance(const torch::Tensor& squares, const Bands& bands) {
    return squares.index({Slice(), Slice(), Slice(bands.begin, bands.end)}).mean(2).add(1e-4).log();
  }

  std::vector<Span> spans_;
  Hop stride_;
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
    for (std::size_t i = 0; i < convolutions_.size(); ++i)
      x = torch::relu(norms_[i]->forward(convolutions_[i]->forward(x)));
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
  std::vector<nn::Conv1d> convolutions_;
  std::vector<nn::BatchNorm1d> norms_;
};

// Of long transitions it hears the whole window more coarsely, and the middle of it as finely as of
// short ones.
class Cnn : public DetectorNetwork {
 public:
  explicit Cnn(Hop transition)
      : pool_(transition > kLong ? std::max<Hop>(2, transition / 130) : 1), whole_(*this, "") {
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
  torch::Tensor windows = torch::zeros_like(log_mel);
  const auto frames = Slice(heard.begin, heard.end);
  const torch::Tensor scaled = (log_mel.index({Slice(), frames}) - band_mean) / band_scale;
  windows.index_put_({Slice(), frames}, scaled - scaled.mean(1, true));
  return windows;
}

std::shared_ptr<DetectorNetwork> make_detector_network(const std::string& family, Hop transition) {
  if (family == "contrast") return std::make_shared<Contrast>(transition);
  if (family == "cnn") return std::make_shared<Cnn>(transition);
  throw Error(ErrorKind::model, "there is no family of detectors '" + family + "'", {},
              "choose contrast or cnn");
}

}  // namespace segue
