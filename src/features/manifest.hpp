// What learning is told about the data: which tracks, how they are cut, and on which side
// of the split each lies. On disk a folder with `tracks.csv`, `train.csv` and `val.csv`
// (and `test.csv` where there is a test side), UTF-8 with a header line, and `split.json`, by which
// other commands find the sides again (features/split.hpp).
//
// tracks.csv:         song_id,track,name,song,group,side,features,licence
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
#include "features/fragment_set.hpp"

namespace segue {

enum class Side { train, validation, test };
const char* name_of(Side side) noexcept;  // "train", "val", "test"

struct ManifestTrack {
  TrackId id;
  std::string name;   // for people: the file's stem
  std::string song;   // variants and doubles of one song share it; never split
  std::string group;  // genre, else the folder: what 'another genre' is measured by
  Side side = Side::train;
  std::filesystem::path features;       // feature file
  std::vector<FragmentSpan> fragments;  // in order of time, not overlapping
  std::string licence;                  // of the music, for the model's card; may be empty
  AudioReader audio{};                  // where the music is at hand; not on disk
};

struct Manifest {
  std::string segmentation;  // as Segmentation prints itself, for the model card
  std::vector<ManifestTrack> tracks;

  std::size_t count(Side side) const;  // of tracks
  // All fragments of one side as networks read them, grouped by track, in order of time.
  // Throws Error(input) if a feature file is missing or damaged.
  FragmentSet fragments(Side side) const;
  // Throws Error(output).
  void write(const std::filesystem::path& folder) const;
  // Throws Error(input) naming the file and line that is wrong.
  static Manifest read(const std::filesystem::path& folder);
};

}  // namespace segue
