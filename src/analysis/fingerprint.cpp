#include "analysis/fingerprint.hpp"

#include <chromaprint.h>

#include <algorithm>
#include <bit>
#include <new>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr int kLongest = 120;  // seconds
// One value each 1365 samples at 11 025 Hz: a third of Chromaprint's FFT window of 4096.
constexpr double kValuesPerSecond = 11025.0 / 1365.0;
constexpr auto kShift = static_cast<std::ptrdiff_t>(3 * kValuesPerSecond);
constexpr auto kShortest = static_cast<std::ptrdiff_t>(2 * kValuesPerSecond);

struct FreeChromaprint {
  void operator()(ChromaprintContext* context) const noexcept { chromaprint_free(context); }
};

void require(int done, const char* what) {
  if (done == 0) throw Error(ErrorKind::internal, std::string("Chromaprint cannot ") + what);
}

}  // namespace

struct Fingerprinter::State {
  std::unique_ptr<ChromaprintContext, FreeChromaprint> context;
  std::size_t wanted;  // samples still to come
};

Fingerprinter::Fingerprinter(int sample_rate) : state_(std::make_unique<State>()) {
  state_->context.reset(chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT));
  if (!state_->context) throw std::bad_alloc();
  require(chromaprint_start(state_->context.get(), sample_rate, 1), "begin");
  state_->wanted = static_cast<std::size_t>(sample_rate) * kLongest;
}
Fingerprinter::~Fingerprinter() = default;

void Fingerprinter::add(std::span<const std::int16_t> samples) {
  const std::size_t count = std::min(samples.size(), state_->wanted);
  if (count == 0) return;
  require(chromaprint_feed(state_->context.get(), samples.data(), static_cast<int>(count)),
          "take audio");
  state_->wanted -= count;
}

std::vector<std::uint32_t> Fingerprinter::finish() {
  require(chromaprint_finish(state_->context.get()), "finish");
  std::uint32_t* values = nullptr;
  int count = 0;
  require(chromaprint_get_raw_fingerprint(state_->context.get(), &values, &count), "give a fingerprint");
  std::vector<std::uint32_t> fingerprint(values, values + count);
  chromaprint_dealloc(values);
  return fingerprint;
}

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
