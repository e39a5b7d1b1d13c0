#include "training/spectrogram_picture.hpp"

#include <algorithm>
#include <cmath>

#include "base/committed_file.hpp"
#include "features/heat_picture.hpp"

namespace segue {
namespace {

constexpr std::size_t kBandPixels = 4, kFramePixels = 2, kGap = 8;
constexpr std::size_t kHeight = kBands * kBandPixels;

void draw(HeatPicture& picture, const LogMel& log_mel, std::size_t left, std::size_t top, double floor,
          double range) {
  for (std::size_t y = 0; y < kHeight; ++y) {
    const std::size_t band = kBands - 1 - y / kBandPixels;
    for (std::size_t x = 0; x < static_cast<std::size_t>(log_mel.frames) * kFramePixels; ++x)
      picture.set(left + x, top + y, (log_mel.values[x / kFramePixels * kBands + band] - floor) / range);
  }
}

}  // namespace

void write_spectrogram_pairs(const std::filesystem::path& file, std::span<const SpectrogramPair> pairs) {
  std::size_t width = kGap;
  float low = INFINITY, high = -INFINITY;
  for (const SpectrogramPair& pair : pairs) {
    width +=
        static_cast<std::size_t>(std::max(pair.before.frames, pair.after.frames)) * kFramePixels + kGap;
    for (const float value : pair.before.values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  HeatPicture picture(width, 2 * kHeight + 3 * kGap);
  const double range = std::max(high - low, 1e-3f);
  std::size_t left = kGap;
  for (const SpectrogramPair& pair : pairs) {
    draw(picture, pair.before, left, kGap, low, range);
    draw(picture, pair.after, left, kHeight + 2 * kGap, low, range);
    left +=
        static_cast<std::size_t>(std::max(pair.before.frames, pair.after.frames)) * kFramePixels + kGap;
  }
  write_text_file(file, picture.png());
}

}  // namespace segue
