// The face of every network in training. What a finished one does is model/successor_model.hpp.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "features/manifest.hpp"
#include "model/successor_model.hpp"
#include "model_torch/pretrained.hpp"
#include "model_torch/seam_features.hpp"
#include "training/sampler.hpp"

namespace segue {

// What a network makes of a batch.
struct Lesson {
  torch::Tensor loss;    // a scalar with its gradient; undefined where the batch teaches nothing
  torch::Tensor scores;  // [Q × width], how well each candidate follows, without a gradient
};

// Parameters are learnt by gradient, buffers (mean and scale of each band first of all) are counted.
class Network : public torch::nn::Module {
 public:
  Network();

  // Visible frames that a fragment must have.
  virtual Hop shortest() const { return 1; }
  // Fills the buffers from the train side, before anything is learnt.
  virtual void count(const Manifest& manifest);
  // recipe: its settings.
  virtual Lesson study(const TrainingBatch& batch, const nlohmann::json& recipe,
                       std::size_t threads) = 0;
  // What it has become: a model with a copy of the weights, on the CPU.
  virtual std::unique_ptr<SuccessorModel> model(ModelCard card) const = 0;
  // Leaves pictures of what it learnt in `folder`, and figures for the card.
  virtual nlohmann::json show(const FragmentSet& validation, const std::filesystem::path& folder);

  // What it hears of a fragment, the pretrained encoder's embedding included.
  LogMel hear(const FragmentSet& fragments, std::size_t fragment, Hop guard) const;

  BandStatistics statistics() const;
  void set_statistics(const BandStatistics& statistics);
  torch::Device device() const { return band_mean.device(); }

  torch::Tensor band_mean, band_scale;           // [80]
  std::shared_ptr<const Pretrained> pretrained;  // where the encoder is one, else null
};

// All parameters and buffers, the same architecture on both sides.
void copy_weights(const torch::nn::Module& from, torch::nn::Module& to);

// Weights as safetensors. Loading throws Error(model) if the file is missing, damaged or of another
// architecture.
void save_weights(const torch::nn::Module& net, const std::filesystem::path& file,
                  const std::map<std::string, std::string>& metadata);
void load_weights(torch::nn::Module& net, const std::filesystem::path& file);

}  // namespace segue
