#include "model_torch/pretrained.hpp"

#include <ATen/Version.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <map>
#include <mutex>
#include <tuple>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/paths.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "model_torch/embedding_store.hpp"
#include "model_torch/systems.hpp"

// OpenBLAS, where it is the BLAS: its version and the kind of CPU that it works for.
extern "C" char* openblas_get_config() __attribute__((weak));

namespace segue {
namespace {

constexpr const char* kRemedy = "docs/learning.md says what an encoder must be";

// The last line of what LibTorch says is the reason; before it stands where in the module.
std::string reason_of(const std::exception& error) {
  std::string text = error.what();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

ContentHash hash_of(std::span<const std::byte> bytes) {
  ContentHasher hasher;
  hasher.update(bytes);
  return hasher.digest();
}

// What the last bits of a computation depend on, besides what is computed.
ContentHash arithmetic() {
  std::string text = std::string(TORCH_VERSION) + "\n" + at::show_config();
  if (openblas_get_config != nullptr) text += openblas_get_config();
  return hash_of(std::as_bytes(std::span(text)));
}

}  // namespace

struct Pretrained::State {
  std::filesystem::path file;
  ContentHash hash;
  mutable torch::jit::Module module;
  bool hears_audio = false;
  int sample_rate = 0;
  std::int64_t width = 0;

  using Key = std::tuple<TrackId, Hop, Hop, Hop>;  // track, start, length, guard
  mutable std::mutex mutex;
  mutable std::map<Key, std::vector<float>> kept;
  std::unique_ptr<EmbeddingStore> store;

  Error unfit(const std::string& problem) const { return {ErrorKind::model, problem, file, kRemedy}; }

  torch::Tensor run(const torch::Tensor& input) const {
    const torch::NoGradGuard no_grad;
    const torch::jit::GraphOptimizerEnabledGuard plain(
        false);  // else the second run differs from the first
    torch::Tensor output;
    try {
      const auto result = module.forward({input});
      if (!result.isTensor()) throw unfit("gives no tensor");
      output = result.toTensor();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw unfit("fails on an input of " + shape_of(input) + " (" + reason_of(error) + ")");
    }
    if (output.scalar_type() != torch::kFloat32 || output.dim() != 2 ||
        output.size(0) != input.size(0) || output.size(1) < 1 ||
        (width > 0 && output.size(1) != width)) {
      throw unfit("makes " + shape_of(output) + " of " + shape_of(input) + ", not one vector of " +
                  (width > 0 ? std::to_string(width) + " numbers" : "float32") + " for each fragment");
    }
    if (!torch::isfinite(output).all().item<bool>()) throw unfit("gives numbers that are not finite");
    return output.contiguous();
  }

  static std::string shape_of(const torch::Tensor& tensor) {
    std::string text;
    for (const std::int64_t size : tensor.sizes())
      text += (text.empty() ? "[" : " × ") + std::to_string(size);
    return text.empty() ? "a single number" : text + "]";
  }

  void read_attributes() {
    std::string input = "log-mel";
    if (module.hasattr("input")) {
      const auto value = module.attr("input");
      if (!value.isString()) throw unfit("has an attribute 'input' that is no text");
      input = value.toStringRef();
    }
    if (input != "log-mel" && input != "audio") {
      throw unfit("asks for an input that is neither 'log-mel' nor 'audio'");
    }
    hears_audio = input == "audio";
    if (!hears_audio) return;
    if (!module.hasattr("sample_rate") || !module.attr("sample_rate").isInt())
      throw unfit("hears audio but has no whole number 'sample_rate'");
    const std::int64_t rate = module.attr("sample_rate").toInt();
    if (rate < 1000 || rate > 192000) throw unfit("asks for a sample rate outside 1000 … 192000 Hz");
    sample_rate = static_cast<int>(rate);
  }

  void try_out() {
    for (const std::int64_t count : {2, 1}) {  // fragments, of count + 1 seconds
      torch::Tensor input = torch::full({count, LogMelGeometry::bands, 40 * (count + 1)}, -4.0);
      if (hears_audio) input = torch::zeros({count, sample_rate * (count + 1)});
      const torch::Tensor output = run(input.clone());  // which a module may overwrite
      width = output.size(1);
      if (!torch::equal(run(input), output))
        throw unfit("makes other numbers of the same input each time");
    }
  }

  std::vector<float> compute(const FeatureFile& track, const FrameRange& range,
                             std::vector<float>& rows) const {
    if (at::get_num_threads() != 1)
      throw Error(ErrorKind::internal, "an encoder was asked while Torch works on many threads");
    std::vector<float> audio;
    torch::Tensor input;
    if (hears_audio) {
      audio = track.read_audio(range, sample_rate);
      input = torch::from_blob(audio.data(), {1, static_cast<std::int64_t>(audio.size())}).clone();
    } else {
      input = torch::from_blob(rows.data(), {1, range.size(), LogMelGeometry::bands}).transpose(1, 2);
    }
    const torch::Tensor output = run(input.contiguous());
    return {output.data_ptr<float>(), output.data_ptr<float>() + output.numel()};
  }
};

Pretrained::Pretrained(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pretrained::~Pretrained() = default;

std::shared_ptr<const Pretrained> Pretrained::load(const std::filesystem::path& file) {
  auto state = std::make_unique<State>();
  state->file = file;
  std::error_code code;
  if (!std::filesystem::is_regular_file(file, code)) {
    throw Error(ErrorKind::model, "no such encoder", file, "check its name");
  }
  state->hash = hash_file(file);
  try {
    state->module = torch::jit::load(file.string(), torch::kCPU);
    state->module.eval();
  } catch (const std::exception&) {
    throw state->unfit("is no TorchScript file");
  }
  if (!state->module.find_method("forward")) throw state->unfit("has no method forward");
  state->read_attributes();
  state->try_out();
  state->store = std::make_unique<EmbeddingStore>(
      user_cache_folder() / "embeddings" / state->hash.hex(),
      std::map<std::string, std::string>{{"encoder", state->hash.hex()},
                                         {"geometry_version", std::to_string(LogMelGeometry::version)},
                                         {"arithmetic", arithmetic().hex()}},
      state->width);
  return std::shared_ptr<const Pretrained>(new Pretrained(std::move(state)));
}

const std::filesystem::path& Pretrained::file() const { return state_->file; }
const ContentHash& Pretrained::hash() const { return state_->hash; }
std::int64_t Pretrained::width() const { return state_->width; }

std::vector<float> Pretrained::embed(const FeatureFile& track, const FragmentSpan& span,
                                     Hop guard) const {
  const State::Key key{track.track(), span.start, span.length, guard};
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->kept.find(key);
    if (found != state_->kept.end()) return found->second;
  }
  const FrameRange range = visible_frames(span, guard);
  if (range.size() < 1) {
    throw Error(ErrorKind::usage, "a fragment is too short to be heard with both edges hidden", {},
                "give a longer --fragment");
  }
  std::vector<float> rows(static_cast<std::size_t>(range.size() * LogMelGeometry::bands));
  track.read_log_mel(range, rows);
  const EmbeddingStore::Fragment fragment{span, guard, hash_of(std::as_bytes(std::span(rows)))};
  std::optional<std::vector<float>> embedding = state_->store->find(track.track(), fragment);
  if (!embedding) {
    embedding = state_->compute(track, range, rows);
    state_->store->add(track.track(), fragment, *embedding);
  }
  const std::lock_guard lock(state_->mutex);
  return state_->kept.emplace(key, std::move(*embedding)).first->second;
}

void Pretrained::embed_all(const FragmentSet& fragments, Hop guard, std::size_t threads) const {
  Progress progress("listening with " + printable(state_->file.filename()),
                    static_cast<double>(fragments.size()), "fragments");
  use_threads(1);  // workers are our own, each with one
  parallel_for(fragments.size(), threads, [&](std::size_t i) {
    const FragmentSpan& span = fragments.span_of(i);
    if (visible_frames(span, guard).size() >= 1)
      embed(fragments.features_of(fragments.track_of(i)), span, guard);
    progress.advance(1);
  });
}

}  // namespace segue
