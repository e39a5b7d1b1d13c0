#include "analysis/block_loudness.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

#include "features/feature_file.hpp"

namespace segue {
namespace {

constexpr std::size_t kBlocksPerSecond = 10;
static_assert(kLoudnessBlock * kBlocksPerSecond == 1);
constexpr std::size_t kBlocksPerWindow = 4;
constexpr double kSilent = -std::numeric_limits<double>::infinity();
constexpr double kAbsoluteGate = -70;  // LUFS
constexpr double kRelativeGate = -10;  // LU

double lufs_of(double mean_square) {
  return mean_square > 0 ? -0.691 + 10 * std::log10(mean_square) : kSilent;
}
double mean_square_of(double lufs) { return std::pow(10, (lufs + 0.691) / 10); }

// The standard gives its filters at 48 kHz; these analogue parameters lead to them and to those of
// any other rate by the bilinear transform (B. De Man, Evaluation of Implementations of the EBU
// R128 Loudness Measurement, AES 2018).
constexpr double kShelfHertz = 1681.974450955533;
constexpr double kShelfDecibels = 3.999843853973347;
constexpr double kShelfQ = 0.7071752369554196;
constexpr double kHighPassHertz = 38.13547087602444;
constexpr double kHighPassQ = 0.5003270373238773;

}  // namespace

BlockLoudness::BlockLoudness(int sample_rate, int channels)
    : sample_rate_(sample_rate), channels_(static_cast<std::size_t>(channels)) {
  assert(sample_rate > 0 && (channels == 1 || channels == 2));
  {
    const double k = std::tan(std::numbers::pi * kShelfHertz / sample_rate);
    const double high = std::pow(10, kShelfDecibels / 20);
    const double band = std::pow(high, 0.4996667741545416);
    const double a0 = 1 + k / kShelfQ + k * k;
    shelf_.b0 = (high + band * k / kShelfQ + k * k) / a0;
    shelf_.b1 = 2 * (k * k - high) / a0;
    shelf_.b2 = (high - band * k / kShelfQ + k * k) / a0;
    shelf_.a1 = 2 * (k * k - 1) / a0;
    shelf_.a2 = (1 - k / kShelfQ + k * k) / a0;
  }
  {
    const double k = std::tan(std::numbers::pi * kHighPassHertz / sample_rate);
    const double a0 = 1 + k / kHighPassQ + k * k;
    high_pass_.b1 = -2;
    high_pass_.b2 = 1;
    high_pass_.a1 = 2 * (k * k - 1) / a0;
    high_pass_.a2 = (1 - k / kHighPassQ + k * k) / a0;
  }
}

template <int Channels>
BlockLoudness::Pair BlockLoudness::energy(const float* samples, std::size_t frames) {
  Biquad shelf = shelf_;
  Biquad pass = high_pass_;
  Pair sum{};
  for (std::size_t i = 0; i < frames; ++i) {
    const float* at = samples + i * Channels;
    const Pair in = {at[0], at[Channels - 1]};
    const Pair w = (in - shelf.a2 * shelf.w2) - shelf.a1 * shelf.w1;
    const Pair bright = shelf.b0 * w + shelf.b1 * shelf.w1 + shelf.b2 * shelf.w2;
    shelf.w2 = shelf.w1;
    shelf.w1 = w;
    const Pair v = (bright - pass.a2 * pass.w2) - pass.a1 * pass.w1;
    const Pair out = v - 2 * pass.w1 + pass.w2;
    pass.w2 = pass.w1;
    pass.w1 = v;
    sum += out * out;
  }
  // Fading into silence, the filters would reach subnormal numbers, which are slow.
  constexpr double kInaudible = 1e-15;
  for (Pair* memory : {&shelf.w1, &shelf.w2, &pass.w1, &pass.w2}) {
    for (int side = 0; side < 2; ++side) {
      if (std::abs((*memory)[side]) < kInaudible) (*memory)[side] = 0;
    }
  }
  shelf_ = shelf;
  high_pass_ = pass;
  return sum;
}

// Rates that ten does not divide get blocks that differ by one, without drift.
PcmFrame BlockLoudness::block_end() const noexcept {
  return static_cast<PcmFrame>((momentary_.size() + 1) * static_cast<std::size_t>(sample_rate_) /
                               kBlocksPerSecond);
}

void BlockLoudness::add(std::span<const float> interleaved) {
  while (!interleaved.empty()) {
    const std::size_t frames =
        std::min(static_cast<std::size_t>(block_end() - frames_), interleaved.size() / channels_);
    block_energy_ +=
        channels_ == 2 ? energy<2>(interleaved.data(), frames) : energy<1>(interleaved.data(), frames);
    frames_ += static_cast<PcmFrame>(frames);
    if (frames_ == block_end()) finish_block();
    interleaved = interleaved.subspan(frames * channels_);
  }
}

void BlockLoudness::finish_block() {
  std::rotate(last_energies_.begin(), last_energies_.begin() + 1, last_energies_.end());
  last_energies_.back() = block_energy_[0] + block_energy_[1];
  block_energy_ = Pair{};
  double sum = 0;
  for (const double energy : last_energies_) sum += energy;
  const double window = static_cast<double>(sample_rate_) * kBlocksPerWindow / kBlocksPerSecond;
  momentary_.push_back(static_cast<float>(lufs_of(sum / window)));
}

double BlockLoudness::integrated() const {
  // The gating blocks of the standard: 400 ms long, overlapping by 75 %, none before 400 ms.
  if (momentary_.size() < kBlocksPerWindow) return kSilent;
  const auto blocks = momentary().subspan(kBlocksPerWindow - 1);
  const auto mean_above = [&](double gate) {
    double sum = 0;
    std::size_t count = 0;
    for (const float lufs : blocks) {
      if (lufs < gate) continue;
      sum += mean_square_of(lufs);
      ++count;
    }
    return count > 0 ? lufs_of(sum / static_cast<double>(count)) : kSilent;
  };
  const double ungated = mean_above(kAbsoluteGate);
  return mean_above(std::max(kAbsoluteGate, ungated + kRelativeGate));
}

}  // namespace segue
