// What the command line says of the bounds of a mix.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "planning/bounds.hpp"

namespace segue::cli {

// As MixConfig::bounds; empty is not set.
struct BoundFlags {
  std::string track_seconds;
  std::optional<double> max_stretch;  // per cent
  std::string key_rule;
  std::string tempo;
  std::string energy;
  std::string mood;
  std::string no_repeat;
  std::string artist_apart;
  std::vector<std::string> include;
  std::string end;
  std::string like;
  double like_share = Bounds{}.like_share;
  std::vector<const CLI::Option*> options;  // that fill these
};

void add_bound_flags(CLI::App& command, BoundFlags& flags);
// What needs no track to be known. Throws Error(usage), Error(input) for a curve that cannot be read.
Bounds bounds_of(const BoundFlags& flags, Seconds length);
// Throws Error(usage) if any is given on the command line: where they would be without effect.
void refuse_bounds(const BoundFlags& flags);
// Those that name tracks. Throws Error(usage) for a file that is not among them.
void add_tracks(const BoundFlags& flags, const Library& library, const std::vector<LibraryTrack>& tracks,
                Bounds& bounds);

// The track whose file, or a double of it, it is. Throws Error(usage) if there is none.
const LibraryTrack& track_of(const fs::path& file, const Library& library,
                             const std::vector<LibraryTrack>& tracks);

}  // namespace segue::cli
