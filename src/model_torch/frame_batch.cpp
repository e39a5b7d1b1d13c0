#include "model_torch/frame_batch.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace segue {
namespace {

std::int64_t longest_of(const std::vector<std::int64_t>& lengths) {
  return *std::max_element(lengths.begin(), lengths.end());
}

}  // namespace

FrameBatch pack_frames(std::span<const LogMel> fragments, const BandStatistics& bands, Hop shortest,
                       std::size_t threads) {
  FrameBatch batch;
  for (const LogMel& fragment : fragments) {
    if (fragment.frames < shortest) {
      throw Error(ErrorKind::usage,
                  "a fragment of " + std::to_string(fragment.frames) +
                      " visible frames is too short for this network",
                  {}, "give a longer --fragment");
    }
    batch.lengths.push_back(fragment.frames);
  }
  batch.frames =
      torch::zeros({static_cast<std::int64_t>(fragments.size()), kBands, longest_of(batch.lengths)});
  parallel_for(fragments.size(), threads, [&](std::size_t i) {
    std::vector<float> rows = fragments[i].values;
    for (float* row = rows.data(); row != rows.data() + rows.size(); row += kBands) {
      for (std::size_t band = 0; band < kBands; ++band)
        row[band] = (row[band] - bands.mean[band]) / bands.scale[band];
    }
    copy_row(batch.frames, static_cast<std::int64_t>(i), rows, kBands);
  });
  std::vector<float> embeddings;
  for (const LogMel& fragment : fragments)
    embeddings.insert(embeddings.end(), fragment.embedding.begin(), fragment.embedding.end());
  if (!embeddings.empty()) {
    batch.embeddings =
        torch::tensor(embeddings).reshape({static_cast<std::int64_t>(fragments.size()), -1});
  }
  return batch;
}

void copy_row(torch::Tensor& target, std::int64_t row, std::span<const float> values,
              std::int64_t channels) {
  const std::int64_t steps = target.size(2);
  float* out = target.data_ptr<float>() + row * channels * steps;
  for (std::int64_t step = 0; step < static_cast<std::int64_t>(values.size()) / channels; ++step) {
    for (std::int64_t c = 0; c < channels; ++c) {
      out[c * steps + step] = values[static_cast<std::size_t>(step * channels + c)];
    }
  }
}

torch::Tensor real_steps(const std::vector<std::int64_t>& lengths, std::int64_t length) {
  return torch::arange(length) < torch::tensor(lengths).unsqueeze(1);
}

torch::Tensor slot_weights(const std::vector<std::int64_t>& lengths, std::int64_t slots) {
  const auto count = static_cast<std::int64_t>(lengths.size()), longest = longest_of(lengths);
  torch::Tensor weights = torch::zeros({count, slots, longest});
  auto out = weights.accessor<float, 3>();
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t length = lengths[static_cast<std::size_t>(n)];
    for (std::int64_t slot = 0; slot < slots; ++slot) {
      const std::int64_t begin = slot * length / slots;
      const std::int64_t end = ((slot + 1) * length + slots - 1) / slots;
      for (std::int64_t t = begin; t < end; ++t) out[n][slot][t] = 1 / static_cast<float>(end - begin);
    }
  }
  return weights;
}

torch::Tensor spread_weights(const std::vector<std::int64_t>& lengths, std::int64_t slots) {
  const auto count = static_cast<std::int64_t>(lengths.size()), longest = longest_of(lengths);
  torch::Tensor weights = torch::zeros({count, longest, slots});
  auto out = weights.accessor<float, 3>();
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t length = lengths[static_cast<std::size_t>(n)];
    for (std::int64_t t = 0; t < length; ++t) {
      const double place =
          (static_cast<double>(t) + 0.5) * static_cast<double>(slots) / static_cast<double>(length) -
          0.5;
      const double inside = std::clamp(place, 0.0, static_cast<double>(slots - 1));
      const auto low = static_cast<std::int64_t>(inside);
      const auto part = static_cast<float>(inside - static_cast<double>(low));
      out[n][t][low] += 1 - part;
      if (part > 0) out[n][t][low + 1] += part;
    }
  }
  return weights;
}

}  // namespace segue
