#include "model_torch/pretrained.hpp"

#include <torch/script.h>

#include <map>
#include <mutex>
#include <tuple>

#include "base/error.hpp"

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

  Error unfit(const std::string& problem) const { return {ErrorKind::model, problem, file, kRemedy}; }

  torch::Tensor run(const torch::Tensor& input) const {
    const torch::NoGradGuard no_grad;
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
      width = run(input).size(1);
    }
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
  torch::Tensor input;
  if (state_->hears_audio) {
    std::vector<float> audio = track.read_audio(range, state_->sample_rate);
    input = torch::tensor(audio).unsqueeze(0);
  } else {
    torch::Tensor rows = torch::empty({range.size(), LogMelGeometry::bands});
    track.read_log_mel(range, {rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel())});
    input = rows.transpose(0, 1).contiguous().unsqueeze(0);
  }
  const torch::Tensor output = state_->run(input);
  std::vector<float> embedding(output.data_ptr<float>(), output.data_ptr<float>() + output.numel());
  const std::lock_guard lock(state_->mutex);
  return state_->kept.emplace(key, std::move(embedding)).first->second;
}

}  // namespace segue
