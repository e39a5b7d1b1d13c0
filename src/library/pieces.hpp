// Audio files as pieces of a puzzle: analyzed by themselves, remembered by nobody.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "analysis/analyzer.hpp"
#include "features/feature_file.hpp"

namespace segue {

struct Piece {
  std::filesystem::path file;
  TrackAnalysis analysis;
  std::shared_ptr<const FeatureFile> features;
};

// One for each file, in the order given; the same file or music given twice is two pieces. Nothing is
// left on disk. Throws what analyze_file() throws, and Error(input) for a piece that is shorter than
// the shortest fragment there is (0.5 s).
std::vector<Piece> analyze_pieces(const std::vector<std::filesystem::path>& files,
                                  std::size_t workers = 0);

}  // namespace segue
