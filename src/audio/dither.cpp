#include "audio/dither.hpp"

#include <algorithm>
#include <cmath>

namespace segue {

DitherQuantizer::DitherQuantizer(int bits, int sample_rate, int channels, std::uint64_t seed)
    : shift_(32 - bits),
      scale_(std::ldexp(1.0f, bits - 1)),
      highest_((std::int32_t{1} << (bits - 1)) - 1),
      channels_(static_cast<std::size_t>(channels)),
      silence_needed_(sample_rate / 10),
      silence_(silence_needed_),
      random_(seed) {}

void DitherQuantizer::quantize(std::span<const float> interleaved, std::span<std::int32_t> integers) {
  for (std::size_t at = 0; at + channels_ <= interleaved.size(); at += channels_) {
    const auto frame = interleaved.subspan(at, channels_);
    const bool zero = std::all_of(frame.begin(), frame.end(), [](float x) { return x == 0; });
    silence_ = zero ? std::min(silence_ + 1, silence_needed_ + 1) : 0;
    if (silence_ > silence_needed_) {
      std::fill_n(integers.begin() + static_cast<std::ptrdiff_t>(at), channels_, 0);
      continue;
    }
    for (std::size_t c = 0; c < channels_; ++c) {
      const std::uint64_t bits = random_.next();  // two uniform numbers in one
      const double triangular =
          (static_cast<double>(bits >> 32) + static_cast<double>(bits & 0xFFFFFFFF)) * 0x1.0p-32 - 1;
      const double value = static_cast<double>(frame[c]) * scale_ + triangular;
      const double lowest = -static_cast<double>(highest_) - 1;
      const auto rounded = std::lrint(std::clamp(value, lowest, static_cast<double>(highest_)));
      integers[at + c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(rounded) << shift_);
    }
  }
}

}  // namespace segue
