// What belongs together among tracks, and so on one side of a split.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "features/manifest.hpp"
#include "library/library.hpp"

namespace segue {

enum class GroupBy { song, artist };

// The group of each track, by a name that only its members share. A song is its variants and doubles:
// same stem in a folder but for variant marks, same artist and title, or same recording. An artist
// (written in any case) is all its songs; a track that names none stays with its song.
std::vector<std::string> groups_of(const std::vector<LibraryTrack>& tracks, GroupBy by);

// Deals whole groups to the sides by seed; shares count groups. One side for each of `groups`.
std::vector<std::optional<Side>> sides_of_groups(const std::vector<std::string>& groups,
                                                 double validation_share, double test_share,
                                                 std::uint64_t seed);

}  // namespace segue
