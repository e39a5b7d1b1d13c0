// Spectrograms and the like as pictures: brighter is more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace segue {

class HeatPicture {
 public:
  // White at first.
  HeatPicture(std::size_t width, std::size_t height);

  // x in 0 … 1, from black over purple and orange to white.
  void set(std::size_t column, std::size_t row, double x);
  // The bytes of a PNG file. Throws Error(output).
  std::string png() const;

 private:
  using Pixel = std::array<std::uint8_t, 3>;

  std::size_t width_, height_;
  std::vector<Pixel> pixels_;
};

}  // namespace segue
