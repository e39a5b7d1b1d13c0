// The network `dense` after the report's second challenge: dense layers that learn a label of each
// fragment, its place in the song (one of so many equal parts) or which song it is from, from train.csv.
// A track is then sorted by the labels that are predicted, ties by the predicted probability.
//
// As a successor model: p_A and p_B are the probabilities of the labels of two fragments,
// F(j|i) how often label j follows label i on the train side, q(j) the share of label j there. How
// much likelier B is after A than anywhere: r = Σ_ij p_A(i) F(j|i) p_B(j) / q(j); score r / (1 + r).
#include <algorithm>
#include <numeric>

#include "model_torch/settings.hpp"
#include "model_torch/state_network.hpp"
#include "model_torch/systems.hpp"

namespace segue {
namespace {

class DenseNet : public StateNetwork {
 public:
  explicit DenseNet(const nlohmann::json& settings)
      : settings_(settings),
        by_song_(text_setting(settings, "label") == "song"),
        labels_(by_song_ ? whole_setting(settings, "songs", 1, 1 << 20)
                         : whole_setting(settings, "bins", 2, 64)),
        slots_(whole_setting(settings, "slots", 1, 64)),
        activation_(text_setting(settings, "activation")),
        dropout_(dropout_setting(settings)),
        encoder_(register_module("encoder", make_encoder(EncoderConfig::from_json(settings)))) {
    std::int64_t in = slots_ * encoder_->width();
    const std::int64_t hidden = whole_setting(settings, "hidden", 1, 1024);
    for (const std::int64_t out : {hidden, std::max<std::int64_t>(1, hidden / 2), labels_}) {
      const std::string number = std::to_string(layers_.size());
      const bool last = layers_.size() == 2;
      layers_.push_back({register_parameter("dense_weight_" + number,
                                            initial_weight({out, in}, last ? "" : activation_)),
                         register_parameter("dense_bias_" + number, torch::zeros({out}))});
      in = out;
    }
    follow_ =
        register_buffer("follow", torch::full({labels_, labels_}, 1.0 / static_cast<double>(labels_)));
    share_ = register_buffer("share", torch::full({labels_}, 1.0 / static_cast<double>(labels_)));
  }

  Hop shortest() const override { return encoder_->shortest(); }
  std::int64_t size() const override { return labels_; }
  std::size_t context_length() const override { return 1; }

  void count(const Manifest& manifest) override {
    Network::count(manifest);
    const torch::NoGradGuard no_grad;
    // One pair more than was seen, spread over all labels: nothing is impossible.
    torch::Tensor follow = torch::full({labels_, labels_}, 1.0 / static_cast<double>(labels_));
    torch::Tensor share = torch::full({labels_}, 1.0 / static_cast<double>(labels_));
    const std::vector<std::string> songs = songs_of(manifest, Side::train);
    for (const ManifestTrack& track : manifest.tracks) {
      if (track.side != Side::train || track.fragments.empty()) continue;
      const auto song =
          static_cast<std::size_t>(std::find(songs.begin(), songs.end(), track.song) - songs.begin());
      const auto end = static_cast<float>(track.fragments.back().end());
      std::int64_t before = -1;
      for (const FragmentSpan& span : track.fragments) {
        const std::int64_t label =
            label_of({song, 0, static_cast<float>(span.start + span.end()) / 2 / end});
        share[label] += 1;
        if (before >= 0) follow[before][label] += 1;
        before = label;
      }
    }
    follow_.copy_(follow / follow.sum(1, true));
    share_.copy_(share / share.sum());
  }

  Lesson study(const TrainingBatch& batch, const nlohmann::json&, std::size_t threads) override {
    const torch::Tensor logits =
        forward(pack_frames(batch.fragments, statistics(), shortest(), threads));
    Lesson lesson;
    lesson.scores = score_batch(torch::softmax(logits.detach(), 1), batch);
    if (by_song_ && !is_training()) return lesson;  // songs of other sides have no number here
    std::vector<std::int64_t> labels;
    for (const FragmentOrigin& origin : batch.origins) labels.push_back(label_of(origin));
    lesson.loss = torch::nll_loss(torch::log_softmax(logits, 1), torch::tensor(labels).to(device()));
    return lesson;
  }

  torch::Tensor states(const FrameBatch& batch) override { return torch::softmax(forward(batch), 1); }

  std::vector<float> expectation(std::span<const float> context) const override {
    const auto labels = static_cast<std::size_t>(labels_);
    const torch::Tensor counted = follow_cpu();
    const float* follow = counted.data_ptr<float>();
    const float* share = follow + labels * labels;
    std::vector<float> expected(labels);
    for (std::size_t j = 0; j < labels; ++j) {
      for (std::size_t i = 0; i < labels; ++i) expected[j] += context[i] * follow[i * labels + j];
      expected[j] /= share[j];
    }
    return expected;
  }
  float score(float product) const override { return product / (1 + product); }

  std::vector<std::size_t> sorted(const std::vector<std::vector<float>>& states) const override {
    std::vector<std::size_t> order(states.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto best = [&](std::size_t i) {
      return std::max_element(states[i].begin(), states[i].end());
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const auto label_a = best(a) - states[a].begin(), label_b = best(b) - states[b].begin();
      return label_a != label_b ? label_a < label_b : *best(a) > *best(b);
    });
    return order;
  }

  std::unique_ptr<StateNetwork> copy() const override {
    auto other = std::make_unique<DenseNet>(settings_);
    copy_weights(*this, *other);
    return other;
  }

 private:
  struct Weights {
    torch::Tensor weight, bias;
  };

  torch::Tensor forward(const FrameBatch& batch) {
    const EncodedFrames encoded = encoder_->forward(batch);
    const auto steps = encoded.steps.to(device());
    torch::Tensor x = torch::bmm(slot_weights(encoded.lengths, slots_).to(device()), steps).flatten(1);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      x = torch::dropout(x, dropout_, is_training());
      x = torch::linear(x, layers_[i].weight, layers_[i].bias);
      if (i + 1 < layers_.size()) x = activate(activation_, x);
    }
    return x;
  }

  std::int64_t label_of(const FragmentOrigin& origin) const {
    if (by_song_) return static_cast<std::int64_t>(origin.song);
    const auto bin = static_cast<std::int64_t>(origin.position * static_cast<float>(labels_));
    return std::clamp<std::int64_t>(bin, 0, labels_ - 1);
  }

  // follow and share in one, where plain code can read them.
  torch::Tensor follow_cpu() const {
    return torch::cat({follow_.flatten(), share_}).to(torch::kCPU).contiguous();
  }

  nlohmann::json settings_;
  bool by_song_;
  std::int64_t labels_, slots_;
  std::string activation_;
  double dropout_;
  std::shared_ptr<Encoder> encoder_;
  std::vector<Weights> layers_;
  torch::Tensor follow_, share_;  // [K × K], rows sum to 1; [K]
};

}  // namespace

std::unique_ptr<Network> make_dense(const nlohmann::json& settings) {
  return std::make_unique<DenseNet>(settings);
}

}  // namespace segue
