// training_step RECIPE BATCH_FILE THREADS
//
// Makes one batch of noise in the recipe's own shape, writes it with fresh weights to BATCH_FILE
// (safetensors, for training_step.py), prints "ready", and then for every line N on standard input
// does N training steps on it and prints the seconds, the CPU seconds and the last loss.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>

#include "base/error.hpp"
#include "base/safetensors.hpp"
#include "model_torch/crnn_loss.hpp"
#include "model_torch/systems.hpp"
#include "model_torch/trainer_step.hpp"
#include "training/augmentation.hpp"

namespace {

using namespace segue;

// A full batch: clips of noise, every question with all its wrong answers.
TrainingBatch make_batch(const nlohmann::json& recipe) {
  const auto setting = [&](const char* name) { return recipe.at(name).get<std::size_t>(); };
  const std::size_t length = setting("clip_length"), clips = setting("batch_clips");
  TrainingBatch batch;
  batch.history = setting("context") - 1;
  batch.same = setting("negatives_same");
  batch.width = 1 + batch.same + setting("negatives_other");
  Random random(1);
  for (std::size_t i = 0; i < clips * length; ++i) batch.fragments.push_back(noise(126, random));
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

void write(const std::filesystem::path& file, const CrnnNet& net, const BatchTensors& batch,
           const nlohmann::json& recipe) {
  std::vector<torch::Tensor> kept;
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    if (!tensor.defined()) return;
    kept.push_back(tensor.detach().contiguous());
    const bool whole = tensor.scalar_type() == torch::kInt64;
    tensors.push_back({name,
                       whole ? DType::i64 : DType::f32,
                       tensor.sizes().vec(),
                       {static_cast<const std::byte*>(kept.back().data_ptr()), kept.back().nbytes()}});
  };
  for (const auto& item : net.named_parameters()) add(item.key(), item.value());
  add("frames", batch.input.log_mel.frames);
  add("entry", batch.input.entry);
  add("exit", batch.input.exit);
  add("entry_flux", batch.input.entry_flux);
  add("exit_flux", batch.input.exit_flux);
  add("entry_known", batch.input.entry_known);
  add("exit_known", batch.input.exit_known);
  add("past", batch.past);
  add("playing", batch.playing);
  add("candidates", batch.candidates);
  write_safetensors(file, tensors, {{"recipe", recipe.dump()}});
}

int run(const std::string& name, const std::filesystem::path& file, int threads) {
  const Recipe loaded = Recipe::load(name);
  const nlohmann::json& recipe = loaded.settings();
  use_threads(static_cast<std::size_t>(threads));
  keep_freed_memory();
  torch::manual_seed(1);
  CrnnNet net(CrnnConfig::from_json(recipe));
  const BatchTensors batch = to_tensors(net, make_batch(recipe), 1);
  write(file, net, batch, recipe);
  torch::optim::AdamW optimizer = make_optimizer(net, recipe);
  net.train();
  std::cout << "ready" << std::endl;
  for (int steps = 0; std::cin >> steps;) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    double loss = 0;
    for (int i = 0; i < steps; ++i) {
      loss = optimize(net, optimizer, training_loss(logits_of(net, batch), batch, recipe), 1e-3, recipe);
    }
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
