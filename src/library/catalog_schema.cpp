#include "library/catalog_schema.hpp"

#include <array>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr std::int64_t kApplicationId = 0x53454755;  // "SEGU", in the header of the file

// Entry i turns version i into i + 1. Never change one that has been published: append.
constexpr std::array kMigrations = {
    // Paths are blobs: file names are bytes, not text. Row numbers are no identities: every key
    // means the same in another database.
    R"sql(
    CREATE TABLE track (
      id            BLOB PRIMARY KEY CHECK (length(id) = 16),
      title         TEXT NOT NULL,
      artist        TEXT NOT NULL,
      album_artist  TEXT NOT NULL,
      album         TEXT NOT NULL,
      genre         TEXT NOT NULL,
      mood          TEXT NOT NULL,
      year          TEXT NOT NULL,
      licence       TEXT NOT NULL,
      codec         TEXT NOT NULL,
      container     TEXT NOT NULL,
      sample_rate   INTEGER NOT NULL CHECK (sample_rate > 0),
      channels      INTEGER NOT NULL,
      pcm_frames    INTEGER NOT NULL,
      seconds       REAL NOT NULL,
      double_of     BLOB REFERENCES track (id) ON DELETE SET NULL CHECK (double_of <> id)
    ) WITHOUT ROWID;
    CREATE INDEX track_by_length ON track (seconds);
    CREATE INDEX track_by_leader ON track (double_of) WHERE double_of IS NOT NULL;

    CREATE TABLE file (
      path      BLOB PRIMARY KEY,
      size      INTEGER NOT NULL,
      mtime_ns  INTEGER NOT NULL,
      track     BLOB REFERENCES track (id) ON DELETE SET NULL,
      error     TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX file_by_track ON file (track);

    CREATE TABLE analysis (
      track            BLOB PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
      version          INTEGER NOT NULL,
      hops             INTEGER NOT NULL,
      integrated_lufs  REAL NOT NULL,
      sample_peak      REAL NOT NULL
    ) WITHOUT ROWID;

    -- Kept apart: a list of tracks should not have to read past them.
    CREATE TABLE fingerprint (
      track  BLOB PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
      items  BLOB NOT NULL  -- 32-bit words, little-endian
    );

    CREATE TABLE segmentation (
      key       TEXT PRIMARY KEY,
      kind      TEXT NOT NULL,
      shortest  REAL NOT NULL,
      longest   REAL NOT NULL,
      seed      TEXT NOT NULL,  -- does not fit SQLite's signed integers
      version   INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE fragment (
      track         BLOB NOT NULL REFERENCES track (id) ON DELETE CASCADE,
      segmentation  TEXT NOT NULL REFERENCES segmentation (key) ON DELETE CASCADE,
      position      INTEGER NOT NULL,
      start         INTEGER NOT NULL,  -- hops
      length        INTEGER NOT NULL,
      lufs          REAL NOT NULL,
      PRIMARY KEY (track, segmentation, position)
    ) WITHOUT ROWID;
    )sql",
    R"sql(
    -- What a table of a data set says of a track; where it says nothing, the file's tags hold.
    CREATE TABLE given_tags (
      track         BLOB PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
      title         TEXT NOT NULL,
      artist        TEXT NOT NULL,
      album_artist  TEXT NOT NULL,
      album         TEXT NOT NULL,
      genre         TEXT NOT NULL,
      mood          TEXT NOT NULL,
      year          TEXT NOT NULL,
      licence       TEXT NOT NULL
    ) WITHOUT ROWID;
    -- A file that says something new is believed again.
    CREATE TRIGGER file_tags_changed AFTER UPDATE ON track WHEN
      (old.title, old.artist, old.album_artist, old.album, old.genre, old.mood, old.year, old.licence) <>
      (new.title, new.artist, new.album_artist, new.album, new.genre, new.mood, new.year, new.licence)
    BEGIN
      DELETE FROM given_tags WHERE track = new.id;
    END;
    CREATE VIEW described_track AS SELECT id,
      coalesce(nullif(given.title, ''), track.title) AS title,
      coalesce(nullif(given.artist, ''), track.artist) AS artist,
      coalesce(nullif(given.album_artist, ''), track.album_artist) AS album_artist,
      coalesce(nullif(given.album, ''), track.album) AS album,
      coalesce(nullif(given.genre, ''), track.genre) AS genre,
      coalesce(nullif(given.mood, ''), track.mood) AS mood,
      coalesce(nullif(given.year, ''), track.year) AS year,
      coalesce(nullif(given.licence, ''), track.licence) AS licence,
      codec, container, sample_rate, channels, pcm_frames, seconds, double_of
    FROM track LEFT JOIN given_tags AS given ON given.track = track.id;
    )sql",
    R"sql(
    -- Since analysis version 2; see features/music.hpp.
    CREATE TABLE music (
      track           BLOB PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
      tempo_bpm       REAL NOT NULL,
      tempo_drift     REAL NOT NULL,
      beat_jitter     REAL NOT NULL,
      beat_strength   REAL NOT NULL,
      beats_per_bar   INTEGER NOT NULL,
      tonic           INTEGER NOT NULL CHECK (tonic BETWEEN -1 AND 11),  -- -1 where no key was heard
      minor           INTEGER NOT NULL,
      key_confidence  REAL NOT NULL,
      energy          REAL NOT NULL,
      brightness      REAL NOT NULL,
      valence         REAL NOT NULL,
      sound_begin     REAL NOT NULL,
      sound_end       REAL NOT NULL
    ) WITHOUT ROWID;
    )sql"};

constexpr std::int64_t kVersion = static_cast<std::int64_t>(kMigrations.size());

// The version of the tables; refuses what is not ours to touch.
std::int64_t checked_version(sqlite::Database& database) {
  // One statement sees one state, whatever another process is about to make.
  sqlite::Query query = database.query(
      "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) "
      "FROM pragma_user_version, pragma_application_id");
  query.next();
  const std::int64_t version = query.integer(0);
  const std::int64_t application = query.integer(1);
  const bool empty = query.integer(2) == 0;
  if (!empty && application != kApplicationId) {
    throw Error(ErrorKind::library, "is no catalog of segue", database.file(),
                "move it away, or choose another --library");
  }
  if (version > kVersion) {
    throw Error(ErrorKind::library, "was made by a newer segue", database.file(),
                "update segue, or choose another --library");
  }
  return empty ? 0 : version;
}

}  // namespace

void prepare_catalog_schema(sqlite::Database& database) {
  const std::int64_t found = checked_version(database);
  // Only now, so that a stranger's, newer or damaged file stays as it is.
  database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  if (found == kVersion) return;
  sqlite::Transaction transaction(database);
  // Another process may have been faster.
  for (auto version = checked_version(database); version < kVersion; ++version) {
    database.execute(kMigrations[static_cast<std::size_t>(version)]);
  }
  database.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.execute("PRAGMA user_version = " + std::to_string(kVersion));
  transaction.commit();
}

}  // namespace segue
