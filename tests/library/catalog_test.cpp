#include "library/catalog.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <thread>

#include "base/error.hpp"
#include "base/random.hpp"
#include "support/feature_files.hpp"
#include "support/processes.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using test::track_id;

TrackRecord track_named(const std::string& name, double seconds = 100) {
  TrackRecord track;
  track.id = track_id(name);
  track.tags = {name, "artist", "album artist", "album", "genre", "mood", "1999", "CC0"};
  track.format = {44100, 2, "vorbis", "ogg"};
  track.pcm_frames = static_cast<PcmFrame>(seconds * 44100);
  track.hops = to_hops(Seconds(seconds));
  track.integrated_lufs = -14.25;
  track.sample_peak = 0.875;
  track.fingerprint = {0, 1, 0xFFFFFFFF, 0x12345678};
  track.analysis_version = 1;
  return track;
}

FileRecord file_named(const fs::path& path, const std::optional<TrackId>& track = {}) {
  return {path, 1234567890123, 1700000000123456789, track, track ? "" : "is not music"};
}

void expect_equal(const TrackRecord& a, const TrackRecord& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.format.sample_rate, b.format.sample_rate);
  EXPECT_EQ(a.format.channels, b.format.channels);
  EXPECT_EQ(a.format.codec, b.format.codec);
  EXPECT_EQ(a.format.container, b.format.container);
  EXPECT_EQ(a.pcm_frames, b.pcm_frames);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(a.integrated_lufs, b.integrated_lufs);
  EXPECT_EQ(a.sample_peak, b.sample_peak);
  EXPECT_EQ(a.analysis_version, b.analysis_version);
  EXPECT_EQ(a.double_of, b.double_of);
}

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

class CatalogTest : public testing::Test {
 protected:
  std::unique_ptr<Catalog> open() const { return open_sqlite_catalog(file()); }
  fs::path file() const { return folder_ / "catalog.db"; }

  TemporaryFolder folder_;
};

TEST_F(CatalogTest, KeepsTracksOverReopening) {
  TrackRecord track = track_named("a");
  TrackRecord silent = track_named("b");
  silent.integrated_lufs = -std::numeric_limits<double>::infinity();
  silent.fingerprint.clear();
  {
    const auto catalog = open();
    catalog->put_track(track);
    catalog->put_track(silent);
  }
  const auto catalog = open();
  ASSERT_TRUE(catalog->track(track.id));
  expect_equal(*catalog->track(track.id), track);
  EXPECT_EQ(catalog->track(track.id)->fingerprint, track.fingerprint);
  expect_equal(*catalog->track(silent.id), silent);
  EXPECT_FALSE(catalog->track(track_id("c")));
  ASSERT_EQ(catalog->tracks().size(), 2u);
  expect_equal(catalog->tracks()[0], track);
}

TEST_F(CatalogTest, KeepsFilesOfAnyName) {
  const auto catalog = open();
  catalog->put_track(track_named("a"));
  const std::vector<fs::path> names = {"/m/\n.mp3", "/m/a.mp3", "/m/\xC3\xBC.mp3", "/m/\xFF\x01.mp3"};
  for (const fs::path& name : names) catalog->put_file(file_named(name, track_id("a")));
  catalog->put_file(file_named("/m/0 broken.mp3"));
  const std::vector<FileRecord> files = catalog->files();
  ASSERT_EQ(files.size(), 5u);
  EXPECT_EQ(files[1].path, "/m/0 broken.mp3");
  EXPECT_EQ(files[1].error, "is not music");
  EXPECT_FALSE(files[1].track);
  EXPECT_EQ(files[0].path, names[0]);
  EXPECT_EQ(files[0].size, 1234567890123);
  EXPECT_EQ(files[0].mtime_ns, 1700000000123456789);
  EXPECT_EQ(files[0].track, track_id("a"));
  EXPECT_EQ(catalog->files_of(track_id("a")), names);
  catalog->remove_file(names[3]);
  EXPECT_EQ(catalog->files().size(), 4u);
}

TEST_F(CatalogTest, ASecondPutReplaces) {
  const auto catalog = open();
  TrackRecord track = track_named("a");
  catalog->put_track(track);
  catalog->put_file(file_named("/a.mp3"));
  track.tags.title = "other";
  track.integrated_lufs = -9;
  catalog->put_track(track);
  catalog->put_file(file_named("/a.mp3", track.id));
  expect_equal(*catalog->track(track.id), track);
  ASSERT_EQ(catalog->files().size(), 1u);
  EXPECT_EQ(catalog->files()[0].track, track.id);
  track.tags.title = "third";
  catalog->put_tags(track.id, track.tags);
  expect_equal(*catalog->track(track.id), track);
}

TEST_F(CatalogTest, GivenTagsHoldUntilTheFileSaysSomethingElse) {
  const auto catalog = open();
  TrackRecord track = track_named("a");
  catalog->put_track(track);
  Tags given;
  given.artist = "given artist";
  given.licence = "CC BY";
  catalog->give_tags(track.id, given);
  Tags both = track.tags;
  both.artist = given.artist;
  both.licence = given.licence;
  EXPECT_EQ(catalog->track(track.id)->tags, both) << "where nothing is given, the file's tags hold";
  EXPECT_EQ(catalog->tracks()[0].tags, both);
  EXPECT_EQ(catalog->tracks_of_length(Seconds(100), Seconds(1))[0].tags, both);
  track.analysis_version = 2;
  catalog->put_track(track);
  catalog->put_tags(track.id, track.tags);
  EXPECT_EQ(catalog->track(track.id)->tags, both) << "the file says what it said before";
  track.tags.album = "another";
  catalog->put_tags(track.id, track.tags);
  EXPECT_EQ(catalog->track(track.id)->tags, track.tags);
  catalog->give_tags(track.id, given);
  catalog->remove_track(track.id);
  catalog->put_track(track);
  EXPECT_EQ(catalog->track(track.id)->tags, track.tags) << "gone with the track";
}

// A catalog as the first published tables had it: what this version adds is taken away again.
TEST_F(CatalogTest, AnOlderCatalogIsBroughtUpToDate) {
  const TrackRecord track = track_named("a");
  open()->put_track(track);
  run_sql(file(),
          "DROP TABLE music; DROP VIEW described_track; DROP TRIGGER file_tags_changed; DROP TABLE "
          "given_tags; "
          "PRAGMA user_version = 1");
  const auto catalog = open();
  expect_equal(*catalog->track(track.id), track);
  Tags given;
  given.genre = "given";
  catalog->give_tags(track.id, given);
  EXPECT_EQ(catalog->tracks()[0].tags.genre, "given");
  EXPECT_TRUE(catalog->check().empty());
}

TEST_F(CatalogTest, TracksWithoutFileAreFound) {
  const auto catalog = open();
  catalog->put_track(track_named("a"));
  catalog->put_track(track_named("b"));
  catalog->put_file(file_named("/a", track_id("a")));
  EXPECT_EQ(catalog->tracks_without_file(), std::vector{track_id("b")});
  catalog->remove_track(track_id("a"));
  EXPECT_FALSE(catalog->files()[0].track) << "its file is unknown then, not lost";
}

TEST_F(CatalogTest, FindsTracksOfSimilarLength) {
  const auto catalog = open();
  for (const double seconds : {90.0, 97.5, 100.0, 102.5, 110.0}) {
    catalog->put_track(track_named(std::to_string(seconds), seconds));
  }
  std::vector<double> lengths;
  for (const TrackRecord& track : catalog->tracks_of_length(Seconds(100), Seconds(3))) {
    lengths.push_back(track.duration().count());
    EXPECT_EQ(track.fingerprint.size(), 4u);
  }
  std::sort(lengths.begin(), lengths.end());
  EXPECT_EQ(lengths, (std::vector{97.5, 100.0, 102.5}));
}

TEST_F(CatalogTest, FragmentsBelongToOneSegmentationAndOneAnalysis) {
  const auto catalog = open();
  TrackRecord track = track_named("a");
  catalog->put_track(track);
  const double silent = -std::numeric_limits<double>::infinity();
  const auto three = Segmentation::parse("3");
  const auto drawn = Segmentation::parse("1-2", 0xFFFFFFFFFFFFFFFFu);
  catalog->put_fragments(track.id, three, {{{0, 129}, -20.5}, {{129, 129}, silent}});
  catalog->put_fragments(track.id, drawn, {{{0, 50}, -20}});
  catalog->put_fragments(track.id, drawn, {{{0, 60}, -20}});
  const auto fragments = catalog->fragments(track.id, three);
  ASSERT_EQ(fragments.size(), 2u);
  EXPECT_EQ(fragments[1].span, (FragmentSpan{129, 129}));
  EXPECT_EQ(fragments[0].loudness_lufs, -20.5);
  EXPECT_EQ(fragments[1].loudness_lufs, silent);
  ASSERT_EQ(catalog->fragments(track.id, drawn).size(), 1u);
  EXPECT_EQ(catalog->fragments(track.id, drawn)[0].span.length, 60);
  EXPECT_TRUE(catalog->fragments(track.id, Segmentation::parse("1-2", 1)).empty());
  catalog->put_track(track);
  EXPECT_EQ(catalog->fragments(track.id, three).size(), 2u) << "the same analysis";
  track.analysis_version = 2;
  catalog->put_track(track);
  EXPECT_TRUE(catalog->fragments(track.id, three).empty()) << "another analysis";
}

TEST_F(CatalogTest, DoublesFollowTheirLeaderAndInheritItsPlace) {
  const auto catalog = open();
  for (const char* name : {"a", "b", "c"}) {
    catalog->put_track(track_named(name));
    catalog->put_file(file_named(std::string("/") + name, track_id(name)));
  }
  const auto leader = [&](const char* name) { return catalog->track(track_id(name))->double_of; };
  catalog->put_leader(track_id("b"), track_id("c"));
  EXPECT_EQ(leader("c"), track_id("b"));
  EXPECT_FALSE(leader("b"));
  catalog->put_leader(track_id("a"), track_id("b"));
  EXPECT_EQ(leader("b"), track_id("a"));
  EXPECT_EQ(leader("c"), track_id("a")) << "no chains";
  catalog->remove_track(track_id("a"));
  EXPECT_FALSE(leader("b"));
  EXPECT_EQ(leader("c"), track_id("b"));
}

TEST_F(CatalogTest, ChangesTogetherHappenAllOrNot) {
  const auto catalog = open();
  EXPECT_THROW(catalog->together([&] {
    catalog->put_track(track_named("a"));
    catalog->put_file(file_named("/a", track_id("a")));
    throw std::runtime_error("stop");
  }),
               std::runtime_error);
  EXPECT_TRUE(catalog->tracks().empty());
  EXPECT_TRUE(catalog->files().empty());
  catalog->together([&] { catalog->put_track(track_named("a")); });
  EXPECT_EQ(catalog->tracks().size(), 1u);
}

TEST_F(CatalogTest, ASoundOneHasNoProblems) {
  const auto catalog = open();
  catalog->put_track(track_named("a"));
  EXPECT_TRUE(catalog->check().empty());
}

TEST_F(CatalogTest, ManyThreadsShareOne) {
  const auto catalog = open();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&catalog, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string name = std::to_string(t * 1000 + i);
          catalog->together([&] {
            catalog->put_track(track_named(name));
            catalog->put_file(file_named("/" + name, track_id(name)));
          });
          catalog->tracks();
        }
      });
    }
  }
  EXPECT_EQ(catalog->tracks().size(), 200u);
  EXPECT_TRUE(catalog->tracks_without_file().empty());
}

TEST_F(CatalogTest, ManyProcessesMayMakeAndFillTheSame) {
  constexpr int processes = 4;
  constexpr int each = 40;
  test::in_processes(processes, [&](int p) {
    const auto catalog = open();
    for (int i = 0; i < each; ++i) {
      // Half of the tracks are everybody's.
      const std::string name = std::to_string(i % 2 == 0 ? i : p * 1000 + i);
      catalog->put_track(track_named(name));
      catalog->put_file(file_named("/" + name, track_id(name)));
    }
  });
  const auto catalog = open();
  EXPECT_EQ(catalog->tracks().size(), static_cast<std::size_t>(each / 2 + processes * each / 2));
  EXPECT_TRUE(catalog->check().empty());
}

// Bytes of a catalog with some hundred tracks, closed.
std::string filled(const fs::path& file) {
  {
    const auto catalog = open_sqlite_catalog(file);
    catalog->together([&] {
      for (int i = 0; i < 300; ++i) {
        const std::string name = "track " + std::to_string(i);
        catalog->put_track(track_named(name));
        catalog->put_file(file_named("/music/" + name, track_id(name)));
      }
    });
  }
  return test::read_bytes(file);
}

void expect_damage_is_told(const fs::path& file, const std::string& damaged) {
  test::write_bytes(file, damaged);
  const Error error = test::refusal([&] {
    const auto catalog = open_sqlite_catalog(file);
    catalog->tracks();
    catalog->files();
  });
  EXPECT_EQ(error.kind(), ErrorKind::library) << error.what();
  EXPECT_EQ(error.file(), file);
  EXPECT_NE(error.remedy().find("segue library verify"), std::string::npos);
  EXPECT_NE(error.remedy().find("move it away"), std::string::npos);
  EXPECT_EQ(test::read_bytes(file), damaged) << "a damaged file must be left as it is";
}

TEST_F(CatalogTest, DamageIsToldAndLeftAlone) {
  const std::string sound = filled(file());
  segue::Random random(1);
  std::string noise(sound.size(), ' ');
  for (char& c : noise) c = static_cast<char>(random.next());
  expect_damage_is_told(file(), noise);
  expect_damage_is_told(file(), "SQLite format 3");
  expect_damage_is_told(file(), sound.substr(0, sound.size() / 2));
  expect_damage_is_told(file(), sound.substr(0, 5000));
  // Every page but the first.
  std::string pages = sound;
  std::copy(noise.begin() + 4096, noise.end(), pages.begin() + 4096);
  expect_damage_is_told(file(), pages);
}

TEST_F(CatalogTest, CheckFindsDamageInsideAPage) {
  std::string bytes = filled(file());
  // The root pages stay sound; the last one holds rows.
  std::fill(bytes.end() - 4096, bytes.end(), '\x55');
  test::write_bytes(file(), bytes);
  EXPECT_FALSE(open()->check().empty());
}

TEST_F(CatalogTest, ANewerCatalogIsRefusedAndLeftAlone) {
  filled(file());
  run_sql(file(), "PRAGMA user_version = 1000; DROP TABLE fragment");
  const std::string before = test::read_bytes(file());
  const Error error = test::refusal([&] { open(); });
  EXPECT_EQ(error.kind(), ErrorKind::library);
  EXPECT_NE(std::string(error.what()).find("newer segue"), std::string::npos);
  EXPECT_EQ(test::read_bytes(file()), before);
}

TEST_F(CatalogTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  run_sql(file(), "CREATE TABLE bookmarks (url TEXT)");
  const std::string before = test::read_bytes(file());
  EXPECT_EQ(test::refusal([&] { open(); }).kind(), ErrorKind::library);
  EXPECT_EQ(test::read_bytes(file()), before);
}

TEST_F(CatalogTest, AFolderThatIsMissingIsTold) {
  EXPECT_EQ(test::refusal([&] { open_sqlite_catalog(folder_ / "none" / "catalog.db"); }).kind(),
            ErrorKind::output);
  EXPECT_EQ(test::refusal([&] { open_sqlite_catalog(folder_.path()); }).kind(), ErrorKind::output);
}

TEST_F(CatalogTest, AFullDiskIsToldAndLosesNothingThatWasThere) {
  const fs::path disk = folder_ / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "mount is not permitted";
  {
    const auto catalog = open_sqlite_catalog(disk / "catalog.db");
    std::size_t kept = 0;
    const Error error = test::refusal([&] {
      for (int i = 0; i < 100000; ++i, ++kept) catalog->put_track(track_named(std::to_string(i)));
    });
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_NE(error.remedy().find("free some space"), std::string::npos) << error.what();
    EXPECT_EQ(catalog->tracks().size(), kept);
  }
  ::umount(disk.c_str());
}

}  // namespace
}  // namespace segue
