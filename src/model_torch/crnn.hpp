// The network `crnn` after the report (cf. Cheng 2021): Conv1D + ReLU, max-pooling, dropout, an
// LSTM that hears the preceding fragments and then the candidate, a dense layer with sigmoid.
// Output 1: the candidate is the true next fragment; 0: it is not.
//
// Two inputs to the convolution, chosen by the recipe's `input`:
// log-mel  the z-scored frames of each fragment, through the recipe's encoder (conv1d: as the report
//          has it); the LSTM reads the fragments of the context one after the other, then the candidate.
// seam     both sides of a seam at once (seam_features.hpp). Step k looks at the last and first
//          2^k frames and at one slice of the first second's rhythm. The convolution over
//          both sides is the difference of two halves, conv(entry of B) − conv(exit of A): each
//          is computed once per fragment. The LSTM reads every seam of the context and then
//          the one in question, from the widest window to the narrowest, so that it ends at the cut.
#pragma once

#include <vector>

#include "model_torch/encoder.hpp"
#include "model_torch/network.hpp"

namespace segue {

struct CrnnConfig {
  enum class Input { log_mel, seam };

  Input input = Input::seam;
  EncoderConfig encoder;              // seam: C channels, kernel K, pool P of its own conv1d
  std::int64_t rhythm_channels = 32;  // R, seam only
  std::int64_t hidden = 64;           // H
  std::int64_t context = 2;           // fragments heard before the candidate
  double dropout = 0.25;

  static constexpr std::int64_t rhythm_kernel = 5;

  // From the settings of a recipe or card. Throws Error(model) if one is missing or out of range.
  static CrnnConfig from_json(const nlohmann::json& settings);

  // Seam only: LSTM steps of a seam, and the flux frames that they look at.
  std::int64_t seam_steps() const { return kSeamScales - encoder.kernel + 1; }
  std::int64_t rhythm_outputs() const { return seam_steps() * encoder.pool; }
  int flux_frames() const { return static_cast<int>(rhythm_outputs() + rhythm_kernel - 1); }
};

// Fragments as the network reads them. N fragments.
struct CrnnInput {
  FrameBatch log_mel;
  // seam
  torch::Tensor entry, exit;            // [N × 80 × 8]
  torch::Tensor entry_flux, exit_flux;  // [N × 8 × flux_frames]
  torch::Tensor entry_known;            // [N × rhythm_outputs] 1 where the flux is real, else 0
  torch::Tensor exit_known;             // [N × 1]
};

// What the network keeps of fragments, whatever they are paired with.
struct CrnnEncoding {
  // log-mel: steps after encoder and dropout [N × S × step width]; how many of them are real
  torch::Tensor steps;
  torch::Tensor lengths;  // [N], int64
  // seam: the halves of the convolutions, [N × S × C] and [N × rhythm_outputs × R]
  torch::Tensor entry, exit, rhythm_entry, rhythm_exit;
  torch::Tensor entry_known, exit_known;
};

class CrnnNet : public Network {
 public:
  explicit CrnnNet(const CrnnConfig& config);

  const CrnnConfig& config() const noexcept { return config_; }
  std::int64_t step_width() const { return step_width_; }  // what the LSTM reads at each step

  Hop shortest() const override { return encoder ? encoder->shortest() : 1; }
  Lesson study(const TrainingBatch& batch, const nlohmann::json& recipe, std::size_t threads) override;
  std::unique_ptr<SuccessorModel> model(ModelCard card) const override;

  // Puts fragments into tensors; `threads` for the features. Throws Error(usage) if one is too
  // short for the kernel.
  CrnnInput prepare(const std::vector<LogMel>& fragments, Hop guard, std::size_t threads) const;

  CrnnEncoding encode(const CrnnInput& input);

  // past [Q × context-1], playing [Q], candidates [Q × M]: numbers of encoded fragments, -1 for
  // none (its score means nothing). Returns logits [Q × M].
  torch::Tensor forward(const CrnnEncoding& encoding, const torch::Tensor& past,
                        const torch::Tensor& playing, const torch::Tensor& candidates);

  // LSTM inputs of the seams a → b, [n × S × step_width].
  torch::Tensor seam_steps(const CrnnEncoding& encoding, const torch::Tensor& a, const torch::Tensor& b);

  // One LSTM step in place of its state; gates [n × 4H] = W x + U h + b in the order i, f, g, o
  // are overwritten. The second, without a gradient, reuses the memory of all three.
  static void cell(const torch::Tensor& gates, torch::Tensor& hidden, torch::Tensor& cell);
  static void cell_in_place(torch::Tensor& gates, torch::Tensor& hidden, torch::Tensor& cell);

  std::shared_ptr<Encoder> encoder;             // log-mel
  torch::Tensor conv_weight, conv_bias;         // seam: [C × 80 × K], [C]
  torch::Tensor conv_exit_weight;               // seam: [C × 80 × K]
  torch::Tensor rhythm_weight, rhythm_bias;     // seam: [R × 8 × 5], [R]
  torch::Tensor rhythm_exit_weight;             // seam: [R × 8 × 5]
  torch::Tensor lstm_input_weight;              // [4H × step_width]
  torch::Tensor lstm_hidden_weight, lstm_bias;  // [4H × H], [4H]
  torch::Tensor dense_weight, dense_bias;       // [1 × H], [1]

 private:
  // Reads steps [n × S × width] of which `lengths` (undefined: all) are real, from the state.
  void read(const torch::Tensor& steps, const torch::Tensor& lengths, torch::Tensor& hidden,
            torch::Tensor& cell);

  CrnnConfig config_;
  std::int64_t step_width_ = 0;
};

}  // namespace segue
