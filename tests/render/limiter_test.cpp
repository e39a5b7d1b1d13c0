#include "render/limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "support/signals.hpp"
#include "support/true_peak.hpp"

namespace segue {
namespace {

using test::linear;

constexpr double kCeiling = -1;  // dBTP

std::vector<float> limit(const std::vector<float>& in, int sample_rate = 44100, int channels = 2,
                         std::size_t block = 1000) {
  TruePeakLimiter limiter(sample_rate, channels, kCeiling);
  std::vector<float> out;
  const std::size_t step = block * static_cast<std::size_t>(channels);
  for (std::size_t at = 0; at < in.size(); at += step) {
    limiter.process(std::span(in).subspan(at, std::min(step, in.size() - at)), out);
  }
  limiter.finish(out);
  return out;
}

// Includes a second of silence afterwards, where the meter's filter rings out.
double true_peak(std::vector<float> samples, int sample_rate, int channels) {
  samples.resize(samples.size() + static_cast<std::size_t>(sample_rate * channels));
  return test::true_peak_by_libebur128(samples, sample_rate, channels);
}

std::vector<float> square_wave(double period, double amplitude, std::size_t frames) {
  std::vector<float> samples(frames * 2);
  for (std::size_t i = 0; i < frames; ++i) {
    const bool high = std::fmod(static_cast<double>(i), period) < period / 2;
    samples[2 * i] = samples[2 * i + 1] = static_cast<float>(high ? amplitude : -amplitude);
  }
  return samples;
}

std::vector<float> clicks(std::uint64_t seed, std::size_t samples) {
  Random random(seed);
  std::vector<float> values(samples);
  for (std::size_t i = 0; i < samples; i += 1 + random.below(400)) {
    values[i] = static_cast<float>(random.uniform(-8, 8));
  }
  return values;
}

// Filtered noise whose level jumps at random: as hard as music gets.
std::vector<float> bursts(std::uint64_t seed, std::size_t samples) {
  Random random(seed);
  std::vector<float> values(samples);
  double level = 1;
  double smoothing = 0.5;
  double last[2] = {0, 0};
  for (std::size_t i = 0; i < samples; ++i) {
    if (random.below(900) == 0) level = random.uniform(0, 6);
    if (random.below(900) == 0) smoothing = random.uniform(0, 0.99);
    double& state = last[i % 2];
    state = smoothing * state + (1 - smoothing) * random.normal() * level * 2;
    values[i] = static_cast<float>(state);
  }
  return values;
}

TEST(TruePeakLimiter, NoTruePeakPassesTheCeiling) {
  const std::vector<std::pair<const char*, std::vector<float>>> signals = {
      {"square, 100 frames", square_wave(100, 1, 44100)},
      {"square, 7.3 frames", square_wave(7.3, 1, 44100)},
      {"square, +12 dB", square_wave(441, 4, 44100)},
      {"noise, +12 dB", test::noise(4, 88200, 1)},
      {"noise at full scale", test::noise(1, 88200, 2)},
      {"fs/4 at 45 degrees", test::sine(11025, 1.4, 44100, 44100, 2, std::numbers::pi / 4)},
      {"near Nyquist", test::sine(21000, 1.4, 44100, 44100, 2)},
      {"loud bass", test::sine(30, 5, 44100, 44100, 2)},
      {"clicks", clicks(3, 88200)},
  };
  for (const auto& [name, signal] : signals) {
    const auto limited = limit(signal);
    ASSERT_EQ(limited.size(), signal.size());
    EXPECT_LE(true_peak(limited, 44100, 2), kCeiling) << name;
  }
}

TEST(TruePeakLimiter, HoldsTheCeilingOnRandomBursts) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto limited = limit(bursts(seed, 60000));
    EXPECT_LE(true_peak(limited, 44100, 2), kCeiling) << seed;
  }
}

TEST(TruePeakLimiter, HoldsTheCeilingAtEveryRate) {
  for (const int rate : {8000, 22050, 48000, 88200, 96000, 176400, 192000}) {
    for (const int channels : {1, 2}) {
      const auto signal = bursts(static_cast<std::uint64_t>(rate), 120000);
      EXPECT_LE(true_peak(limit(signal, rate, channels), rate, channels), kCeiling) << rate;
    }
  }
}

TEST(TruePeakLimiter, PassesBitForBitBelowTheCeiling) {
  for (const auto& signal : {test::sine(997, linear(-1.01), 44100, 44100, 2), test::noise(0.4, 88200, 5),
                             test::sine(11025, linear(-1.01), 44100, 44100, 2, std::numbers::pi / 4)}) {
    // An abrupt start rings between the samples; such a signal would not be below.
    auto smooth = signal;
    for (std::size_t i = 0; i < 4410; ++i) {
      const float rise = static_cast<float>(i) / 4410;
      for (const std::size_t at :
           {2 * i, 2 * i + 1, smooth.size() - 1 - 2 * i, smooth.size() - 2 - 2 * i}) {
        smooth[at] *= rise;
      }
    }
    ASSERT_LT(true_peak(smooth, 44100, 2), kCeiling);
    EXPECT_EQ(limit(smooth), smooth);
  }
}

TEST(TruePeakLimiter, DisturbsNothingFarFromAPeak) {
  auto signal = test::sine(440, 0.5, 88200, 44100, 2);
  signal[88200] = 3;  // one click at 1 s
  const auto limited = limit(signal);
  const auto first = static_cast<std::ptrdiff_t>(88200 - 2 * 1000);
  EXPECT_TRUE(std::equal(signal.begin(), signal.begin() + first, limited.begin()));
  // The release ends after ln(1e5) = 11.5 time constants of 100 ms at most; here 0.9 s is checked
  // to be within 0.01 dB.
  for (std::size_t i = 2 * 83790; i < signal.size(); ++i) {
    ASSERT_NEAR(limited[i], signal[i], 0.0012 * 0.5) << i;
  }
  EXPECT_LT(std::abs(limited[88200]), linear(kCeiling));
}

// A steady tone 6 dB over comes out as the tone at the ceiling: the gain does not pump.
TEST(TruePeakLimiter, KeepsASteadyToneClean) {
  const auto tone = test::sine(1000, 2 * linear(kCeiling), 88200, 44100, 2);
  const auto limited = limit(tone);
  const std::span steady = std::span(limited).subspan(44100, 88200);
  double in_phase = 0;
  double quadrature = 0;
  for (std::size_t i = 0; i < steady.size(); i += 2) {
    const double angle = 2 * std::numbers::pi * 1000 * static_cast<double>(i / 2) / 44100;
    in_phase += steady[i] * std::sin(angle);
    quadrature += steady[i] * std::cos(angle);
  }
  const double amplitude =
      2 * std::hypot(in_phase, quadrature) / (static_cast<double>(steady.size()) / 2);
  EXPECT_NEAR(test::decibels(amplitude), kCeiling, 0.1);
  const double total = test::root_mean_square(steady);
  const double rest = std::sqrt(std::max(0.0, total * total - amplitude * amplitude / 2));
  EXPECT_LT(test::decibels(rest / total), -40);
}

TEST(TruePeakLimiter, KeepsTheStereoImage) {
  auto signal = bursts(9, 60000);
  for (std::size_t i = 0; i < signal.size(); i += 2) signal[i + 1] = signal[i] * 0.25f;
  const auto limited = limit(signal);
  for (std::size_t i = 0; i < limited.size(); i += 2) {
    ASSERT_NEAR(limited[i + 1], limited[i] * 0.25f, 1e-6) << i;
  }
}

TEST(TruePeakLimiter, BlockSizesDoNotMatter) {
  const auto signal = bursts(11, 40000);
  const auto whole = limit(signal, 44100, 2, signal.size());
  for (const std::size_t block : {1, 17, 255, 256, 257, 1024}) {
    EXPECT_EQ(limit(signal, 44100, 2, block), whole) << block;
  }
}

TEST(TruePeakLimiter, GivesNothingForNothing) {
  EXPECT_TRUE(limit({}).empty());
  EXPECT_EQ(limit({0.5f, -0.5f}), (std::vector<float>{0.5f, -0.5f}));
  EXPECT_THROW(TruePeakLimiter(0, 2, -1), Error);
}

}  // namespace
}  // namespace segue
