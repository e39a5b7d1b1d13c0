// Acoustic fingerprints by Chromaprint; analysis/fingerprint.hpp compares them.
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

}  // namespace segue
