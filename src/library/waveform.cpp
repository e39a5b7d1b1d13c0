#include "library/waveform.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "audio/decoder.hpp"

namespace segue {

std::vector<Peak> waveform_of(const std::filesystem::path& file, std::size_t columns) {
  // Bins of equal length; when there are too many, each two become one. So the length need not be known.
  if (columns == 0) return {};
  AudioDecoder decoder = AudioDecoder::open(file, 1);
  std::vector<Peak> bins;
  PcmFrame bin = 1, in_last = 1, total = 0;  // PCM frames
  std::vector<float> block(65536);
  while (const PcmFrame frames = decoder.read(block)) {
    for (const float sample : std::span(block).first(static_cast<std::size_t>(frames))) {
      const float value = std::isfinite(sample) ? sample : 0;
      if (in_last < bin) {
        bins.back() = {std::min(bins.back().low, value), std::max(bins.back().high, value)};
        ++in_last;
        continue;
      }
      if (bins.size() == 16 * columns) {
        for (std::size_t i = 0; i < bins.size() / 2; ++i) {
          const Peak &a = bins[2 * i], &b = bins[2 * i + 1];
          bins[i] = {std::min(a.low, b.low), std::max(a.high, b.high)};
        }
        bins.resize(bins.size() / 2);
        bin *= 2;
      }
      bins.push_back({value, value});
      in_last = 1;
    }
    total += frames;
  }
  std::vector<Peak> waveform(columns);
  if (total == 0) return waveform;
  const auto count = static_cast<PcmFrame>(columns);
  for (PcmFrame column = 0; column < count; ++column) {
    const PcmFrame begin = column * total / count;
    const PcmFrame end = std::max(begin + 1, (column + 1) * total / count);
    Peak& peak = waveform[static_cast<std::size_t>(column)];
    peak = bins[static_cast<std::size_t>(begin / bin)];
    for (PcmFrame i = begin / bin; i <= (end - 1) / bin; ++i) {
      const Peak& part = bins[static_cast<std::size_t>(i)];
      peak = {std::min(peak.low, part.low), std::max(peak.high, part.high)};
    }
  }
  return waveform;
}

}  // namespace segue
