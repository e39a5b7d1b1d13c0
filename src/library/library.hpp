// The collection as segue knows it: a catalog, and one feature file a track.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "features/feature_file.hpp"
#include "library/catalog.hpp"
#include "library/music_files.hpp"

namespace segue {

struct UpdateReport {
  std::size_t files = 0;     // found
  std::size_t analyzed = 0;  // decoded now
  std::size_t unchanged = 0;
  std::size_t changed = 0;   // content differs from last time (counted in analyzed too)
  std::size_t moved = 0;     // known music under another name
  std::size_t retagged = 0;  // file changed, music did not
  std::size_t doubles = 0;   // the same recording again
  std::size_t removed = 0;   // gone from the folders that were searched
  Seconds decoded{0};        // of audio
  std::vector<FileProblem> problems;
};

// One piece of music that can be mixed.
struct LibraryTrack {
  TrackRecord record;
  std::filesystem::path file;  // exists now
  std::filesystem::path features;
  std::vector<TrackId> recording;  // every id under which the library knows this recording

  bool is(const TrackId& id) const { return std::ranges::find(recording, id) != recording.end(); }
};

class Library {
 public:
  // Opens or makes it: `catalog.db` and the folder `features`. Throws Error(library), Error(output).
  explicit Library(const std::filesystem::path& folder);

  // Brings the catalog up to date with these files, folders and playlists: analyzes what is new or
  // changed on all cores (workers 0), skips what is not, goes on past broken files (they are listed
  // each time, but read again only when they change). Interrupted, it keeps what is done and throws
  // Error(interrupted). Two tracks are the same recording if their lengths differ by at most 3 s or
  // 2 % and their fingerprints by little; the one whose file came first by path stands for it,
  // in whatever order they were analyzed.
  UpdateReport update(const std::vector<std::filesystem::path>& paths, std::size_t workers = 0);

  // The tracks behind these paths (as update() found them), one for each recording (doubles once),
  // sorted by file. Empty `paths`: all that the library holds and whose file exists.
  std::vector<LibraryTrack> tracks(const std::vector<std::filesystem::path>& paths) const;

  // Cuts a track, or takes what the catalog has of this segmentation. Silence has -inf loudness.
  // Throws Error(input) as features() does.
  std::vector<FragmentRecord> fragments(const LibraryTrack& track, const Segmentation& segmentation);

  // Its feature file, made again if it was pruned or is damaged. Throws Error(input) if that is
  // needed and the file is no longer the music that was analyzed.
  std::shared_ptr<const FeatureFile> features(const LibraryTrack& track);

  // Checks the catalog, feature files and sources (there, same size and time); returns what is wrong.
  // Feature files that are damaged are removed, so that the next update makes them again.
  std::vector<FileProblem> verify();
  // Forgets files (or all below a folder); returns how many. Their music stays on disk.
  std::size_t remove(const std::filesystem::path& path);

  Catalog& catalog() { return *catalog_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path features_folder() const { return folder_ / "features"; }
  std::filesystem::path feature_path(const TrackId& track) const;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace segue
