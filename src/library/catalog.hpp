// What segue remembers about files, tracks and fragments. An interface, so that another
// database can hold it; SQLite does by default.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analyzer.hpp"
#include "plan/segmentation.hpp"

namespace segue {

struct FileRecord {
  std::filesystem::path path;    // absolute
  std::int64_t size = 0;         // bytes
  std::int64_t mtime_ns = 0;     // since the epoch
  std::optional<TrackId> track;  // none if it could not be read
  std::string error;             // why not, one sentence
};

struct TrackRecord {
  TrackId id;
  Tags tags;
  AudioFormat format;
  PcmFrame pcm_frames = 0;
  Hop hops = 0;
  double integrated_lufs = 0;  // -inf if silent
  double sample_peak = 0;
  std::vector<std::uint32_t> fingerprint;
  MusicTraits traits;
  int analysis_version = 0;
  std::optional<TrackId> double_of;  // the track that stands for this recording, if another does

  Seconds duration() const { return to_seconds(pcm_frames, format.sample_rate); }
};

struct FragmentRecord {
  FragmentSpan span;
  double loudness_lufs = 0;  // gated mean of its momentary loudness; -inf if silent
};

// Every call is atomic and safe in any thread. Several processes may share one catalog.
// Throws Error(library) if it is damaged, locked for long or from a newer segue; Error(output) on
// a full disk.
class Catalog {
 public:
  virtual ~Catalog() = default;

  // Changes made inside come into effect together, or not at all if it throws. Other threads wait.
  virtual void together(const std::function<void()>& changes) = 0;

  virtual std::vector<FileRecord> files() const = 0;
  virtual std::vector<std::filesystem::path> files_of(const TrackId& track) const = 0;  // sorted
  virtual void put_file(const FileRecord& file) = 0;
  virtual void remove_file(const std::filesystem::path& path) = 0;

  virtual std::optional<TrackRecord> track(const TrackId& id) const = 0;
  virtual std::vector<TrackRecord> tracks() const = 0;  // without fingerprints, by title
  // Forgets its fragments where the analysis is another than before. Its tags are the file's.
  virtual void put_track(const TrackRecord& track) = 0;
  // What is heard of a known track now; forgets its fragments.
  virtual void put_traits(const TrackId& track, const MusicTraits& traits, int analysis_version) = 0;
  // What its file says now. Where that is something new, the tags given to it are forgotten.
  virtual void put_tags(const TrackId& track, const Tags& tags) = 0;
  // What a table says of it: those that are not empty take the place of the file's.
  virtual void give_tags(const TrackId& track, const Tags& tags) = 0;
  // With its fragments. Of its doubles the one whose file comes first by path takes its place.
  virtual void remove_track(const TrackId& id) = 0;
  // `leader` stands for its recording from now on: `former` and all its doubles become its own.
  virtual void put_leader(const TrackId& leader, const TrackId& former) = 0;
  // Tracks whose length differs by at most `tolerance`, with fingerprints.
  virtual std::vector<TrackRecord> tracks_of_length(Seconds length, Seconds tolerance) const = 0;
  virtual std::vector<TrackId> tracks_without_file() const = 0;

  virtual std::vector<FragmentRecord> fragments(const TrackId& track,
                                                const Segmentation& segmentation) const = 0;
  virtual void put_fragments(const TrackId& track, const Segmentation& segmentation,
                             const std::vector<FragmentRecord>& fragments) = 0;

  // Empty if sound, else what is wrong.
  virtual std::vector<std::string> check() const = 0;
};

// A file in WAL mode; transactions survive kill -9. Made if missing, brought up to date if older.
// Throws Error(library) if it is no catalog, damaged or newer, and then leaves it as it is.
std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file);

}  // namespace segue
