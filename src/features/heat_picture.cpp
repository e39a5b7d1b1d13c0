#include "features/heat_picture.hpp"

#include <png.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace segue {

HeatPicture::HeatPicture(std::size_t width, std::size_t height)
    : width_(width), height_(height), pixels_(width * height, Pixel{255, 255, 255}) {}

void HeatPicture::set(std::size_t column, std::size_t row, double x) {
  constexpr std::array<std::array<double, 3>, 5> kStops{
      {{0, 0, 4}, {87, 16, 110}, {188, 55, 84}, {249, 142, 9}, {252, 255, 210}}};
  const double place = std::clamp(x, 0.0, 1.0) * (kStops.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(place), kStops.size() - 2);
  const double part = place - static_cast<double>(low);
  Pixel& pixel = pixels_[row * width_ + column];
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] =
        static_cast<std::uint8_t>(std::lround(kStops[low][c] * (1 - part) + kStops[low + 1][c] * part));
}

std::string HeatPicture::png() const {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width_);
  image.height = static_cast<png_uint_32>(height_);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels_.data(), 0, nullptr) == 0)
    throw Error(ErrorKind::output, std::string("a picture cannot be drawn: ") + image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace segue
