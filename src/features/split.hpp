// Which tracks teach, which stop the training, which measure: tracks are split, never
// fragments, and what belongs to one song stays on one side.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "features/manifest.hpp"

namespace segue {

// The song a file name belongs to: lower case, without what marks a variant ("_fast", "-old",
// "-epic", "_remake", "_f", " (Live)", " - Remix", …). Digits stay: "Track 01" is not "Track 02".
std::string song_of(const std::string& stem);

// Of the train side, what teaches critics (planning/critic.hpp) and what teaches detectors
// (judge/detectors.hpp).
inline constexpr const char* kCriticFold = "critic";
inline constexpr const char* kDetectorFold = "detector";

// A split by name. On disk: `{"train": [names], "val": […], "test": […], "FOLD": […]}`;
// a name is a file's stem, a stem behind a one-letter prefix for its collection ("w_knolls"), or a
// track's id.
class Split {
 public:
  static Split read(const std::filesystem::path& file);  // throws Error(input)
  // Deals songs (each name once) to the sides by seed, at least one to train and, where there
  // are two or more, one to validation. Shares in 0 … 1.
  static Split draw(std::vector<std::string> songs, double validation_share, double test_share,
                    std::uint64_t seed);

  // That of a manifest: stems, and the ids of tracks that a stem does not tell from those of another
  // side.
  static Split of(const Manifest& manifest);

  void add(Side side, const std::string& name);
  // Throws Error(output). `about` says where the split comes from.
  void write(const std::filesystem::path& file, const std::string& about) const;

  // The side of a track with this name or stem; none if the split does not name it. Throws Error(input)
  // if it names it on two sides.
  std::optional<Side> side_of(const std::string& name) const;
  // By its id if the split has that, else by its name.
  std::optional<Side> side_of(const TrackId& track, const std::string& name) const;
  // Whether a fold beside the sides has it: kCriticFold or kDetectorFold. By id or name, as a side;
  // throws Error(input) if both have it.
  bool in_fold(const std::string& fold, const TrackId& track, const std::string& name) const;

 private:
  struct Fold {
    std::set<std::string> names;
    std::set<std::string> without_prefix;  // of those that have one
    void add(const std::string& name);
  };
  enum class Match { none, without_prefix, exact };
  Match match(const std::string& fold, const std::string& name) const;
  // Which of these folds has the name. Throws Error(input) if several do.
  std::optional<std::size_t> only_fold(std::span<const std::string> folds,
                                       const std::string& name) const;

  std::map<std::string, Fold> folds_;
};

}  // namespace segue
