// Music files of any format that tests make with the ffmpeg program.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "audio/decoder.hpp"
#include "base/random.hpp"
#include "support/programs.hpp"
#include "support/temporary_folder.hpp"

namespace segue::test {

// Real music; Debian's wesnoth-1.16-music.
inline const std::filesystem::path kRealMusic = "/usr/share/games/wesnoth/1.16/data/core/music";

inline void run_ffmpeg(const std::string& arguments) {
  if (std::system(("ffmpeg -nostdin -v error -y " + arguments).c_str()) != 0) {
    throw std::runtime_error("ffmpeg failed: " + arguments);
  }
}

// Encodes interleaved samples; the format is that of the file's ending and FFmpeg's `options`.
inline void make_music(const std::filesystem::path& file, std::span<const float> samples,
                       int sample_rate, int channels, const std::string& options = {}) {
  const std::filesystem::path raw = file.string() + ".raw";
  const auto bytes = std::as_bytes(samples);
  write_bytes(raw, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  run_ffmpeg("-f f32le -ar " + std::to_string(sample_rate) + " -ac " + std::to_string(channels) +
             " -i " + quoted(raw.string()) + " " + options + " " + quoted(file.string()));
  std::filesystem::remove(raw);
}

// Notes with attacks over soft noise, in stereo: no stretch of it repeats, so that a position that
// is off by one sample shows.
inline std::vector<float> stereo_music(double seconds, int sample_rate, std::uint64_t seed = 1) {
  Random random(seed);
  const auto frames = static_cast<std::size_t>(seconds * sample_rate);
  std::vector<float> samples(frames * 2);
  double frequency = 220, since = 0, phase = 0, pan = 0.5;
  for (std::size_t i = 0; i < frames; ++i, since += 1.0 / sample_rate) {
    if (since > 0.31) {
      since = 0;
      frequency = 110 * std::exp2(random.uniform(0, 4));
      pan = random.uniform();
    }
    phase += 2 * std::numbers::pi * frequency / sample_rate;
    const double note = 0.5 * std::exp(-6 * since) * (std::sin(phase) + 0.3 * std::sin(3 * phase));
    samples[2 * i] = static_cast<float>(note * pan + random.uniform(-0.01, 0.01));
    samples[2 * i + 1] = static_cast<float>(note * (1 - pan) + random.uniform(-0.01, 0.01));
  }
  return samples;
}

inline std::vector<float> read_all(AudioDecoder& decoder, std::size_t block_frames = 5000) {
  const auto channels = static_cast<std::size_t>(decoder.channels());
  std::vector<float> all, block(block_frames * channels);
  while (const PcmFrame frames = decoder.read(block)) {
    all.insert(all.end(), block.begin(), block.begin() + frames * decoder.channels());
  }
  return all;
}
inline std::vector<float> read_all(const std::filesystem::path& file, int channels = 0) {
  AudioDecoder decoder = AudioDecoder::open(file, channels);
  return read_all(decoder);
}

// The largest difference between two signals of the same length; 2 if their lengths differ.
inline double largest_difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return 2;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  }
  return largest;
}

}  // namespace segue::test
