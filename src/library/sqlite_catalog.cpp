#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

#include "base/error.hpp"
#include "base/text.hpp"
#include "library/catalog.hpp"
#include "library/catalog_schema.hpp"
#include "library/sqlite.hpp"

namespace segue {
namespace {

using sqlite::Database;
using sqlite::Query;

static_assert(std::endian::native == std::endian::little,
              "fingerprints are stored as they lie in memory");

#define SEGUE_TAG_COLUMNS "title, artist, album_artist, album, genre, mood, year, licence"
#define SEGUE_TRAIT_COLUMNS                                                                           \
  "tempo_bpm, tempo_drift, beat_jitter, beat_strength, beats_per_bar, tonic, minor, key_confidence, " \
  "energy, brightness, valence, sound_begin, sound_end"
#define SEGUE_TRACK_COLUMNS                                            \
  "id, " SEGUE_TAG_COLUMNS                                             \
  ", codec, container, sample_rate, channels, pcm_frames, double_of, " \
  "version, hops, integrated_lufs, sample_peak, " SEGUE_TRAIT_COLUMNS " "
#define SEGUE_TRACK_TABLES                                \
  "described_track JOIN analysis ON analysis.track = id " \
  "LEFT JOIN music ON music.track = id "

// Nulls, where an older analysis did not hear them, read as 0.
MusicTraits traits_of(const Query& row, int first) {
  MusicTraits traits;
  traits.tempo_bpm = row.real(first);
  traits.tempo_drift = row.real(first + 1);
  traits.beat_jitter = row.real(first + 2);
  traits.beat_strength = row.real(first + 3);
  traits.beats_per_bar = static_cast<int>(row.integer(first + 4));
  if (!row.is_null(first + 5) && row.integer(first + 5) >= 0)
    traits.key = Key{static_cast<int>(row.integer(first + 5)), row.integer(first + 6) != 0};
  traits.key_confidence = row.real(first + 7);
  traits.energy = row.real(first + 8);
  traits.brightness = row.real(first + 9);
  traits.valence = row.real(first + 10);
  traits.sound_begin = row.real(first + 11);
  traits.sound_end = row.real(first + 12);
  return traits;
}

TrackRecord track_of(const Query& row) {
  TrackRecord track;
  track.id = row.hash(0);
  track.tags = {row.text(1), row.text(2), row.text(3), row.text(4),
                row.text(5), row.text(6), row.text(7), row.text(8)};
  track.format = {static_cast<int>(row.integer(11)), static_cast<int>(row.integer(12)), row.text(9),
                  row.text(10)};
  track.pcm_frames = row.integer(13);
  track.double_of = row.optional_hash(14);
  track.analysis_version = static_cast<int>(row.integer(15));
  track.hops = row.integer(16);
  track.integrated_lufs = row.real(17);
  track.sample_peak = row.real(18);
  track.traits = traits_of(row, 19);
  return track;
}

constexpr int kFingerprintColumn = 32;

std::vector<std::uint32_t> fingerprint_of(std::span<const std::byte> bytes) {
  std::vector<std::uint32_t> items(bytes.size() / sizeof(std::uint32_t));
  if (!items.empty()) std::memcpy(items.data(), bytes.data(), items.size() * sizeof(std::uint32_t));
  return items;
}

class SqliteCatalog : public Catalog {
 public:
  explicit SqliteCatalog(const std::filesystem::path& file) : database_(file) {
    prepare_catalog_schema(database_);
  }

  void together(const std::function<void()>& changes) override {
    const std::lock_guard lock(mutex_);
    change(changes);
  }

  std::vector<FileRecord> files() const override {
    const std::lock_guard lock(mutex_);
    std::vector<FileRecord> files;
    Query rows = database_.query("SELECT path, size, mtime_ns, track, error FROM file ORDER BY path");
    while (rows.next()) {
      files.push_back(
          {rows.path(0), rows.integer(1), rows.integer(2), rows.optional_hash(3), rows.text(4)});
    }
    return files;
  }

  std::vector<std::filesystem::path> files_of(const TrackId& track) const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::filesystem::path> paths;
    Query rows = database_.query("SELECT path FROM file WHERE track = ? ORDER BY path", track);
    while (rows.next()) paths.push_back(rows.path(0));
    return paths;
  }

  void put_file(const FileRecord& file) override {
    run("INSERT INTO file (path, size, mtime_ns, track, error) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
        "track = excluded.track, error = excluded.error",
        file.path, file.size, file.mtime_ns, file.track, to_valid_utf8(file.error));
  }

  void remove_file(const std::filesystem::path& path) override {
    run("DELETE FROM file WHERE path = ?", path);
  }

  std::optional<TrackRecord> track(const TrackId& id) const override {
    const std::lock_guard lock(mutex_);
    Query row = database_.query("SELECT " SEGUE_TRACK_COLUMNS ", items FROM " SEGUE_TRACK_TABLES
                                "JOIN fingerprint ON fingerprint.track = id WHERE id = ?",
                                id);
    if (!row.next()) return std::nullopt;
    TrackRecord track = track_of(row);
    track.fingerprint = fingerprint_of(row.blob(kFingerprintColumn));
    return track;
  }

  std::vector<TrackRecord> tracks() const override {
    const std::lock_guard lock(mutex_);
    std::vector<TrackRecord> tracks;
    Query rows =
        database_.query("SELECT " SEGUE_TRACK_COLUMNS "FROM " SEGUE_TRACK_TABLES "ORDER BY title, id");
    while (rows.next()) tracks.push_back(track_of(rows));
    return tracks;
  }

  void put_track(const TrackRecord& track) override {
    const std::lock_guard lock(mutex_);
    change([&] {
      run("DELETE FROM fragment WHERE track = ?1 AND NOT EXISTS "
          "(SELECT 1 FROM analysis WHERE track = ?1 AND version = ?2 AND hops = ?3)",
          track.id, track.analysis_version, track.hops);
      put_description(track);
      run("INSERT INTO analysis (track, version, hops, integrated_lufs, sample_peak) "
          "VALUES (?, ?, ?, ?, ?) ON CONFLICT (track) DO UPDATE SET version = excluded.version, "
          "hops = excluded.hops, integrated_lufs = excluded.integrated_lufs, "
          "sample_peak = excluded.sample_peak",
          track.id, track.analysis_version, track.hops, track.integrated_lufs, track.sample_peak);
      insert_traits(track.id, track.traits);
      run("INSERT INTO fingerprint (track, items) VALUES (?, ?) "
          "ON CONFLICT (track) DO UPDATE SET items = excluded.items",
          track.id, std::as_bytes(std::span(track.fingerprint)));
    });
  }

  void put_traits(const TrackId& track, const MusicTraits& traits, int analysis_version) override {
    const std::lock_guard lock(mutex_);
    change([&] {
      run("DELETE FROM fragment WHERE track = ?", track);
      run("UPDATE analysis SET version = ? WHERE track = ?", analysis_version, track);
      insert_traits(track, traits);
    });
  }

  void put_tags(const TrackId& track, const Tags& tags) override {
    run_with_tags("UPDATE track SET (" SEGUE_TAG_COLUMNS
                  ") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) WHERE id = ?1",
                  track, tags);
  }

  void give_tags(const TrackId& track, const Tags& tags) override {
    run_with_tags("INSERT OR REPLACE INTO given_tags (track, " SEGUE_TAG_COLUMNS
                  ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                  track, tags);
  }

  void remove_track(const TrackId& id) override {
    const std::lock_guard lock(mutex_);
    change([&] {
      if (const auto heir = first_double_of(id)) put_leader(*heir, id);
      run("DELETE FROM track WHERE id = ?", id);
    });
  }

  void put_leader(const TrackId& leader, const TrackId& former) override {
    const std::lock_guard lock(mutex_);
    change([&] {
      run("UPDATE track SET double_of = NULL WHERE id = ?", leader);
      run("UPDATE track SET double_of = ?1 WHERE id <> ?1 AND (id = ?2 OR double_of = ?2)", leader,
          former);
    });
  }

  std::vector<TrackRecord> tracks_of_length(Seconds length, Seconds tolerance) const override {
    const std::lock_guard lock(mutex_);
    std::vector<TrackRecord> tracks;
    Query rows = database_.query(
        "SELECT " SEGUE_TRACK_COLUMNS ", items FROM " SEGUE_TRACK_TABLES
        "JOIN fingerprint ON fingerprint.track = id WHERE seconds BETWEEN ? AND ? ORDER BY id",
        (length - tolerance).count(), (length + tolerance).count());
    while (rows.next()) {
      tracks.push_back(track_of(rows));
      tracks.back().fingerprint = fingerprint_of(rows.blob(kFingerprintColumn));
    }
    return tracks;
  }

  std::vector<TrackId> tracks_without_file() const override {
    const std::lock_guard lock(mutex_);
    std::vector<TrackId> tracks;
    Query rows = database_.query(
        "SELECT id FROM track WHERE NOT EXISTS (SELECT 1 FROM file WHERE file.track = track.id) "
        "ORDER BY id");
    while (rows.next()) tracks.push_back(rows.hash(0));
    return tracks;
  }

  std::vector<FragmentRecord> fragments(const TrackId& track,
                                        const Segmentation& segmentation) const override {
    const std::lock_guard lock(mutex_);
    std::vector<FragmentRecord> fragments;
    Query rows = database_.query(
        "SELECT start, length, lufs FROM fragment WHERE track = ? AND segmentation = ? "
        "ORDER BY position",
        track, segmentation.key());
    while (rows.next()) fragments.push_back({{rows.integer(0), rows.integer(1)}, rows.real(2)});
    return fragments;
  }

  void put_fragments(const TrackId& track, const Segmentation& segmentation,
                     const std::vector<FragmentRecord>& fragments) override {
    const std::lock_guard lock(mutex_);
    const std::string key = segmentation.key();
    change([&] {
      run("INSERT INTO segmentation (key, kind, shortest, longest, seed, version) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
          key, name_of(segmentation.kind), segmentation.shortest.count(), segmentation.longest.count(),
          std::to_string(segmentation.seed), segmentation.version);
      run("DELETE FROM fragment WHERE track = ? AND segmentation = ?", track, key);
      for (std::size_t i = 0; i < fragments.size(); ++i) {
        run("INSERT INTO fragment (track, segmentation, position, start, length, lufs) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            track, key, static_cast<std::int64_t>(i), fragments[i].span.start, fragments[i].span.length,
            fragments[i].loudness_lufs);
      }
    });
  }

  std::vector<std::string> check() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> problems;
    try {
      Query pages = database_.query("PRAGMA integrity_check(20)");
      while (pages.next()) {
        if (pages.text(0) != "ok") problems.push_back(pages.text(0));
      }
      Query references = database_.query("PRAGMA foreign_key_check");
      while (references.next()) {
        problems.push_back("table " + references.text(0) + " refers to what " + references.text(2) +
                           " does not hold");
      }
    } catch (const Error& error) {  // so bad that even the check stops
      if (error.kind() != ErrorKind::library) throw;
      problems.emplace_back("pages cannot be read");
    }
    return problems;
  }

 private:
  // One transaction around `changes`, or the one that is open already. Called with the lock held.
  void change(const std::function<void()>& changes) {
    if (in_transaction_) return changes();
    sqlite::Transaction transaction(database_);
    in_transaction_ = true;
    const struct Leave {
      bool& flag;
      ~Leave() { flag = false; }
    } leave{in_transaction_};
    changes();
    transaction.commit();
  }

  template <class... Arguments>
  void run(const char* sql, const Arguments&... arguments) {
    const std::lock_guard lock(mutex_);
    database_.query(sql, arguments...).run();
  }

  void run_with_tags(const char* sql, const TrackId& track, const Tags& tags) {
    run(sql, track, to_valid_utf8(tags.title), to_valid_utf8(tags.artist),
        to_valid_utf8(tags.album_artist), to_valid_utf8(tags.album), to_valid_utf8(tags.genre),
        to_valid_utf8(tags.mood), to_valid_utf8(tags.year), to_valid_utf8(tags.licence));
  }

  void insert_traits(const TrackId& track, const MusicTraits& traits) {
    run("INSERT OR REPLACE INTO music (track, " SEGUE_TRAIT_COLUMNS
        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        track, traits.tempo_bpm, traits.tempo_drift, traits.beat_jitter, traits.beat_strength,
        traits.beats_per_bar, traits.key ? traits.key->tonic : -1,
        traits.key && traits.key->minor ? 1 : 0, traits.key_confidence, traits.energy, traits.brightness,
        traits.valence, traits.sound_begin, traits.sound_end);
  }

  void put_description(const TrackRecord& track) {
    run("INSERT INTO track (id, " SEGUE_TAG_COLUMNS
        ", codec, container, sample_rate, channels, pcm_frames, seconds, double_of) "
        "VALUES (?, '', '', '', '', '', '', '', '', ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET codec = excluded.codec, container = excluded.container, "
        "sample_rate = excluded.sample_rate, channels = excluded.channels, "
        "pcm_frames = excluded.pcm_frames, seconds = excluded.seconds, double_of = excluded.double_of",
        track.id, to_valid_utf8(track.format.codec), to_valid_utf8(track.format.container),
        track.format.sample_rate, track.format.channels, track.pcm_frames, track.duration().count(),
        track.double_of);
    put_tags(track.id, track.tags);
  }

  std::optional<TrackId> first_double_of(const TrackId& id) const {
    Query row = database_.query(
        "SELECT id FROM track LEFT JOIN file ON file.track = track.id WHERE double_of = ? "
        "ORDER BY path IS NULL, path, id LIMIT 1",
        id);
    return row.next() ? std::optional(row.hash(0)) : std::nullopt;
  }

  mutable std::recursive_mutex mutex_;
  mutable Database database_;
  bool in_transaction_ = false;
};

}  // namespace

std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file) {
  return std::make_unique<SqliteCatalog>(file);
}

}  // namespace segue
