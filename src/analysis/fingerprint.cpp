#include "analysis/fingerprint.hpp"

#include <algorithm>
#include <bit>

namespace segue {
namespace {

// One value each 1365 samples at 11 025 Hz: a third of Chromaprint's FFT window of 4096.
constexpr double kValuesPerSecond = 11025.0 / 1365.0;
constexpr auto kShift = static_cast<std::ptrdiff_t>(3 * kValuesPerSecond);
constexpr auto kShortest = static_cast<std::ptrdiff_t>(2 * kValuesPerSecond);

}  // namespace

double fingerprint_similarity(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  const auto length_a = static_cast<std::ptrdiff_t>(a.size());
  const auto length_b = static_cast<std::ptrdiff_t>(b.size());
  double best = 0;
  for (std::ptrdiff_t shift = -kShift; shift <= kShift; ++shift) {  // b[i] lies on a[i + shift]
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, -shift);
    const std::ptrdiff_t end = std::min(length_b, length_a - shift);
    if (end - begin < kShortest) continue;
    std::int64_t different = 0;
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      different +=
          std::popcount(a[static_cast<std::size_t>(i + shift)] ^ b[static_cast<std::size_t>(i)]);
    }
    best =
        std::max(best, 1.0 - static_cast<double>(different) / (32.0 * static_cast<double>(end - begin)));
  }
  return best;
}

}  // namespace segue
