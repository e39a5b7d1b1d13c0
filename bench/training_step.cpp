// training_step RECIPE BATCH_FILE THREADS
//
// Makes one batch of noise in the recipe's own shape, writes it with fresh weights to BATCH_FILE
// (safetensors, for training_step.py), prints "ready", and then for every line N on standard input
// does N training steps on it and prints the seconds, the CPU seconds and the last loss. `crnn` steps
// begin with the tensors that its convolutions read; the others with log-mel rows, as study() does, and
// score the candidates as well.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>

#include "base/error.hpp"
#include "base/memory.hpp"
#include "base/safetensors.hpp"
#include "model_torch/crnn_loss.hpp"
#include "model_torch/systems.hpp"
#include "model_torch/trainer_step.hpp"
#include "training/augmentation.hpp"

namespace {

using namespace segue;

// A full batch: clips of noise, every question with all its wrong answers.
TrainingBatch make_batch(const nlohmann::json& recipe) {
  const auto setting = [&](const char* name) { return recipe.value(name, std::size_t{0}); };
  const std::size_t length = setting("clip_length"), clips = setting("batch_clips");
  TrainingBatch batch;
  batch.history = std::max<std::size_t>(1, setting("context")) - 1;
  batch.same = setting("negatives_same");
  batch.width = 1 + batch.same + setting("negatives_other");
  Random random(1);
  for (std::size_t i = 0; i < clips * length; ++i) {
    batch.fragments.push_back(noise(126, random));
    const auto place = static_cast<float>(i % length) + 0.5f;
    batch.origins.push_back({i / length, i / length, place / static_cast<float>(length)});
  }
  for (std::size_t clip = 0; clip < clips; ++clip) {
    for (std::size_t i = 0; i + 1 < length; ++i) {
      const std::size_t begin = clip * length;
      ++batch.queries;
      batch.playing.push_back(static_cast<std::int64_t>(begin + i));
      for (std::size_t back = batch.history; back > 0; --back) {
        batch.past.push_back(back <= i ? static_cast<std::int64_t>(begin + i - back) : -1);
      }
      batch.candidates.push_back(static_cast<std::int64_t>(begin + i + 1));
      std::size_t same = 0;
      for (std::size_t j = 0; j < length && same < batch.same; ++j) {
        if (j == i || j == i + 1) continue;
        batch.candidates.push_back(static_cast<std::int64_t>(begin + j));
        ++same;
      }
      for (std::size_t n = same; n + 1 < batch.width; ++n) {
        const std::size_t drawn = random.below((clips - 1) * length);
        batch.candidates.push_back(static_cast<std::int64_t>(drawn < begin ? drawn : drawn + length));
      }
    }
  }
  return batch;
}

using Tensors = std::vector<std::pair<std::string, torch::Tensor>>;

void write(const std::filesystem::path& file, const Network& net, Tensors batch,
           const nlohmann::json& recipe) {
  for (const auto& item : net.named_parameters()) batch.emplace_back(item.key(), item.value());
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : batch) {
    if (!tensor.defined()) continue;
    tensor = tensor.detach().contiguous();
    const bool whole = tensor.scalar_type() == torch::kInt64;
    tensors.push_back({name,
                       whole ? DType::i64 : DType::f32,
                       tensor.sizes().vec(),
                       {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
  }
  write_safetensors(file, tensors, {{"recipe", recipe.dump()}});
}

// One step's loss, and what Python needs to compute the same.
struct Step {
  std::function<torch::Tensor()> loss;
  Tensors tensors;
};

Step crnn_step(CrnnNet& net, const TrainingBatch& made, const nlohmann::json& recipe) {
  const BatchTensors batch = to_tensors(net, made, 1);
  const CrnnInput& input = batch.input;
  return {[&net, &recipe, batch] { return training_loss(logits_of(net, batch), batch, recipe); },
          {{"frames", input.log_mel.frames},
           {"entry", input.entry},
           {"exit", input.exit},
           {"entry_flux", input.entry_flux},
           {"exit_flux", input.exit_flux},
           {"entry_known", input.entry_known},
           {"exit_known", input.exit_known},
           {"past", batch.past},
           {"playing", batch.playing},
           {"candidates", batch.candidates}}};
}

Step state_step(Network& net, const TrainingBatch& batch, const nlohmann::json& recipe, int threads) {
  std::vector<torch::Tensor> rows;
  std::vector<float> positions;
  std::vector<std::int64_t> clips;
  for (std::size_t i = 0; i < batch.fragments.size(); ++i) {
    const LogMel& fragment = batch.fragments[i];
    rows.push_back(torch::tensor(fragment.values).reshape({fragment.frames, LogMelGeometry::bands}));
    positions.push_back(batch.origins[i].position);
    clips.push_back(static_cast<std::int64_t>(batch.origins[i].clip));
  }
  const auto workers = static_cast<std::size_t>(threads);
  const auto queries = static_cast<std::int64_t>(batch.queries);
  torch::Tensor past;  // none where nothing before is heard
  if (batch.history > 0) past = torch::tensor(batch.past).reshape({queries, -1});
  return {[&net, &batch, &recipe, workers] { return net.study(batch, recipe, workers).loss; },
          {{"rows", torch::stack(rows)},
           {"position", torch::tensor(positions)},
           {"clip", torch::tensor(clips)},
           {"past", past},
           {"playing", torch::tensor(batch.playing)},
           {"candidates", torch::tensor(batch.candidates).reshape({queries, -1})},
           {"band_mean", net.band_mean},
           {"band_scale", net.band_scale}}};
}

int run(const std::string& name, const std::filesystem::path& file, int threads) {
  const Recipe loaded = Recipe::load(name);
  const nlohmann::json& recipe = loaded.settings();
  use_threads(static_cast<std::size_t>(threads));
  keep_freed_memory();
  torch::manual_seed(1);
  const std::unique_ptr<Network> net = make_network(loaded.system(), recipe);
  net->set_statistics(
      {std::vector<float>(LogMelGeometry::bands, -3), std::vector<float>(LogMelGeometry::bands, 0.5f)});
  const TrainingBatch batch = make_batch(recipe);
  auto* crnn = dynamic_cast<CrnnNet*>(net.get());
  const Step step =
      crnn != nullptr ? crnn_step(*crnn, batch, recipe) : state_step(*net, batch, recipe, threads);
  write(file, *net, step.tensors, recipe);
  torch::optim::AdamW optimizer = make_optimizer(*net, recipe);
  net->train();
  std::cout << "ready" << std::endl;
  for (int steps = 0; std::cin >> steps;) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    double loss = 0;
    for (int i = 0; i < steps; ++i) loss = optimize(*net, optimizer, step.loss(), 1e-3, recipe);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    const double cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
    std::cout << taken.count() << ' ' << cpu << ' ' << loss << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 4) throw Error(ErrorKind::usage, "RECIPE BATCH_FILE THREADS are needed");
    return run(argv[1], argv[2], std::stoi(argv[3]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "training_step: %s\n", error.what());
    return 1;
  }
}
