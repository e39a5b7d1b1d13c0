#include "model_torch/successor_net.hpp"

#include "base/parallel.hpp"
#include "model_torch/layers.hpp"
#include "model_torch/settings.hpp"
#include "model_torch/systems.hpp"

namespace segue {
namespace {

constexpr std::int64_t kEdge = kEdgeScales * LogMelGeometry::bands;
constexpr std::int64_t kFlux = kCurveChannels[0] + kCurveChannels[1];
constexpr std::int64_t kGroups = kCurveGroups;
constexpr std::int64_t kPairKernel = 5;
// What the two expectations agree in: both directions, three stretches of the time ahead, each group.
constexpr std::int64_t kMatches = 2 * 3 * kGroups;

// Divided by the RMS of each row of the batch; silence stays silence, and has a gradient.
torch::Tensor normalised(const torch::Tensor& curves) {
  return curves / (curves.square().mean({1, 2}, true) + 1e-8).sqrt();
}

torch::Tensor edges_of(std::span<const FragmentCurves* const> fragments, bool exit) {
  torch::Tensor edges = torch::empty({static_cast<std::int64_t>(fragments.size()), kEdge});
  float* out = edges.data_ptr<float>();
  for (const FragmentCurves* fragment : fragments) {
    const std::vector<float>& edge = exit ? fragment->exit : fragment->entry;
    out = std::copy(edge.begin(), edge.end(), out);
  }
  return edges;
}

torch::Tensor products_of(std::span<const LagProducts> products) {
  torch::Tensor result = torch::empty({static_cast<std::int64_t>(products.size()), kGroups, kLags});
  float* out = result.data_ptr<float>();
  for (const LagProducts& one : products) out = std::copy(one.products.begin(), one.products.end(), out);
  return result;
}

// Mean products of two curves [P × K × 84] over each group and stretch, [P × 3 · groups].
torch::Tensor matches(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor product = a * b;
  const std::int64_t steps = product.size(1);
  const std::int64_t bounds[] = {0, std::min<std::int64_t>(8, steps), std::min<std::int64_t>(22, steps),
                                 steps};
  std::vector<torch::Tensor> means;
  for (int part = 0; part < 3; ++part) {
    const std::int64_t length = bounds[part + 1] - bounds[part];
    const torch::Tensor over_time = product.narrow(1, bounds[part], length).sum(1) /
                                    static_cast<double>(std::max<std::int64_t>(1, length));
    std::int64_t channel = 0;
    for (const int channels : kCurveChannels) {
      means.push_back(over_time.narrow(1, channel, channels).mean(1));
      channel += channels;
    }
  }
  return torch::stack(means, 1);
}

}  // namespace

SuccessorConfig SuccessorConfig::from_json(const nlohmann::json& settings) {
  SuccessorConfig config;
  config.edge = whole_setting(settings, "edge", 1, 1024);
  config.rhythm = whole_setting(settings, "rhythm", 1, 1024);
  config.ahead = whole_setting(settings, "ahead", 3, 256);
  config.lag_channels = whole_setting(settings, "lag_channels", 1, 256);
  config.tower_hidden = whole_setting(settings, "tower_hidden", 1, 1024);
  config.tower_channels = whole_setting(settings, "tower_channels", 1, 1024);
  config.tower_dense = whole_setting(settings, "tower_dense", 1, 4096);
  config.pair_channels = whole_setting(settings, "pair_channels", 1, 256);
  config.pair_hidden = whole_setting(settings, "pair_hidden", 1, 1024);
  config.dropout = dropout_setting(settings);
  config.context = static_cast<std::size_t>(whole_setting(settings, "context", 1, 8));
  return config;
}

SuccessorNet::SuccessorNet(const nlohmann::json& settings)
    : settings_(settings), config_(SuccessorConfig::from_json(settings)) {
  // Narrow windows say most of the cut, one frame alone is noisy.
  const torch::Tensor trust = torch::tensor({0.5, 1.0, 0.7, 0.6, 0.5, 0.4}, torch::kFloat)
                                  .repeat_interleave(LogMelGeometry::bands)
                                  .unsqueeze(1);
  edge_weight_ = register_parameter("edge_weight", torch::randn({kEdge, config_.edge}) / 16 * trust);
  const auto rhythm_weight = [&] {
    return torch::randn({config_.ahead * kFlux, config_.rhythm}) *
           (0.35 / std::sqrt(static_cast<double>(config_.rhythm)));
  };
  forward_weight_ = register_parameter("forward_weight", rhythm_weight());
  backward_weight_ = register_parameter("backward_weight", rhythm_weight());
  log_scale_ = register_parameter("log_scale", torch::tensor(std::log(0.15f)));
  sharpness_ = register_parameter("sharpness", torch::tensor(10.0f));
  lag_in_ = register_module("lag_in", convolution(kLagInputs, config_.lag_channels, kLagKernel));
  lag_out_ = register_module("lag_out", convolution(config_.lag_channels, 1, kLagKernel));
  exit_tower_ = make_tower("exit");
  entry_tower_ = make_tower("entry");
  const std::int64_t pair = config_.pair_channels;
  tower_pair_ = register_module(
      "tower_pair", std::make_shared<TowerPair>(config_.tower_channels, pair, config_.dropout));
  pair_convolutions_ = {convolution(3 * kGroups + 2, pair, kPairKernel),
                        convolution(pair, pair, kPairKernel, 2),
                        convolution(pair, pair, kPairKernel, 2)};
  for (std::size_t i = 0; i < pair_convolutions_.size(); ++i)
    register_module("pair_convolution_" + std::to_string(i), pair_convolutions_[i]);
  pair_lags_ = register_module("pair_lags", torch::nn::Linear(2 * pair, 64));
  pair_lags_out_ = register_module("pair_lags_out", torch::nn::Linear(64, 1));
  pair_in_ = register_module(
      "pair_in", torch::nn::Linear(2 * kEdge + embedding_size() + kMatches, config_.pair_hidden));
  pair_middle_ = register_module("pair_middle", torch::nn::Linear(config_.pair_hidden, 64));
  pair_out_ = register_module("pair_out", torch::nn::Linear(64, 1));
  base_weight_ = register_parameter("base_weight", torch::tensor(1.0f));
  // Both begin as small corrections of what the formula says.
  const torch::NoGradGuard no_grad;
  lag_out_->weight.mul_(0.05);
  for (const torch::nn::Linear& last : {pair_lags_out_, pair_out_}) last->weight.mul_(0.1);
  for (const torch::Tensor& bias : {lag_out_->bias, pair_lags_out_->bias, pair_out_->bias}) bias.zero_();
}

SuccessorNet::Tower SuccessorNet::make_tower(const std::string& side) {
  Tower tower;
  tower.tower = register_module(
      side + "_tower", std::make_shared<SeamTower>(config_.tower_hidden, config_.tower_channels));
  const std::int64_t read = kEdge + config_.tower_channels * (kNearSteps / 2 + 2);
  tower.dense = register_module(side + "_tower_dense", torch::nn::Linear(read, config_.tower_dense));
  tower.out =
      register_module(side + "_tower_out", torch::nn::Linear(config_.tower_dense, embedding_size()));
  const torch::NoGradGuard no_grad;
  tower.out->weight.normal_(0, 0.01);
  tower.out->bias.zero_();
  return tower;
}

SeamSide SuccessorNet::side_of(torch::Tensor edge, torch::Tensor frames, torch::Tensor own,
                               const TimelineBatch& lines, std::span<const LagProducts> products,
                               Hop guard, bool exit) {
  const auto here = device();
  const torch::Tensor values = lines.values.to(here), known = lines.known.to(here),
                      lags = lines.lags.to(here), allowed = lines.allowed.to(here);
  const torch::Tensor onsets =
      (lags.select(1, 0) * kCurveChannels[0] + lags.select(1, 1) * kCurveChannels[1]) /
      static_cast<double>(kFlux);
  torch::Tensor weights =
      sharpness_ * onsets + lag_out_->forward(torch::relu(lag_in_->forward(lags))).squeeze(1);
  weights = torch::softmax(weights.masked_fill(allowed.logical_not(), -1e4), 1) *
            allowed.any(1, true);  // a fragment too short to repeat itself expects nothing
  const torch::Tensor flux =
      continued(values.narrow(2, 0, kFlux), known, weights, gap_between(guard), config_.ahead);
  // What only the re-ranker compares teaches the lags nothing.
  torch::Tensor rest;
  {
    const torch::NoGradGuard no_grad;
    rest = continued(values.narrow(2, kFlux, kAllCurveChannels - kFlux), known, weights,
                     gap_between(guard), config_.ahead);
  }
  SeamSide side;
  side.edge = edge.to(here);
  side.own = own.to(here);
  side.lags = products_of(products).to(here);
  const torch::Tensor expected = exit ? flux : flux.flip(1);
  side.other = torch::cat({expected.detach(), exit ? rest : rest.flip(1)}, 2);
  const torch::Tensor ends = normalised(side.own.narrow(2, 0, kFlux)).flatten(1);
  const torch::Tensor beyond = normalised(expected).flatten(1);
  Tower& tower = exit ? exit_tower_ : entry_tower_;
  side.near = tower.tower->forward(frames.to(here));
  const torch::Tensor nearest = side.near.narrow(2, exit ? kNearSteps / 2 : 0, kNearSteps / 2);
  torch::Tensor more =
      torch::cat({side.edge, nearest.flatten(1), side.near.mean(2), side.near.amax(2)}, 1);
  more = torch::dropout(torch::relu(tower.dense->forward(more)), config_.dropout, is_training());
  side.embedding =
      torch::cat({torch::mm(side.edge, edge_weight_), torch::mm(exit ? beyond : ends, forward_weight_),
                  torch::mm(exit ? ends : beyond, backward_weight_)},
                 1) +
      tower.out->forward(more);
  return side;
}

SeamSide SuccessorNet::exits(std::span<const FragmentCurves* const> playing,
                             std::span<const Timeline> lines, std::span<const LagProducts> products,
                             Hop guard) {
  return side_of(edges_of(playing, true), near_frames(playing, true), last_steps(playing, config_.ahead),
                 pack_timelines(lines, products), products, guard, true);
}

SeamSide SuccessorNet::entries(std::span<const FragmentCurves* const> fragments,
                               std::span<const Timeline> lines, std::span<const LagProducts> products,
                               Hop guard) {
  return side_of(edges_of(fragments, false), near_frames(fragments, false),
                 first_steps(fragments, config_.ahead), pack_timelines(lines, products), products, guard,
                 false);
}

torch::Tensor SuccessorNet::base_scores(const torch::Tensor& exits, const torch::Tensor& entries) const {
  return -log_scale_.exp() * (exits.square().sum(1, true) + entries.square().sum(1).unsqueeze(0) -
                              2 * torch::mm(exits, entries.t()));
}

SeamSide SuccessorNet::rows_of(const SeamSide& side, const torch::Tensor& rows) {
  return {side.edge.index_select(0, rows), side.embedding.index_select(0, rows),
          side.own.index_select(0, rows),  side.other.index_select(0, rows),
          side.lags.index_select(0, rows), side.near.index_select(0, rows)};
}

torch::Tensor SuccessorNet::rerank(const torch::Tensor& base, const SeamSide& exit,
                                   const SeamSide& entry, const PairLags& between) {
  const torch::Tensor lag = (torch::arange(kLags, base.options()) + kFirstLag) / 100;
  torch::Tensor x =
      torch::cat({between.products, exit.lags, entry.lags, (between.count / 100).unsqueeze(1),
                  lag.expand({base.size(0), 1, kLags})},
                 1);
  for (torch::nn::Conv1d& layer : pair_convolutions_) x = torch::relu(layer->forward(x));
  const torch::Tensor by_lags =
      pair_lags_out_->forward(torch::relu(pair_lags_->forward(torch::cat({x.mean(2), x.amax(2)}, 1))));
  const torch::Tensor step = entry.edge - exit.edge;
  torch::Tensor y =
      torch::cat({step.abs(), torch::relu(step), (exit.embedding - entry.embedding).abs(),
                  matches(exit.other, entry.own), matches(entry.other.flip(1), exit.own.flip(1))},
                 1);
  y = torch::dropout(torch::relu(pair_in_->forward(y)), config_.dropout, is_training());
  y = pair_out_->forward(torch::relu(pair_middle_->forward(y)));
  return base_weight_ * base + (by_lags + y).squeeze(1) + tower_pair_->forward(exit.near, entry.near);
}

PairLags pair_lags(std::span<const Timeline> lines, std::span<const FragmentCurves* const> fragments,
                   std::span<const std::pair<std::size_t, std::size_t>> pairs, Hop guard,
                   std::size_t threads) {
  const auto count = static_cast<std::int64_t>(pairs.size());
  PairLags result{torch::empty({count, kGroups, kLags}), torch::empty({count, kLags})};
  float* products = result.products.data_ptr<float>();
  float* counts = result.count.data_ptr<float>();
  parallel_for(pairs.size(), threads, [&](std::size_t i) {
    const LagProducts one = lag_products(lines[pairs[i].first], *fragments[pairs[i].second], guard);
    std::copy(one.products.begin(), one.products.end(), products + i * kGroups * kLags);
    std::copy(one.count.begin(), one.count.end(), counts + i * kLags);
  });
  return result;
}

std::unique_ptr<Network> make_successor(const nlohmann::json& settings) {
  return std::make_unique<SuccessorNet>(settings);
}

}  // namespace segue
