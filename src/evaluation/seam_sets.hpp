// Where networks that hear seams lie, by the length of the transitions that they learnt.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "features/geometry.hpp"

namespace segue {

// The length nearest to this that a set can have learnt: sets are told apart by whole milliseconds.
Seconds whole_milliseconds(Seconds transition);

// "100ms": the folder of those that learnt transitions of .1 s.
std::string kind_name(Seconds transition);

// Whether those that learnt transitions of this kind may be asked about one of this length. A kind of
// two seconds or more stands for all lengths down to three eighths of its own.
bool covers(Seconds kind, Seconds length);
inline constexpr Seconds kLeastOfBlends{2};  // a kind as long as this is one of blends

struct SeamSet {
  Seconds transition{0};
  std::filesystem::path folder;  // the set's own
};

// All sets in these folders, folder by folder, the shorter transitions first.
std::vector<SeamSet> seam_sets(std::span<const std::filesystem::path> folders);

// Of the sets in these folders that fit, the one nearest in length to the fade; of those as near that of
// the earlier folder, and there the shorter. fits: whether those that learnt `kind` may be asked about
// the fade.
std::optional<SeamSet> nearest_set(Seconds fade, std::span<const std::filesystem::path> folders,
                                   const std::function<bool(Seconds kind)>& fits);

}  // namespace segue
