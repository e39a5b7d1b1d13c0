// What learning is told about the data: which tracks, how they are cut, and on which side
// of the split each lies. On disk a folder with `tracks.csv`, `train.csv` and `val.csv`
// (and `test.csv` where there is a test side), UTF-8 with a header line.
//
// tracks.csv:         song_id,track,name,song,group,side,features
// train/val/test.csv: fragment,track,start,length,position,song_id,label
//   fragment  "TRACK:POSITION", unique
//   track     32 hex digits, the track's id
//   start, length   in hops (512 PCM samples at 22 050 Hz, 23.22 ms)
//   position  0-based place of the fragment in its track
//   song_id   number of the song (variants of a song share it), in order of tracks.csv
//   label     1-based place of the fragment in the whole file's order: the report's label
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/content_hash.hpp"
#include "features/geometry.hpp"

namespace segue {

enum class Side { train, validation, test };
const char* name_of(Side side) noexcept;  // "train", "val", "test"

struct ManifestTrack {
  TrackId id;
  std::string name;   // for people: the file's stem
  std::string song;   // variants and doubles of one song share it; never split
  std::string group;  // genre, else the folder: what 'another genre' is measured by
  Side side = Side::train;
  std::filesystem::path features;  // feature file
  std::vector<FragmentSpan> fragments;  // in order of time, not overlapping
};

struct Manifest {
  std::string segmentation;  // as Segmentation prints itself, for the model card
  std::vector<ManifestTrack> tracks;

  std::size_t count(Side side) const;  // of tracks
  // Throws Error(output).
  void write(const std::filesystem::path& folder) const;
  // Throws Error(input) naming the file and line that is wrong.
  static Manifest read(const std::filesystem::path& folder);
};

// The song a file name belongs to: the stem without what marks a variant
// ("_fast", "-old", "-epic", "_remake", "_f", " (Live)", " - Remix", "2" …), in lower case.
std::string song_of(const std::string& stem);

// A split by track: name → side. Reads `{"train": [names], "val": […], "test": […]}`.
// Names are file stems, or stems behind a prefix for the collection ("w_knolls").
class Split {
 public:
  static Split read(const std::filesystem::path& file);  // throws Error(input)
  // Shares of songs drawn by seed, whole songs only.
  static Split draw(const std::vector<std::string>& songs, double validation_share,
                    double test_share, std::uint64_t seed);

  // Side of a track with this stem, if the split names it.
  bool find(const std::string& stem, Side& side) const;
  // Names of a fold other than the sides ("critic", "detector"); empty if there is none.
  const std::vector<std::string>& fold(const std::string& name) const;

 private:
  std::vector<std::pair<std::string, Side>> sides_;
  std::vector<std::pair<std::string, std::vector<std::string>>> folds_;
};

}  // namespace segue
