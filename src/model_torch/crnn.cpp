#include "model_torch/crnn.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "model_torch/settings.hpp"

namespace segue {
namespace {

torch::Tensor scaled_normal(torch::IntArrayRef shape, double deviation) {
  return torch::randn(shape) * deviation;
}

}  // namespace

CrnnConfig CrnnConfig::from_json(const nlohmann::json& settings) {
  CrnnConfig config;
  const std::string input = text_setting(settings, "input");
  if (input != "log-mel" && input != "seam") {
    throw Error(ErrorKind::model, "the card names an input that the network crnn does not have", {},
                "update segue, or choose another model with --model");
  }
  config.input = input == "seam" ? Input::seam : Input::log_mel;
  config.encoder = EncoderConfig::from_json(settings);
  config.rhythm_channels = whole_setting(settings, "rhythm_channels", 1, 256);
  config.hidden = whole_setting(settings, "hidden", 1, 1024);
  config.context = whole_setting(settings, "context", 1, 8);
  config.dropout = dropout_setting(settings);
  return config;
}

CrnnNet::CrnnNet(const CrnnConfig& config) : config_(config) {
  const std::int64_t H = config.hidden;
  if (config.input == CrnnConfig::Input::seam) {
    const std::int64_t C = config.encoder.channels, K = config.encoder.kernel,
                       R = config.rhythm_channels;
    const double conv_scale = 1 / std::sqrt(static_cast<double>(kBands * K));
    conv_weight = register_parameter("conv_weight", scaled_normal({C, kBands, K}, conv_scale));
    conv_bias = register_parameter("conv_bias", torch::zeros({C}));
    const double scale = 1 / std::sqrt(static_cast<double>(kFluxGroups * config.rhythm_kernel));
    // Both halves begin alike: their difference is then zero where the two sides are the same.
    conv_exit_weight = register_parameter("conv_exit_weight", conv_weight.detach().clone());
    rhythm_weight = register_parameter("rhythm_weight",
                                       scaled_normal({R, kFluxGroups, config.rhythm_kernel}, scale));
    rhythm_bias = register_parameter("rhythm_bias", torch::zeros({R}));
    rhythm_exit_weight = register_parameter("rhythm_exit_weight", rhythm_weight.detach().clone());
    step_width_ = C + R;
  } else {
    encoder = register_module("encoder", make_encoder(config.encoder));
    step_width_ = encoder->width();
  }
  const double lstm_scale = 1 / std::sqrt(static_cast<double>(H));
  const auto uniform = [&](torch::IntArrayRef shape) {
    return (torch::rand(shape) * 2 - 1) * lstm_scale;
  };
  lstm_input_weight = register_parameter("lstm_input_weight", uniform({4 * H, step_width_}));
  lstm_hidden_weight = register_parameter("lstm_hidden_weight", uniform({4 * H, H}));
  torch::Tensor bias = uniform({4 * H});
  bias.narrow(0, H, H) += 1;  // gates begin open towards the past
  lstm_bias = register_parameter("lstm_bias", bias);
  dense_weight = register_parameter("dense_weight", uniform({1, H}));
  dense_bias = register_parameter("dense_bias", torch::zeros({1}));
}

CrnnInput CrnnNet::prepare(const std::vector<LogMel>& fragments, Hop guard, std::size_t threads) const {
  CrnnInput input;
  const BandStatistics bands = statistics();
  const auto count = static_cast<std::int64_t>(fragments.size());
  if (config_.input == CrnnConfig::Input::log_mel) {
    input.log_mel = pack_frames(fragments, bands, shortest(), threads);
    return input;
  }
  input.entry = torch::empty({count, kBands, kSeamScales});
  input.exit = torch::empty({count, kBands, kSeamScales});
  input.entry_flux = torch::empty({count, kFluxGroups, config_.flux_frames()});
  input.exit_flux = torch::empty({count, kFluxGroups, config_.flux_frames()});
  input.entry_known = torch::zeros({count, config_.rhythm_outputs()});
  input.exit_known = torch::zeros({count, 1});
  parallel_for(fragments.size(), threads, [&](std::size_t n) {
    const auto i = static_cast<std::int64_t>(n);
    const SeamFeatures features = seam_features(fragments[n], guard, config_.flux_frames(), bands);
    copy_row(input.entry, i, features.entry, kBands);
    copy_row(input.exit, i, features.exit, kBands);
    copy_row(input.entry_flux, i, features.entry_flux, kFluxGroups);
    copy_row(input.exit_flux, i, features.exit_flux, kFluxGroups);
    const std::int64_t known = features.entry_flux_frames - config_.rhythm_kernel + 1;
    for (std::int64_t t = 0; t < known; ++t)
      input.entry_known.data_ptr<float>()[i * config_.rhythm_outputs() + t] = 1;
    input.exit_known.data_ptr<float>()[i] = features.exit_flux_known ? 1 : 0;
  });
  return input;
}

CrnnEncoding CrnnNet::encode(const CrnnInput& input) {
  CrnnEncoding result;
  const auto here = [&](const torch::Tensor& tensor) { return tensor.to(device()); };
  if (config_.input == CrnnConfig::Input::seam) {
    const auto half = [&](const torch::Tensor& x, const torch::Tensor& weight,
                          const torch::Tensor& bias) {
      return torch::conv1d(here(x), weight, bias).transpose(1, 2);
    };
    result.entry = half(input.entry, conv_weight, conv_bias);
    result.exit = half(input.exit, conv_exit_weight, {});
    result.rhythm_entry = half(input.entry_flux, rhythm_weight, rhythm_bias);
    result.rhythm_exit = half(input.exit_flux, rhythm_exit_weight, {});
    result.entry_known = here(input.entry_known);
    result.exit_known = here(input.exit_known);
    return result;
  }
  const EncodedFrames encoded = encoder->forward(input.log_mel);
  result.steps = torch::dropout(encoded.steps, config_.dropout, is_training());
  result.lengths = torch::tensor(encoded.lengths);
  return result;
}

torch::Tensor CrnnNet::seam_steps(const CrnnEncoding& encoding, const torch::Tensor& a,
                                  const torch::Tensor& b) {
  const auto pick = [](const torch::Tensor& from, const torch::Tensor& rows) {
    return from.index_select(0, rows);
  };
  const torch::Tensor spectrum = torch::relu(pick(encoding.entry, b) - pick(encoding.exit, a));
  torch::Tensor rhythm = torch::relu(pick(encoding.rhythm_entry, b) - pick(encoding.rhythm_exit, a));
  rhythm = rhythm * (pick(encoding.entry_known, b) * pick(encoding.exit_known, a)).unsqueeze(2);
  rhythm = rhythm.reshape({b.size(0), config_.seam_steps(), config_.encoder.pool, -1}).amax(2);
  const torch::Tensor steps = torch::cat({spectrum, rhythm}, 2).flip(1);
  return torch::dropout(steps, config_.dropout, is_training());
}

void CrnnNet::cell(const torch::Tensor& gates, torch::Tensor& hidden, torch::Tensor& cell) {
  const std::vector<torch::Tensor> parts = at::unsafe_chunk(gates, 4, 1);
  const torch::Tensor in = parts[0].sigmoid_(), forget = parts[1].sigmoid_();
  const torch::Tensor update = parts[2].tanh_(), out = parts[3].sigmoid_();
  cell = (forget * cell).add_(in * update);
  hidden = out * torch::tanh(cell);
}

void CrnnNet::cell_in_place(torch::Tensor& gates, torch::Tensor& hidden, torch::Tensor& cell) {
  const std::int64_t H = hidden.size(1);
  gates.narrow(1, 0, 2 * H).sigmoid_();
  gates.narrow(1, 3 * H, H).sigmoid_();
  torch::Tensor update = gates.narrow(1, 2 * H, H).tanh_();
  cell.mul_(gates.narrow(1, H, H)).add_(update.mul_(gates.narrow(1, 0, H)));
  at::tanh_out(hidden, cell).mul_(gates.narrow(1, 3 * H, H));
}

void CrnnNet::read(const torch::Tensor& steps, const torch::Tensor& lengths, torch::Tensor& hidden,
                   torch::Tensor& cell) {
  // Gates of all steps in one product, step by step in memory.
  const std::vector<torch::Tensor> inputs =
      torch::linear(steps.transpose(0, 1), lstm_input_weight, lstm_bias).unbind(0);
  const torch::Tensor recurrent = lstm_hidden_weight.t();
  for (std::size_t t = 0; t < inputs.size(); ++t) {
    throw_if_interrupted();  // a long fragment takes seconds
    torch::Tensor next_hidden = hidden, next_cell = cell;
    CrnnNet::cell(torch::addmm(inputs[t], hidden, recurrent), next_hidden, next_cell);
    if (lengths.defined()) {
      const torch::Tensor real = (lengths > static_cast<std::int64_t>(t)).unsqueeze(1);
      next_hidden = torch::where(real, next_hidden, hidden);
      next_cell = torch::where(real, next_cell, cell);
    }
    hidden = next_hidden;
    cell = next_cell;
  }
}

torch::Tensor CrnnNet::forward(const CrnnEncoding& encoding, const torch::Tensor& past,
                               const torch::Tensor& playing, const torch::Tensor& candidates) {
  const std::int64_t queries = playing.size(0), width = candidates.size(1), history = past.size(1);
  const bool seam = config_.input == CrnnConfig::Input::seam;
  const torch::Device place = device();
  torch::Tensor hidden = torch::zeros({queries, config_.hidden}, place),
                cell = torch::zeros_like(hidden);
  const torch::Tensor chain = torch::cat({past, playing.unsqueeze(1)}, 1);
  // An absent fragment (-1) is read with no real step: the state passes it unchanged.
  const auto lengths_of = [&](const torch::Tensor& fragments) {
    const torch::Tensor steps = seam ? torch::full_like(fragments, config_.seam_steps())
                                     : encoding.lengths.index_select(0, fragments.clamp_min(0));
    return (steps * (fragments >= 0)).to(place);
  };
  for (std::int64_t i = seam ? 1 : 0; i <= history; ++i) {
    const torch::Tensor now = chain.select(1, i).contiguous();
    const torch::Tensor rows = now.clamp_min(0).to(place);
    if (seam) {
      const torch::Tensor before = chain.select(1, i - 1).contiguous();
      read(seam_steps(encoding, before.clamp_min(0).to(place), rows), lengths_of(before), hidden, cell);
    } else {
      read(encoding.steps.index_select(0, rows), lengths_of(now), hidden, cell);
    }
  }
  hidden = hidden.repeat_interleave(width, 0);
  cell = cell.repeat_interleave(width, 0);
  const torch::Tensor flat = candidates.reshape({-1}).clamp_min(0);
  const torch::Tensor rows = flat.to(place);
  if (seam) {
    read(seam_steps(encoding, playing.repeat_interleave(width).to(place), rows), {}, hidden, cell);
  } else {
    const torch::Tensor lengths = encoding.lengths.index_select(0, flat);
    const bool equal = lengths.min().item<std::int64_t>() == encoding.steps.size(1);
    read(encoding.steps.index_select(0, rows), equal ? torch::Tensor() : lengths.to(place), hidden,
         cell);
  }
  return torch::addmm(dense_bias, hidden, dense_weight.t()).reshape({queries, width});
}

}  // namespace segue
