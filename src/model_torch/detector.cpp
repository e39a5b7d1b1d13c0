#include "model_torch/detector.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/memory.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "model_torch/detector_networks.hpp"
#include "model_torch/network.hpp"
#include "model_torch/settings.hpp"
#include "model_torch/systems.hpp"
#include "model_torch/trainer_step.hpp"

namespace segue {
namespace {

constexpr std::size_t kBatch = 64;       // to learn from
constexpr std::size_t kHeardAtOnce = 8;  // more do not fit into the processor's cache
constexpr double kLearningRate = 1e-3;
constexpr double kWeightDecay = 0.02;
constexpr double kClip = 5;
constexpr int kWarmUp = 100;            // steps
constexpr Seconds kLeastHeard{1};       // of music on either side, where a window is cut short
constexpr std::size_t kCounted = 2000;  // windows that the bands' mean and scale are taken from

// Of long transitions, so many frames are heard as one: their windows cost less. With four hard cuts
// blur.
Hop pooled(Seconds transition) { return transition < Seconds(4) ? 1 : 2; }

FrameRange pooled(const FrameRange& range, Hop pool) {
  const Hop begin = (range.begin + pool - 1) / pool;
  return {begin, std::max(begin, range.end / pool)};
}

// [n × T / pool × 80], float.
torch::Tensor stack(std::span<const SeamWindow> windows, std::span<const std::size_t> chosen, Hop pool) {
  const Hop frames = windows[chosen[0]].frames;
  torch::Tensor all =
      torch::empty({static_cast<std::int64_t>(chosen.size()), frames, kBands}, torch::kHalf);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::vector<std::uint16_t>& values = windows[chosen[i]].log_mel;
    std::memcpy(all[static_cast<std::int64_t>(i)].data_ptr(), values.data(), 2 * values.size());
  }
  if (pool == 1) return all.to(torch::kFloat);
  return all.slice(1, 0, frames / pool * pool)
      .to(torch::kFloat)
      .reshape({all.size(0), frames / pool, pool, kBands})
      .mean(2);
}

class DetectorTrainer {
 public:
  explicit DetectorTrainer(const DetectorLesson& lesson)
      : lesson_(lesson),
        pool_(pooled(lesson.transition)),
        random_(lesson.seed),
        order_(lesson.windows.size()) {
    torch::manual_seed(derive_seed(lesson.seed, 1));
    net_ = make_detector_network(lesson.family, to_hops(lesson.transition) / pool_);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    next_ = order_.size();
    const auto joins = std::accumulate(lesson.joined.begin(), lesson.joined.end(), 0.0);
    const auto count = static_cast<double>(order_.size());
    if (joins == 0 || joins == count) {
      throw Error(ErrorKind::input, "there is nothing to learn from: too few joins or passages", {},
                  "give more music");
    }
    weights_[0] = count / (2 * (count - joins));
    weights_[1] = count / (2 * joins);
    count_bands();
  }

  std::shared_ptr<DetectorNetwork> train() {
    torch::optim::AdamW optimizer(net_->parameters(),
                                  torch::optim::AdamWOptions(kLearningRate).weight_decay(kWeightDecay));
    net_->train();
    Progress progress("learning (" + lesson_.family + ")", lesson_.steps, "steps");
    for (int step = 0; step < lesson_.steps; ++step) {
      throw_if_interrupted();
      set_learning_rate(optimizer, step);
      const torch::Tensor loss = step_loss();
      optimizer.zero_grad();
      loss.backward();
      torch::nn::utils::clip_grad_norm_(net_->parameters(), kClip);
      optimizer.step();
      if (!std::isfinite(loss.item<double>())) {
        throw Error(ErrorKind::internal, "the loss is no longer a number", {}, "report this");
      }
      progress.advance(1);
    }
    return net_;
  }

 private:
  void count_bands() {
    std::vector<std::size_t> some(std::min(kCounted, order_.size()));
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = i * order_.size() / some.size();
    const torch::NoGradGuard no_grad;
    const torch::Tensor values = stack(lesson_.windows, some, pool_).reshape({-1, kBands});
    net_->band_mean.copy_(values.mean(0));
    net_->band_scale.copy_(values.std(0).clamp_min(1e-3));
  }

  void set_learning_rate(torch::optim::Optimizer& optimizer, int step) const {
    const double cosine = (1 + std::cos(std::numbers::pi * step / lesson_.steps)) / 2;
    const double rate = kLearningRate * std::min(1.0, (step + 1.0) / kWarmUp) * cosine;
    for (auto& group : optimizer.param_groups())
      static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
  }

  std::vector<std::size_t> draw_batch() {
    std::vector<std::size_t> batch;
    while (batch.size() < kBatch) {
      if (next_ == order_.size()) {
        random_.shuffle(std::span(order_));
        next_ = 0;
      }
      batch.push_back(order_[next_++]);
    }
    return batch;
  }

  torch::Tensor step_loss() {
    const std::vector<std::size_t> batch = draw_batch();
    const Hop frames = lesson_.windows[batch[0]].frames / pool_;
    FrameRange heard{0, frames};
    if (random_.uniform() < 0.5) {
      const Hop most = to_hops(kSeamFlank - kLeastHeard) / pool_;
      heard.begin = static_cast<Hop>(random_.below(static_cast<std::uint64_t>(most)));
      heard.end -= static_cast<Hop>(random_.below(static_cast<std::uint64_t>(most)));
    }
    torch::Tensor windows = net_->prepare(stack(lesson_.windows, batch, pool_), heard);
    if (random_.uniform() < 0.5) {  // a seam stays one when time runs backwards
      windows = windows.flip(1);
      heard = {frames - heard.end, frames - heard.begin};
    }
    windows = windows * random_.uniform(0.85, 1.15);
    windows = windows.roll(static_cast<std::int64_t>(random_.below(7)) - 3, 2);
    std::vector<float> targets, weights;
    for (const std::size_t i : batch) {
      targets.push_back(lesson_.joined[i]);
      weights.push_back(static_cast<float>(weights_[lesson_.joined[i]]));
    }
    return torch::binary_cross_entropy_with_logits(net_->forward(windows, heard), torch::tensor(targets),
                                                   torch::tensor(weights), {}, torch::Reduction::Mean);
  }

  const DetectorLesson& lesson_;
  Hop pool_;
  Random random_;
  std::shared_ptr<DetectorNetwork> net_;
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;
  double weights_[2] = {1, 1};  // of continuous passages and joins
};

class LoadedDetector : public SeamDetector {
 public:
  LoadedDetector(ModelCard card, std::shared_ptr<DetectorNetwork> net, Seconds transition)
      : card_(std::move(card)),
        net_(std::move(net)),
        frames_(seam_window_frames(transition)),
        pool_(pooled(transition)) {
    net_->eval();
  }

  const ModelCard& card() const override { return card_; }

  std::vector<float> score(std::span<const SeamWindow> windows) const override {
    const torch::NoGradGuard no_grad;
    std::map<std::pair<Hop, Hop>, std::vector<std::size_t>> alike;  // those that are heard equally far
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (windows[i].frames != frames_) {
        throw Error(ErrorKind::internal, "a window is of another transition than the detector's", {},
                    "report this");
      }
      alike[{windows[i].heard.begin, windows[i].heard.end}].push_back(i);
    }
    std::vector<float> scores(windows.size());
    for (const auto& [range, chosen] : alike) {
      for (std::size_t begin = 0; begin < chosen.size(); begin += kHeardAtOnce) {
        throw_if_interrupted();
        const auto some =
            std::span(chosen).subspan(begin, std::min(kHeardAtOnce, chosen.size() - begin));
        const FrameRange heard = pooled({range.first, range.second}, pool_);
        const torch::Tensor odds =
            net_->forward(net_->prepare(stack(windows, some, pool_), heard), heard).contiguous();
        for (std::size_t i = 0; i < some.size(); ++i) scores[some[i]] = odds.data_ptr<float>()[i];
      }
    }
    return scores;
  }

 private:
  ModelCard card_;
  std::shared_ptr<DetectorNetwork> net_;
  Hop frames_;
  Hop pool_;
};

}  // namespace

void train_detector(const DetectorLesson& lesson, const std::filesystem::path& weights) {
  use_threads(lesson.threads);
  keep_freed_memory();
  save_weights(*DetectorTrainer(lesson).train(), weights, {{"family", lesson.family}});
}

std::unique_ptr<SeamDetector> load_detector(const std::filesystem::path& weights) {
  ModelCard card = ModelCard::read(card_path(weights));
  const auto transition = card.recipe.find("transition_s");
  if (transition == card.recipe.end() || !transition->is_number() || transition->get<double>() < 0 ||
      transition->get<double>() > 60) {
    throw Error(ErrorKind::model, "does not say which transitions it heard", card_path(weights),
                "train the detector again");
  }
  const Seconds duration(transition->get<double>());
  const auto net = make_detector_network(card.system, to_hops(duration) / pooled(duration));
  card = read_card_of(weights);  // of these very weights
  load_weights(*net, weights);
  return std::make_unique<LoadedDetector>(std::move(card), net, duration);
}

}  // namespace segue
