#include "training/spectrogram_picture.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/committed_file.hpp"
#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::size_t kBands = LogMelGeometry::bands, kBandPixels = 4, kFramePixels = 2, kGap = 8;
constexpr std::size_t kHeight = kBands * kBandPixels;

using Pixel = std::array<png_byte, 3>;

// From black over purple and orange to white; x in 0 … 1.
Pixel colour(double x) {
  constexpr std::array<std::array<double, 3>, 5> kStops{
      {{0, 0, 4}, {87, 16, 110}, {188, 55, 84}, {249, 142, 9}, {252, 255, 210}}};
  const double place = std::clamp(x, 0.0, 1.0) * (kStops.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(place), kStops.size() - 2);
  const double part = place - static_cast<double>(low);
  Pixel pixel{};
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] =
        static_cast<png_byte>(std::lround(kStops[low][c] * (1 - part) + kStops[low + 1][c] * part));
  return pixel;
}

struct Picture {
  std::size_t width, height;
  std::vector<Pixel> pixels = std::vector<Pixel>(width * height, Pixel{255, 255, 255});

  void draw(const LogMel& log_mel, std::size_t left, std::size_t top, double floor, double range) {
    for (std::size_t y = 0; y < kHeight; ++y) {
      const std::size_t band = kBands - 1 - y / kBandPixels;
      for (std::size_t x = 0; x < static_cast<std::size_t>(log_mel.frames) * kFramePixels; ++x) {
        const double value = log_mel.values[x / kFramePixels * kBands + band];
        pixels[(top + y) * width + left + x] = colour((value - floor) / range);
      }
    }
  }
};

void write_png(const std::filesystem::path& file, const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr) ==
      0) {
    throw Error(ErrorKind::output, std::string("cannot be drawn: ") + image.message, file);
  }
  bytes.resize(size);
  write_text_file(file, bytes);
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
  Picture picture{width, 2 * kHeight + 3 * kGap};
  const double range = std::max(high - low, 1e-3f);
  std::size_t left = kGap;
  for (const SpectrogramPair& pair : pairs) {
    picture.draw(pair.before, left, kGap, low, range);
    picture.draw(pair.after, left, kHeight + 2 * kGap, low, range);
    left +=
        static_cast<std::size_t>(std::max(pair.before.frames, pair.after.frames)) * kFramePixels + kGap;
  }
  write_png(file, picture);
}

}  // namespace segue
