#include "model_torch/state_network.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "model_torch/systems.hpp"

namespace segue {
namespace {

std::span<const float> row_of(const torch::Tensor& states, std::int64_t row) {
  const auto size = static_cast<std::size_t>(states.size(1));
  return {states.data_ptr<float>() + static_cast<std::size_t>(row) * size, size};
}

// Each fragment is read by itself, so that its state cannot depend on its company, and only once.
class StateSession : public ScoringSession {
 public:
  StateSession(StateNetwork& net, const FragmentSet& fragments, Hop guard, std::size_t threads)
      : net_(net),
        bands_(net.statistics()),
        fragments_(fragments),
        guard_(guard),
        threads_(threads == 0 ? core_count() : threads),
        states_(fragments.size()) {}

  void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
             std::span<float> scores) override {
    if (context.empty() || scores.size() != candidates.size()) {
      throw Error(ErrorKind::internal, "a score needs a context and room for each candidate");
    }
    const auto heard = context.last(std::min(context.size(), net_.context_length()));
    read(heard);
    read(candidates);
    std::vector<float> before;
    for (const std::size_t fragment : heard)
      before.insert(before.end(), states_[fragment].begin(), states_[fragment].end());
    const std::vector<float> expected = net_.expectation(before);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      scores[i] = net_.score(dot(expected, states_[candidates[i]]));
  }

  std::vector<std::size_t> sorted(std::span<const std::size_t> fragments) override {
    read(fragments);
    std::vector<std::vector<float>> states;
    for (const std::size_t fragment : fragments) states.push_back(states_[fragment]);
    std::vector<std::size_t> order = net_.sorted(states);
    for (std::size_t& place : order) place = fragments[place];
    return order;
  }

 private:
  void read(std::span<const std::size_t> fragments) {
    std::vector<std::size_t> missing;
    for (const std::size_t fragment : fragments) {
      if (states_[fragment].empty()) missing.push_back(fragment);
    }
    if (missing.empty()) return;
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    use_threads(1);  // workers are our own, each with one
    parallel_for(missing.size(), threads_, [&](std::size_t i) {
      const torch::NoGradGuard no_grad;
      const LogMel log_mel = net_.hear(fragments_, missing[i], guard_);
      if (log_mel.frames < 1) {
        throw Error(ErrorKind::usage, "a fragment is too short to be scored with both edges hidden", {},
                    "give a longer --fragment");
      }
      const torch::Tensor state =
          net_.states(pack_frames(std::span(&log_mel, 1), bands_, net_.shortest(), 1)).contiguous();
      const std::span<const float> values = row_of(state, 0);
      states_[missing[i]].assign(values.begin(), values.end());
    });
  }

  StateNetwork& net_;
  BandStatistics bands_;
  const FragmentSet& fragments_;
  Hop guard_;
  std::size_t threads_;
  std::vector<std::vector<float>> states_;
};

class StateModel : public SuccessorModel {
 public:
  StateModel(std::unique_ptr<StateNetwork> net, ModelCard card)
      : net_(std::move(net)), card_(std::move(card)) {
    net_->eval();
  }
  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return net_->context_length(); }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard,
                                               std::size_t threads) const override {
    return std::make_unique<StateSession>(*net_, fragments, guard, threads);
  }

 private:
  std::unique_ptr<StateNetwork> net_;
  ModelCard card_;
};

}  // namespace

float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<std::size_t> StateNetwork::sorted(const std::vector<std::vector<float>>&) const {
  return {};
}

std::unique_ptr<SuccessorModel> StateNetwork::model(ModelCard card) const {
  std::unique_ptr<StateNetwork> net = copy();
  net->pretrained = pretrained;
  return std::make_unique<StateModel>(std::move(net), std::move(card));
}

torch::Tensor StateNetwork::score_batch(const torch::Tensor& states, const TrainingBatch& batch) const {
  const torch::Tensor here = states.detach().to(torch::kCPU).contiguous();
  torch::Tensor scores =
      torch::zeros({static_cast<std::int64_t>(batch.queries), static_cast<std::int64_t>(batch.width)});
  float* out = scores.data_ptr<float>();
  std::vector<float> context;
  for (std::size_t q = 0; q < batch.queries; ++q) {
    context.clear();
    const auto hear = [&](std::int64_t fragment) {
      if (fragment < 0) return;
      const std::span<const float> state = row_of(here, fragment);
      context.insert(context.end(), state.begin(), state.end());
    };
    for (std::size_t i = 0; i < batch.history; ++i) hear(batch.past[q * batch.history + i]);
    hear(batch.playing[q]);
    const std::vector<float> expected = expectation(context);
    for (std::size_t m = 0; m < batch.width; ++m, ++out) {
      const std::int64_t candidate = batch.candidates[q * batch.width + m];
      if (candidate >= 0) *out = score(dot(expected, row_of(here, candidate)));
    }
  }
  return scores;
}

}  // namespace segue
