#include "media/fingerprinter.hpp"

#include <chromaprint.h>

#include <algorithm>
#include <new>
#include <string>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr int kLongest = 120;  // seconds

struct FreeChromaprint {
  void operator()(ChromaprintContext* context) const noexcept { chromaprint_free(context); }
};

void require(int done, const char* what) {
  if (done == 0) throw Error(ErrorKind::internal, std::string("Chromaprint cannot ") + what);
}

}  // namespace

struct Fingerprinter::State {
  std::unique_ptr<ChromaprintContext, FreeChromaprint> context;
  std::size_t wanted = 0;  // samples still to come
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

}  // namespace segue
