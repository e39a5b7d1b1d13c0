// Acoustic fingerprints (Chromaprint) to find the same recording in other formats.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace segue {

// Feeds mono 16-bit PCM; keeps the first 120 s. Not thread-safe.
class Fingerprinter {
 public:
  explicit Fingerprinter(int sample_rate);
  ~Fingerprinter();
  void add(std::span<const std::int16_t> samples);
  std::vector<std::uint32_t> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Share of equal bits, 0 … 1, at the best alignment within ± 3 s; .5 is chance.
// 0 if either is shorter than 2 s.
double fingerprint_similarity(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b);

// Above this two tracks are taken for the same recording (see tests for the margin).
inline constexpr double kSameRecording = 0.85;

}  // namespace segue
