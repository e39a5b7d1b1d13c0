#include "audio/resampler.hpp"

#include <soxr.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::size_t kChunk = 4096;  // PCM frames asked of soxr at a time

Error failure(const std::string& what) {
  return Error(ErrorKind::internal, "the sample rate cannot be converted (" + what + ")");
}

}  // namespace

struct Resampler::State {
  int from;
  int to;
  std::size_t channels;
  soxr_t soxr = nullptr;
  std::int64_t frames_in = 0;
  std::int64_t frames_out = 0;

  State(int from_rate, int to_rate, int channel_count)
      : from(from_rate), to(to_rate), channels(static_cast<std::size_t>(std::max(channel_count, 0))) {
    if (from <= 0 || to <= 0 || channels == 0) {
      throw failure(std::to_string(from) + " Hz to " + std::to_string(to) + " Hz, " +
                    std::to_string(channel_count) + " channels");
    }
    if (from == to) return;
    const auto quality = soxr_quality_spec(SOXR_VHQ | SOXR_LINEAR_PHASE, 0);
    soxr_error_t error = nullptr;
    soxr = soxr_create(from, to, static_cast<unsigned>(channels), &error, nullptr, &quality, nullptr);
    if (error != nullptr) throw failure(error);
  }
  ~State() { soxr_delete(soxr); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // The length that belongs to what came in: frames_in * to / from, rounded to nearest.
  std::int64_t expected() const { return (2 * frames_in * to + from) / (2 * from); }

  // Passes `in` (null: the end) to soxr and appends what it gives, `frames` PCM frames at most.
  void convert(const float* in, std::size_t count, std::int64_t frames, std::vector<float>& out) {
    while (frames > 0 || count > 0) {
      const std::size_t before = out.size();
      const auto room = static_cast<std::size_t>(std::min<std::int64_t>(frames, kChunk));
      out.resize(before + room * channels);
      std::size_t taken = 0;
      std::size_t given = 0;
      const soxr_error_t error =
          soxr_process(soxr, in, count, &taken, out.data() + before, room, &given);
      out.resize(before + given * channels);
      if (error != nullptr) throw failure(error);
      if (in != nullptr) in += taken * channels;
      count -= taken;
      frames -= static_cast<std::int64_t>(given);
      frames_out += static_cast<std::int64_t>(given);
      if (taken == 0 && given == 0) return;
    }
  }
};

Resampler::Resampler(int from_rate, int to_rate, int channels)
    : state_(std::make_unique<State>(from_rate, to_rate, channels)) {}
Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

void Resampler::process(std::span<const float> in, std::vector<float>& out) {
  if (state_->soxr == nullptr) {
    out.insert(out.end(), in.begin(), in.end());
    return;
  }
  const std::size_t count = in.size() / state_->channels;
  if (count == 0) return;
  state_->frames_in += static_cast<std::int64_t>(count);
  state_->convert(in.data(), count, INT64_MAX, out);
}

void Resampler::finish(std::vector<float>& out) {
  if (state_->soxr == nullptr) return;
  const std::int64_t missing = state_->expected() - state_->frames_out;
  const std::size_t whole =
      out.size() + static_cast<std::size_t>(std::max<std::int64_t>(missing, 0)) * state_->channels;
  state_->convert(nullptr, 0, missing, out);
  out.resize(whole);  // should the library stop a frame early, silence follows
}

}  // namespace segue
