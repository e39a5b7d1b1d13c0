// The network `successor`: exit and entry embeddings in one space, so that the nearest entries to an
// exit are what can follow, and a re-ranker that hears pairs.
//
// The exit of what plays holds (1) its last frames, (2) the onset curve as it would go on by its own
// repetition, (3) how its onset curve ends; the entry of what may follow (1) its first frames, (2) how
// its onset curve begins, (3) the onset curve as it would have been before. Each of these goes through
// one matrix for both sides; what a tower of convolutions makes of the nearest 64 frames, one tower for
// each side, is added. Base score = -s ‖exit - entry‖². What the repetition is (the weights of the lags)
// a small convolution reads off the autocorrelation of all curves. The fragments before the one playing
// make it longer where they lie before it in the same track, or are supposed to.
//
// The re-ranker hears one pair: the products of their curves at every lag in true time beside the
// autocorrelation of each side (convolutions), how the edges, the embeddings and the expected and the
// real curves differ (dense layers), and both towers side by side (TowerPair).
#pragma once

#include <span>
#include <vector>

#include "model_torch/network.hpp"
#include "model_torch/rhythm.hpp"
#include "model_torch/seam_tower.hpp"

namespace segue {

struct SuccessorConfig {
  std::int64_t edge = 256;   // numbers of an embedding that hold the frames at the edge
  std::int64_t rhythm = 96;  // … the onset curve forwards, and as many backwards
  std::int64_t ahead = 43;   // steps (1 s) of curves that are compared at the seam
  std::int64_t lag_channels = 16;
  std::int64_t tower_hidden = 96;
  std::int64_t tower_channels = 96;
  std::int64_t tower_dense = 256;
  std::int64_t pair_channels = 64;
  std::int64_t pair_hidden = 256;
  double dropout = 0.05;
  std::size_t context = 4;  // fragments heard, the one playing included

  // From the settings of a recipe or card. Throws Error(model) if one is missing or out of range.
  static SuccessorConfig from_json(const nlohmann::json& settings);
};

// One side of seams; D numbers an embedding, K steps ahead.
struct SeamSide {
  torch::Tensor edge;       // [N × 480] frames at the edge, z-scored
  torch::Tensor embedding;  // [N × D]
  torch::Tensor own;        // [N × K × 84] curves on this side of the seam
  torch::Tensor other;  // [N × K × 84] curves as this side expects them on the other, in order of time
  torch::Tensor lags;   // [N × groups × kLags] its autocorrelation
  torch::Tensor near;   // [N × tower_channels × kNearSteps] what the tower made of the nearest frames
};

// What happens between two fragments: [P × groups × kLags] products, [P × kLags] steps that meet.
struct PairLags {
  torch::Tensor products, count;
};

class SuccessorNet : public Network {
 public:
  explicit SuccessorNet(const nlohmann::json& settings);

  const SuccessorConfig& config() const { return config_; }
  std::int64_t embedding_size() const { return config_.edge + 2 * config_.rhythm; }

  // What leads on: `lines` holds each playing fragment with what came before.
  SeamSide exits(std::span<const FragmentCurves* const> playing, std::span<const Timeline> lines,
                 std::span<const LagProducts> products, Hop guard);
  // What may follow; `lines` reversed, products of the reversed lines.
  SeamSide entries(std::span<const FragmentCurves* const> fragments, std::span<const Timeline> lines,
                   std::span<const LagProducts> products, Hop guard);

  // [Q × N]; s is scale().
  torch::Tensor base_scores(const torch::Tensor& exits, const torch::Tensor& entries) const;
  float scale() const { return std::exp(log_scale_.item<float>()); }

  // [P]: of each pair (row of `exit`, row of `entry`), from its base score.
  torch::Tensor rerank(const torch::Tensor& base, const SeamSide& exit, const SeamSide& entry,
                       const PairLags& between);
  // `rows` of a side, once for each pair.
  static SeamSide rows_of(const SeamSide& side, const torch::Tensor& rows);

  Lesson study(const TrainingBatch& batch, const nlohmann::json& recipe, std::size_t threads) override;
  std::unique_ptr<SuccessorModel> model(ModelCard card) const override;

 private:
  SeamSide side_of(torch::Tensor edge, torch::Tensor frames, torch::Tensor own,
                   const TimelineBatch& lines, std::span<const LagProducts> products, Hop guard,
                   bool exit);

  nlohmann::json settings_;
  SuccessorConfig config_;
  torch::Tensor edge_weight_, forward_weight_, backward_weight_, log_scale_, sharpness_;
  torch::nn::Conv1d lag_in_{nullptr}, lag_out_{nullptr};
  // One for each side: what ends and what begins are different things.
  struct Tower {
    std::shared_ptr<SeamTower> tower;
    torch::nn::Linear dense{nullptr}, out{nullptr};  // to what is added to the embedding
  };
  Tower make_tower(const std::string& side);
  Tower exit_tower_, entry_tower_;
  std::shared_ptr<TowerPair> tower_pair_;
  std::vector<torch::nn::Conv1d> pair_convolutions_;
  torch::nn::Linear pair_lags_{nullptr}, pair_lags_out_{nullptr}, pair_in_{nullptr},
      pair_middle_{nullptr}, pair_out_{nullptr};
  torch::Tensor base_weight_;
};

// The products of pairs (numbers into `lines` and `fragments`), on up to `threads` threads.
PairLags pair_lags(std::span<const Timeline> lines, std::span<const FragmentCurves* const> fragments,
                   std::span<const std::pair<std::size_t, std::size_t>> pairs, Hop guard,
                   std::size_t threads);

}  // namespace segue
