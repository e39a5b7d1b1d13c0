// How tracks are cut into fragments.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace segue {

inline constexpr Seconds kShortestFragment{0.5};

enum class SegmentationKind { equal, random };

// A rule, not its result: the same rule cuts the same track the same way everywhere.
struct Segmentation {
  SegmentationKind kind = SegmentationKind::equal;
  Seconds shortest{3};  // equal: the length; 0.5 … 60 s
  Seconds longest{3};
  std::uint64_t seed = 0;  // of `random`; each track draws its own stream
  int version = 1;         // of the cutting algorithm

  // "3" is equal lengths of 3 s, "0.5-8" random lengths in between; equal lengths take no seed.
  // Throws Error(usage) for anything else or lengths outside 0.5 … 60 s.
  static Segmentation parse(std::string_view text, std::uint64_t seed = 0);
  std::string text() const;  // what parse() reads
  std::string key() const;   // text, seed of `random` and version: names it in the catalog

  bool operator==(const Segmentation&) const = default;
};

void to_json(nlohmann::json& json, const Segmentation& segmentation);
void from_json(const nlohmann::json& json, Segmentation& segmentation);

}  // namespace segue
