#include "planning/seam_listener.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/log_mel.hpp"
#include "base/half.hpp"

namespace segue {

SeamWindow hear_window(std::span<const float> audio, std::pair<Seconds, Seconds> heard,
                       Seconds transition, Seconds kind) {
  std::vector<float> rows;
  LogMelExtractor extractor;
  extractor.process(audio, rows);
  SeamWindow window;
  window.frames = static_cast<Hop>(rows.size()) / LogMelGeometry::bands;
  for (const float value : rows) window.log_mel.push_back(half_from_float(value));
  window.heard =
      heard_frames(static_cast<PcmFrame>(audio.size()), window.frames, heard, transition, kind);
  return window;
}

FrameRange heard_frames(PcmFrame samples, Hop frames, std::pair<Seconds, Seconds> heard,
                        Seconds transition, Seconds kind) {
  // In PCM samples. A little tolerance, or rounding would drop the outermost frames of a window that
  // is heard whole.
  const double middle = static_cast<double>(samples) / 2;
  // A fade that is shorter than the window's leaves more music, unless another seam is near.
  const auto reach = [&](Seconds music) {
    return music + (music < kSeamFlank ? transition : std::max(transition, kind)) / 2;
  };
  const double begin = middle - reach(heard.first).count() * LogMelGeometry::sample_rate;
  const double end = middle + reach(heard.second).count() * LogMelGeometry::sample_rate;
  constexpr double hop = LogMelGeometry::hop_length;
  const auto first = static_cast<Hop>(std::ceil(begin / hop - 0.01));
  const auto last = static_cast<Hop>(std::floor((end - LogMelGeometry::window_length) / hop + 0.01));
  FrameRange range;
  range.begin = std::clamp<Hop>(first, 0, frames);
  range.end = std::clamp<Hop>(last + 1, range.begin, frames);
  return range;
}

}  // namespace segue
