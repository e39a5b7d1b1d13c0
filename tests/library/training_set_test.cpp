#include "library/training_set.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/log.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

class TrainingSetTest : public testing::Test {
 protected:
  TrainingSetTest() { set_verbosity(Verbosity::quiet); }

  // `songs` songs, of which each third has a variant by name, each fourth one by tags.
  void add_songs(int songs) {
    for (int i = 0; i < songs; ++i) {
      const std::string name = "piece " + std::to_string(i) + " of all";
      add(name, name);
      if (i % 3 == 0) add(name + "_fast", name);
      if (i % 4 == 0) tag(add("other name " + std::to_string(i), name), "Title (Live)");
      if (i % 4 == 0) tag(found(name), "title");
    }
  }
  LibraryTrack& add(const std::string& name, const std::string& song) {
    LibraryTrack& track = made_.add(name, 12);
    song_[track.record.id] = song;
    track.record.tags.artist = song;  // each song is somebody else's
    return track;
  }
  static void tag(LibraryTrack& track, const std::string& title) { track.record.tags.title = title; }
  LibraryTrack& found(const std::string& name) {
    for (LibraryTrack& track : made_.tracks())
      if (track.file.stem() == name) return track;
    throw std::logic_error("no such track");
  }
  Manifest build(const TrainingSetConfig& config) {
    return make_manifest(made_.library(), made_.tracks(), config);
  }
  std::filesystem::path split(const std::string& json) {
    test::write_bytes(folder_ / "split.json", json);
    return folder_ / "split.json";
  }

  test::TemporaryFolder folder_;
  test::MixLibrary made_;
  std::map<TrackId, std::string> song_;
};

TEST_F(TrainingSetTest, NoSongAndNoTrackStandsOnTwoSides) {
  add_songs(24);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TrainingSetConfig config;
    config.validation_share = config.test_share = 0.25;
    config.seed = seed;
    const Manifest manifest = build(config);
    EXPECT_EQ(manifest.tracks.size(), made_.tracks().size());
    std::map<std::string, std::set<Side>> sides;
    for (const ManifestTrack& track : manifest.tracks) sides[song_.at(track.id)].insert(track.side);
    for (const auto& [song, on] : sides) EXPECT_EQ(on.size(), 1u) << song << ", seed " << seed;
    // What the sides are read as: each track's fragments on its own side alone.
    std::set<TrackId> seen;
    std::size_t fragments = 0;
    for (const Side side : {Side::train, Side::validation, Side::test}) {
      const FragmentSet set = manifest.fragments(side);
      EXPECT_GT(set.size(), 0u);
      fragments += set.size();
      for (std::size_t i = 0; i < set.track_count(); ++i)
        EXPECT_TRUE(seen.insert(set.features_of(i).track()).second) << "a track on two sides";
    }
    EXPECT_EQ(fragments, 4 * manifest.tracks.size()) << "12 s in fragments of 3 s";
  }
}

TEST_F(TrainingSetTest, ASplitFileIsKeptToAndWhatItDoesNotNameIsLeftOut) {
  for (const char* name : {"one", "two", "three", "four"}) add(name, name);
  TrainingSetConfig config;
  config.split = split(R"({"train": ["one"], "val": ["x_two"], "test": ["three"]})");
  const Manifest manifest = build(config);
  ASSERT_EQ(manifest.tracks.size(), 3u);
  const std::map<std::string, Side> expected = {
      {"one", Side::train}, {"two", Side::validation}, {"three", Side::test}};
  for (const ManifestTrack& track : manifest.tracks)
    EXPECT_EQ(track.side, expected.at(track.name)) << track.name;
  EXPECT_EQ(manifest.fragments(Side::train).features_of(0).track(), test::track_id("one"));
  EXPECT_EQ(manifest.fragments(Side::train).track_count(), 1u);
}

TEST_F(TrainingSetTest, ASplitFileThatPartsVariantsIsRefused) {
  add("song", "song");
  add("song_fast", "song");
  add("another", "another");
  for (const char* sides : {R"({"train": ["song", "another"], "val": ["song_fast"]})",
                            R"({"train": ["song_fast", "another"], "test": ["song"]})",
                            R"({"train": ["another"], "val": ["song"], "test": ["song_fast"]})"}) {
    TrainingSetConfig config;
    config.split = split(sides);
    const std::string sentence = test::refusal([&] { build(config); }, ErrorKind::input);
    EXPECT_NE(sentence.find("one song on two sides"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("song_fast"), std::string::npos) << sentence;
  }
  TrainingSetConfig config;
  config.split = split(R"({"train": ["song", "song_fast"], "val": ["another"]})");
  EXPECT_EQ(build(config).tracks.size(), 3u);
}

// Even if it is among the rest of the music.
TEST_F(TrainingSetTest, WhatOnlyTeachesNeverStopsOrMeasures) {
  for (const char* name : {"one", "two", "three", "four", "five", "six"}) add(name, name);
  std::vector<LibraryTrack> also(made_.tracks().begin(), made_.tracks().begin() + 3);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    TrainingSetConfig config;
    config.validation_share = config.test_share = 0.34;
    config.seed = seed;
    const Manifest manifest = make_manifest(made_.library(), made_.tracks(), config, also);
    EXPECT_EQ(manifest.tracks.size(), 6u);
    for (const ManifestTrack& track : manifest.tracks) {
      const bool teaches = track.name == "one" || track.name == "two" || track.name == "three";
      if (teaches) {
        EXPECT_EQ(track.side, Side::train) << track.name;
      }
    }
    EXPECT_GE(manifest.count(Side::validation), 1u);
  }
}

TEST_F(TrainingSetTest, AVariantOfWhatStopsOrMeasuresMayNotTeach) {
  for (const char* name : {"song", "another", "third"}) add(name, name);
  const std::vector<LibraryTrack> also = {add("song_fast", "song")};
  TrainingSetConfig config;
  config.split = split(R"({"train": ["another"], "val": ["song"], "test": ["third"]})");
  const std::string sentence = test::refusal(
      [&] { make_manifest(made_.library(), made_.tracks(), config, also); }, ErrorKind::input);
  EXPECT_NE(sentence.find("--also"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("leave it out"), std::string::npos) << sentence;
}

}  // namespace
}  // namespace segue
