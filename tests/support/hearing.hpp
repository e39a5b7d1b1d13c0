// Music of a few notes, and what analysis hears in it. All mono at 22 050 Hz.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <numbers>
#include <span>
#include <vector>

#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "analysis/music_listener.hpp"
#include "base/random.hpp"
#include "support/signals.hpp"

namespace segue::test {

inline constexpr int kHeardRate = LogMelGeometry::sample_rate;

inline std::size_t samples_in(double seconds) {
  return static_cast<std::size_t>(std::llround(seconds * kHeardRate));
}

inline std::vector<float> silence(double seconds) { return std::vector<float>(samples_in(seconds)); }

// Adds a tone with five harmonics, each half as loud as the one below, that sets in within 5 ms; decay:
// of its amplitude, in 1/s. pitch: MIDI's number, 69 = 440 Hz.
inline void add_tone(std::vector<float>& to, double begin, double length, double pitch,
                     double amplitude = .1, double decay = 0) {
  const double frequency = 440 * std::exp2((pitch - 69) / 12);
  const std::size_t first = samples_in(begin);
  for (std::size_t i = first; i < std::min(to.size(), samples_in(begin + length)); ++i) {
    const double t = static_cast<double>(i - first) / kHeardRate;
    const double edge = std::min({1.0, t / .005, (length - t) / .005});
    double value = 0;
    for (int n = 1; n <= 5 && n * frequency < kHeardRate / 2.0; ++n)
      value += std::exp2(1 - n) * std::sin(2 * std::numbers::pi * n * frequency * t);
    to[i] += static_cast<float>(amplitude * edge * std::exp(-decay * t) * value);
  }
}

// Adds noise that dies away.
inline void add_hit(std::vector<float>& to, double begin, double amplitude, double decay = 40) {
  Random random(samples_in(begin));
  const std::size_t first = samples_in(begin);
  for (std::size_t i = first; i < std::min(to.size(), first + samples_in(5 / decay)); ++i)
    to[i] += static_cast<float>(random.uniform(-amplitude, amplitude) *
                                std::exp(-decay * static_cast<double>(i - first) / kHeardRate));
}

// Noise whose power falls by 3 dB an octave (Paul Kellet's filter, within .05 dB above 9 Hz at 44.1
// kHz).
inline std::vector<float> pink_noise(double amplitude, std::size_t samples, std::uint64_t seed) {
  std::vector<float> values = noise(amplitude, samples, seed);
  double b[7] = {};
  for (float& value : values) {
    const double white = value;
    b[0] = .99886 * b[0] + white * .0555179;
    b[1] = .99332 * b[1] + white * .0750759;
    b[2] = .96900 * b[2] + white * .1538520;
    b[3] = .86650 * b[3] + white * .3104856;
    b[4] = .55000 * b[4] + white * .5329522;
    b[5] = -.7616 * b[5] - white * .0168980;
    value = static_cast<float>(.11 * (b[0] + b[1] + b[2] + b[3] + b[4] + b[5] + b[6] + white * .5362));
    b[6] = white * .115926;
  }
  return values;
}

inline std::vector<float> log_mel_of(std::span<const float> samples) {
  std::vector<float> rows;
  LogMelExtractor().process(samples, rows);
  return rows;
}

inline SpectrumSummary spectrum_of(std::span<const float> samples) {
  SpectrumListener listener;
  listener.add(log_mel_of(samples));
  return listener.finish();
}

inline Tonality tonality_of(std::span<const float> samples) {
  TonalityListener listener;
  listener.add(samples);
  return listener.finish();
}

// As feature files have it.
inline std::vector<float> momentary_of(std::span<const float> samples) {
  BlockLoudness loudness(kHeardRate, 1);
  loudness.add(samples);
  return {loudness.momentary().begin(), loudness.momentary().end()};
}

// block: samples given at a time.
inline HeardMusic hear(std::span<const float> samples, std::size_t block = 4096, double tempo_bpm = 0) {
  MusicListener listener;
  LogMelExtractor log_mel;
  std::vector<float> rows;
  for (std::size_t i = 0; i < samples.size(); i += block) {
    const auto part = samples.subspan(i, std::min(block, samples.size() - i));
    rows.clear();
    log_mel.process(part, rows);
    listener.add_audio(part);
    listener.add_log_mel(rows);
  }
  return listener.finish(momentary_of(samples), tempo_bpm);
}

}  // namespace segue::test
