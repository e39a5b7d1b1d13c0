// What bounds a mix in the style `mix`. The network's scores rule inside them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/content_hash.hpp"
#include "base/time.hpp"

namespace segue {

// off: any key may follow any; near: the same, its relative, or one a fifth away (key_distance() ≤ 1);
// same: the same or its relative.
enum class KeyRule { off, near, same };

// How energy should go over the mix: 0 is the calmest music there is in the collection, 1 the most
// energetic. Straight lines between points (share of the mix, energy), both 0 … 1, shares rising.
struct EnergyCurve {
  std::vector<std::pair<double, double>> points;  // empty: free

  // "rise", "fall", "flat", "wave"; or a file with a time or share and an energy a line ("0:00 0.2",
  // "50% 0.8"). length: of the mix. Throws Error(usage), Error(input) naming the line.
  static EnergyCurve parse(const std::string& text, Seconds length);
  double at(double share) const;  // of a curve that is not empty
};

// A half or quarter of the plane of energy × mode: "energetic", "calm", "bright", "dark",
// "energetic-dark", …
struct MoodBound {
  int energy = 0;  // -1 the calmer half of the music, 1 the more energetic one, 0 both
  int mode = 0;    // -1 minor, 1 major, 0 both, and music without a key

  static MoodBound parse(std::string_view text);  // throws Error(usage)
};

// Bounds that a person has set are kept, whatever it costs; the others give way where they leave
// nothing, tempo and metre where they leave fewer than `fewest` tracks, as who follows is the network's
// to choose, and keys where all that they leave would be heard. A curve of energy is followed as nearly
// as the music allows. Music of another metre, or with a beat after music without one, follows only
// there.
struct Bounds {
  // That a track plays at a time; the last one till the mix ends, and that may be sooner, at least half
  // of the least before. If not set, less where tracks are short, and more where nothing may follow.
  Seconds least{40};
  Seconds most{150};
  bool seconds_are_set = false;
  double stretch =
      0.06;  // by which tempi may differ where tracks meet; half and double tempo count as equal
  bool stretch_is_set = false;
  std::size_t fewest = 2;  // tracks
  KeyRule key = KeyRule::near;
  bool key_is_set = false;
  std::optional<std::pair<double, double>> tempo;  // BPM: no other track plays
  EnergyCurve energy;
  std::optional<MoodBound> mood;
  std::optional<Seconds> no_repeat;  // no track again sooner; if not set, not while others are left
  Seconds artist_apart{0};           // no artist again sooner
  std::vector<TrackId> include;      // must be heard
  std::optional<TrackId> end;        // closes the mix
  std::optional<TrackId> like;       // only what is nearest in sound to this track …
  double like_share = 0.5;           // … of all tracks that share

  void validate() const;  // throws Error(usage)
};

}  // namespace segue
