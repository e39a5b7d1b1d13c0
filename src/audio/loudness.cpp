#include "audio/loudness.hpp"

#include <ebur128.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "audio/true_peak.hpp"
#include "base/error.hpp"

namespace segue {
namespace {

constexpr double kSilent = -std::numeric_limits<double>::infinity();

// The histogram keeps memory constant over hours; its bins are 0.1 LU wide and taken at their
// centre, so that the gated mean is within 0.05 LU of the exact one.
int mode_of(LoudnessMeter::Measure measure) {
  switch (measure) {
    case LoudnessMeter::Measure::momentary:
      return EBUR128_MODE_M;
    case LoudnessMeter::Measure::integrated:
    case LoudnessMeter::Measure::integrated_and_true_peak:
      return EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM;
  }
  throw Error(ErrorKind::internal, "an unknown loudness measure was asked for");
}

void require(int result, const char* what) {
  if (result != EBUR128_SUCCESS) {
    throw Error(ErrorKind::internal, std::string("libebur128 cannot ") + what);
  }
}

}  // namespace

struct LoudnessMeter::State {
  ebur128_state* meter = nullptr;
  std::optional<TruePeakMeter> peak_meter;

  State(int sample_rate, int channels, Measure measure) {
    if (sample_rate > 0 && channels > 0) {
      meter = ebur128_init(static_cast<unsigned>(channels), static_cast<unsigned long>(sample_rate),
                           mode_of(measure));
    }
    if (meter == nullptr) {
      throw Error(ErrorKind::internal, "loudness cannot be measured in " + std::to_string(channels) +
                                           " channels at " + std::to_string(sample_rate) + " Hz");
    }
    if (channels == 1) ebur128_set_channel(meter, 0, EBUR128_DUAL_MONO);
    if (measure == Measure::integrated_and_true_peak) peak_meter.emplace(sample_rate, channels);
  }
  ~State() { ebur128_destroy(&meter); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

LoudnessMeter::LoudnessMeter(int sample_rate, int channels, Measure measure)
    : state_(std::make_unique<State>(sample_rate, channels, measure)) {}
LoudnessMeter::~LoudnessMeter() = default;
LoudnessMeter::LoudnessMeter(LoudnessMeter&&) noexcept = default;
LoudnessMeter& LoudnessMeter::operator=(LoudnessMeter&&) noexcept = default;

void LoudnessMeter::add(std::span<const float> interleaved) {
  require(ebur128_add_frames_float(state_->meter, interleaved.data(),
                                   interleaved.size() / state_->meter->channels),
          "take audio");
  if (state_->peak_meter) state_->peak_meter->add(interleaved);
}

double LoudnessMeter::momentary() const {
  double lufs = kSilent;
  require(ebur128_loudness_momentary(state_->meter, &lufs), "give momentary loudness");
  return lufs;
}

double LoudnessMeter::integrated() const {
  double lufs = kSilent;
  require(ebur128_loudness_global(state_->meter, &lufs), "give integrated loudness in this mode");
  return lufs;
}

double LoudnessMeter::true_peak() const {
  if (!state_->peak_meter)
    throw Error(ErrorKind::internal, "a true peak was asked for but not measured");
  const double peak = state_->peak_meter->peak();
  return peak > 0 ? 20 * std::log10(peak) : kSilent;
}

}  // namespace segue
