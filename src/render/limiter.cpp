#include "render/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

#include "audio/true_peak.hpp"
#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::size_t kChunk = TruePeakDetector::kLargestBlock;  // PCM frames treated at a time
constexpr double kLookAhead = 0.005;                             // s
constexpr double kRelease = 0.1;                                 // s, time constant
constexpr double kMarginDb = 0.05;         // what is limited goes this far under the ceiling
constexpr float kNoReduction = 1e-5f;      // -0.0001 dB: a release that has come so far is over
constexpr double kRoundingAllowed = 2e-6;  // meters compute in double precision

// The largest of the last `length` values, which are not negative.
class SlidingMaximum {
 public:
  explicit SlidingMaximum(std::size_t length)
      : length_(static_cast<std::int64_t>(length)), ring_(length + 1) {}

  float next(float value) {
    while (size_ > 0 && at(size_ - 1).value <= value) --size_;
    if (value > 0) at(size_++) = {now_, value};
    if (size_ > 0 && at(0).time <= now_ - length_) {
      ++first_;
      --size_;
    }
    ++now_;
    return size_ > 0 ? at(0).value : 0;
  }
  bool is_zero() const { return size_ == 0; }
  void skip_zeros(std::size_t count) { now_ += static_cast<std::int64_t>(count); }  // while is_zero()

 private:
  struct Candidate {
    std::int64_t time = 0;
    float value = 0;
  };
  Candidate& at(std::size_t index) { return ring_[(first_ + index) % ring_.size()]; }

  std::int64_t length_;
  std::vector<Candidate> ring_;  // times rise, values fall
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::int64_t now_ = 0;
};

// One pass over the signal. With W frames of smoothing, the gain at every frame that a peak depends
// on is a mean of W values that all are at most what the peak allows:
//   reduction needed (1 - gain) → its maximum over hold = W + behind + ahead frames → exponential
//   release → Hann-weighted mean over W frames → applied W + behind - 1 frames back.
class Pass {
 public:
  Pass(int sample_rate, std::size_t channels, double ceiling_dbtp)
      : channels_(channels),
        threshold_(static_cast<float>(std::pow(10, ceiling_dbtp / 20) * (1 - kRoundingAllowed))),
        target_(static_cast<float>(std::pow(10, (ceiling_dbtp - kMarginDb) / 20))),
        release_(static_cast<float>(std::exp(-1 / (kRelease * sample_rate)))),
        detector_(sample_rate, static_cast<int>(channels)),
        window_(std::max<std::size_t>(16, static_cast<std::size_t>(kLookAhead * sample_rate) / 4 * 4)),
        held_(window_.size() + detector_.behind() + detector_.ahead()),
        reductions_(window_.size() - 1 + kChunk),
        delayed_(delay() * channels) {
    const auto length = static_cast<double>(window_.size());
    for (std::size_t i = 0; i < window_.size(); ++i) {  // the weights' sum is 1
      window_[i] = static_cast<float>(
          (1 - std::cos(2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / length)) / length);
    }
  }

  // PCM frames by which the output lags; it begins with as many of silence.
  std::size_t delay() const { return window_.size() + detector_.behind() + detector_.ahead() - 1; }

  // At most kChunk PCM frames; appends as many.
  void process(std::span<const float> interleaved, std::vector<float>& out) {
    const std::size_t frames = interleaved.size() / channels_;
    const bool loud = detector_.take(interleaved) > threshold_;
    delayed_.insert(delayed_.end(), interleaved.begin(), interleaved.end());
    const std::size_t first = out.size();
    const auto oldest = delayed_.begin() + static_cast<std::ptrdiff_t>(interleaved.size());
    out.insert(out.end(), delayed_.begin(), oldest);
    delayed_.erase(delayed_.begin(), oldest);
    if (!loud && held_.is_zero() && released_ == 0) {
      held_.skip_zeros(frames);
      unreduced_ += frames;
      std::fill_n(reductions_.begin() + static_cast<std::ptrdiff_t>(window_.size()) - 1, frames, 0.0f);
    } else {
      find_reductions(frames, loud);
    }
    if (unreduced_ < frames + window_.size()) reduce(std::span(out).subspan(first));
  }

 private:
  void find_reductions(std::size_t frames, bool loud) {
    std::span<const float> peaks;
    if (loud) peaks = detector_.peaks();
    for (std::size_t i = 0; i < frames; ++i) {
      const float needed = loud && peaks[i] > threshold_ ? 1 - target_ / peaks[i] : 0;
      const float held = held_.next(needed);
      released_ = std::max(held, released_ * release_);
      if (released_ < kNoReduction && held == 0) released_ = 0;
      unreduced_ = released_ == 0 ? unreduced_ + 1 : 0;
      reductions_[window_.size() - 1 + i] = released_;
    }
  }

  void reduce(std::span<float> out) {
    const std::size_t frames = out.size() / channels_;
    std::array<float, kChunk> smoothed{};
    for (std::size_t k = 0; k < window_.size(); k += 4) {  // four at a time spare stores
      const float* weights = &window_[k];
      const float* from = &reductions_[k];
      const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
      for (std::size_t i = 0; i < frames; ++i) {
        smoothed[i] += w0 * from[i] + w1 * from[i + 1] + w2 * from[i + 2] + w3 * from[i + 3];
      }
    }
    for (std::size_t i = 0; i < frames; ++i) {
      for (std::size_t c = 0; c < channels_; ++c) out[i * channels_ + c] *= 1 - smoothed[i];
    }
    std::copy_n(reductions_.begin() + static_cast<std::ptrdiff_t>(frames), window_.size() - 1,
                reductions_.begin());
  }

  std::size_t channels_;
  float threshold_;
  float target_;
  float release_;
  TruePeakDetector detector_;
  std::vector<float> window_;
  SlidingMaximum held_;
  std::vector<float> reductions_;  // [window - 1 + chunk], after release
  std::vector<float> delayed_;     // interleaved
  float released_ = 0;
  std::size_t unreduced_ = 0;  // PCM frames since the last reduction; all of reductions_ is 0 if many
};

}  // namespace

// While the gain changes, a point between samples is not quite the gain times what it was: the
// first pass may leave some tenths of a decibel, the second reduces by so little that its margin
// covers what is left.
struct TruePeakLimiter::State {
  std::size_t channels;
  Pass first;
  Pass second;
  std::size_t surplus;  // PCM frames of the start's silence still to be dropped
  std::vector<float> between;
  std::vector<float> done;

  State(int sample_rate, std::size_t channel_count, double ceiling_dbtp)
      : channels(channel_count),
        first(sample_rate, channels, ceiling_dbtp),
        second(sample_rate, channels, ceiling_dbtp),
        surplus(first.delay() + second.delay()) {}

  void process(std::span<const float> interleaved, std::vector<float>& out) {
    const std::size_t step = kChunk * channels;
    for (std::size_t at = 0; at < interleaved.size(); at += step) {
      between.clear();
      done.clear();
      first.process(interleaved.subspan(at, std::min(step, interleaved.size() - at)), between);
      second.process(between, done);
      const std::size_t dropped = std::min(surplus, done.size() / channels);
      surplus -= dropped;
      out.insert(out.end(), done.begin() + static_cast<std::ptrdiff_t>(dropped * channels), done.end());
    }
  }
};

TruePeakLimiter::TruePeakLimiter(int sample_rate, int channels, double ceiling_dbtp) {
  if (sample_rate <= 0 || channels <= 0 || !std::isfinite(ceiling_dbtp)) {
    throw Error(ErrorKind::internal, "peaks cannot be limited in " + std::to_string(channels) +
                                         " channels at " + std::to_string(sample_rate) + " Hz");
  }
  state_ = std::make_unique<State>(sample_rate, static_cast<std::size_t>(channels), ceiling_dbtp);
}

TruePeakLimiter::~TruePeakLimiter() = default;

void TruePeakLimiter::process(std::span<const float> interleaved, std::vector<float>& out) {
  state_->process(interleaved, out);
}

void TruePeakLimiter::finish(std::vector<float>& out) {
  const std::size_t delay = state_->first.delay() + state_->second.delay();
  state_->process(std::vector<float>(delay * state_->channels), out);
}

}  // namespace segue
