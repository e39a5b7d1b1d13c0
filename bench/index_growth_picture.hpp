// The growth of one decision as a picture.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace segue {

struct GrowthPoint {
  std::size_t fragments = 0;
  double milliseconds = 0;  // of a search
  double comparing_all = 0;
  double recall = 0;      // of the true nearest 64
  std::size_t bytes = 0;  // of memory
};

// Times over fragments, both axes logarithmic.
void write_growth_picture(const std::filesystem::path& file, const std::vector<GrowthPoint>& points);

}  // namespace segue
