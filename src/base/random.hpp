// Seeded randomness that gives the same numbers with every standard library
// (the distributions of <random> do not promise that).
#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace segue {

// xoshiro256** (Blackman & Vigna 2018), seeded through SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // Uniform in [0, 1).
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Uniform in [0, count); count > 0.
  std::uint64_t below(std::uint64_t count);
  // Standard normal (Box-Muller).
  double normal();

  template <class T>
  void shuffle(std::span<T> values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[below(i)]);
    }
  }

 private:
  std::uint64_t state_[4]{};
};

// Derives an independent seed, e.g. one per track or epoch.
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t stream);

}  // namespace segue
