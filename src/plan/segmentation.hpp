// How tracks are cut into fragments.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace segue {

inline constexpr Seconds kShortestFragment{0.5};

enum class SegmentationKind { equal, random, onsets, beats, bars, phrases };
const char* name_of(SegmentationKind kind) noexcept;  // as in JSON

// How far a cut may move to an onset: this, or a quarter of the length if that is less.
inline constexpr Seconds kOnsetReach{0.45};

// A rule, not its result: the same rule cuts the same track the same way everywhere.
struct Segmentation {
  SegmentationKind kind = SegmentationKind::equal;
  // equal, onsets: the length, longest the same; 0.5 … 60 s. beats, bars, phrases: the length in tracks
  // that have no beat, which are cut at onsets.
  Seconds shortest{3};
  Seconds longest{3};
  int count = 1;           // beats or bars to a fragment, 1 … 32
  std::uint64_t seed = 0;  // of `random`; each track draws its own stream
  int version = 1;         // of the cutting algorithm

  // "3" is equal lengths of 3 s, "0.5-8" random lengths in between, "onsets:3" lengths of about 3 s
  // (1 … 60 s) whose every cut is moved to the strongest onset near it; only random lengths take a seed.
  // "beats", "bars" cut at every beat or bar, "beats:4", "bars:2" at every fourth or second; "phrases"
  // at sections, and within them every four bars. Throws Error(usage) for anything else or lengths
  // outside 0.5 … 60 s.
  static Segmentation parse(std::string_view text, std::uint64_t seed = 0);
  std::string text() const;  // what parse() reads
  std::string key() const;   // text, seed of `random` and version: names it in the catalog and in cards
  // What has this key; none if it is no key, or one of another version.
  static std::optional<Segmentation> of_key(std::string_view key);

  // Whether it cuts by what is heard as beats.
  bool by_beats() const noexcept { return kind >= SegmentationKind::beats; }

  bool operator==(const Segmentation&) const = default;
};

void to_json(nlohmann::json& json, const Segmentation& segmentation);
void from_json(const nlohmann::json& json, Segmentation& segmentation);

}  // namespace segue
