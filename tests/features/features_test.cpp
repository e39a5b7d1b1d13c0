#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "features/feature_file.hpp"
#include "features/fragment_set.hpp"
#include "features/manifest.hpp"
#include "features/split.hpp"
#include "support/feature_files.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using test::TemporaryFolder;
using test::write_features;

TEST(Geometry, AThreeSecondFragmentHas129HopsAnd126VisibleFrames) {
  EXPECT_EQ(to_hops(Seconds(3)), 129);
  EXPECT_EQ(visible_frames({129, 129}).begin, 129);
  EXPECT_EQ(visible_frames({129, 129}).size(), 126);
  EXPECT_EQ(visible_frames({129, 129}, kGuard116Frames).size(), 116);
  EXPECT_EQ(visible_frames({0, 3}).size(), 0);
}

TEST(FeatureFile, GivesBackItsFramesInHalfPrecision) {
  const TemporaryFolder folder;
  const TrackId id = test::track_id("a");
  const auto file = write_features(
      folder.path(), id, 40, [](Hop frame, int band) { return -7.0f + frame * 0.1f + band * 0.01f; });
  EXPECT_EQ(file.filename(), id.hex() + ".safetensors");
  const auto features = FeatureFile::open(file);
  EXPECT_EQ(features->hops(), 40);
  EXPECT_EQ(features->frames(), 37);
  EXPECT_EQ(features->track(), id);
  std::vector<float> row(80);
  features->read_log_mel({20, 21}, row);
  for (int band = 0; band < 80; ++band) EXPECT_NEAR(row[band], -7.0f + 2.0f + band * 0.01f, 4e-3);
  EXPECT_THROW(features->read_log_mel({37, 38}, row), Error);
}

TEST(FeatureFile, DamageIsRefused) {
  const TemporaryFolder folder;
  const auto file = write_features(folder.path(), test::track_id("a"), 40);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);
  EXPECT_THROW(FeatureFile::open(file), Error);
  EXPECT_THROW(FeatureFile::open(folder / "none"), Error);
}

TEST(FragmentSet, SeesNothingOfItsNeighbours) {
  // The same fragment amid different neighbours must read bit for bit the same.
  const TemporaryFolder folder;
  const auto plain = [](Hop frame, int band) { return std::sin(frame * 0.3f + band); };
  const auto changed = [&](Hop frame, int band) {
    return frame < 20 || frame >= 37 ? 5.0f : plain(frame, band);
  };
  FragmentSet set;
  const FragmentSpan span{20, 20};  // frames 20 … 36 lie wholly inside
  for (const auto& file : {write_features(folder.path(), test::track_id("a"), 100, plain),
                           write_features(folder.path(), test::track_id("b"), 100, changed)}) {
    set.add(set.add_track(FeatureFile::open(file)), span);
  }
  EXPECT_EQ(set.log_mel(0).frames, 17);
  EXPECT_EQ(set.log_mel(0).values, set.log_mel(1).values);
  EXPECT_EQ(set.log_mel(0, 5).frames, 7);
}

TEST(FragmentSet, AFragmentReadsTheSameWhateverItsNumber) {
  const TemporaryFolder folder;
  std::vector<std::shared_ptr<const FeatureFile>> files;
  for (const int i : {0, 1, 2}) {
    const auto value = [i](Hop frame, int band) { return std::sin(frame * 0.3f + band + i); };
    const TrackId id = test::track_id(std::to_string(i));
    files.push_back(FeatureFile::open(write_features(folder.path(), id, 100, value)));
  }
  using Name = std::pair<std::size_t, Hop>;  // file and start
  std::vector<Name> names;
  for (std::size_t file = 0; file < files.size(); ++file)
    for (Hop start = 0; start < 100; start += 20) names.emplace_back(file, start);
  const auto read = [&](const std::vector<std::size_t>& order, Hop guard) {
    FragmentSet set;
    std::map<std::size_t, std::size_t> track;
    std::map<Name, std::vector<float>> values;
    for (const std::size_t i : order) {
      const auto [file, start] = names[i];
      if (!track.contains(file)) track[file] = set.add_track(files[file]);
      const std::size_t number = set.add(track[file], {start, 20});
      values[names[i]] = set.log_mel(number, guard).values;
    }
    return values;
  };
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto in_order = read(order, 0), guarded = read(order, kGuard116Frames);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Random(seed).shuffle(std::span(order));
    EXPECT_EQ(read(order, 0), in_order);
    EXPECT_EQ(read(order, kGuard116Frames), guarded);
  }
}

TEST(FragmentSet, RefusesWhatReachesOutside) {
  const TemporaryFolder folder;
  FragmentSet set;
  const auto track =
      set.add_track(FeatureFile::open(write_features(folder.path(), test::track_id("a"), 50)));
  EXPECT_THROW(set.add(track, {-1, 10}), Error);
  EXPECT_THROW(set.add(track, {45, 10}), Error);
  EXPECT_THROW(set.add(track, {10, 3}), Error);
  EXPECT_NO_THROW(set.add(track, {40, 10}));
}

TEST(Song, VariantsShareTheirSong) {
  EXPECT_EQ(song_of("battle-epic"), song_of("battle"));
  EXPECT_EQ(song_of("jumping_to_the_stars_remake_fast"), song_of("jumping_to_the_stars_remake"));
  EXPECT_EQ(song_of("farm_f"), song_of("farm"));
  EXPECT_EQ(song_of("Song (Live at Home)"), song_of("song"));
  EXPECT_EQ(song_of("frantic-old"), song_of("frantic"));
  EXPECT_NE(song_of("Track 01"), song_of("Track 02"));
  EXPECT_NE(song_of("Recording (1)"), song_of("Recording (2)"));
  EXPECT_EQ(song_of("Recording (2) [live]"), song_of("Recording (2)"));
  EXPECT_NE(song_of("northern_mountains"), song_of("northerners"));
  EXPECT_EQ(song_of("Live"), "live");
  EXPECT_FALSE(song_of("(remix)").empty());
}

TEST(Split, NamesSidesWithAndWithoutPrefix) {
  const Split split = Split::read(std::filesystem::path(SEGUE_SOURCE_DIR) / "tests" / "split.json");
  EXPECT_EQ(split.side_of("knolls"), Side::test);
  EXPECT_EQ(split.side_of("w_knolls"), Side::test);
  EXPECT_EQ(split.side_of("frantic"), Side::validation);
  EXPECT_EQ(split.side_of("Lava"), Side::train);
  EXPECT_FALSE(split.side_of("unheard of"));
  const TrackId any{};
  EXPECT_TRUE(split.in_fold(kCriticFold, any, "Lava"));
  EXPECT_FALSE(split.in_fold(kDetectorFold, any, "Lava"));
}

TEST(Split, AFoldNamesTracksAsASideDoesAndNoneTwice) {
  Split split;
  const TrackId track = *TrackId::from_hex("00112233445566778899aabbccddeeff");
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& json) {
    test::write_bytes(folder / "split.json", json);
    split = Split::read(folder / "split.json");
  };
  read(R"({"critic": ["00112233445566778899aabbccddeeff", "w_x"], "detector": ["k_x", "y"]})");
  EXPECT_TRUE(split.in_fold(kCriticFold, track, "any name"));
  EXPECT_FALSE(split.in_fold(kDetectorFold, track, "y")) << "the id says more";
  EXPECT_TRUE(split.in_fold(kDetectorFold, TrackId{}, "k_x"));
  EXPECT_FALSE(split.in_fold(kDetectorFold, TrackId{}, "w_x"));
  for (const char* fold : {kCriticFold, kDetectorFold}) {
    const std::string sentence =
        test::refusal([&] { split.in_fold(fold, TrackId{}, "x"); }, ErrorKind::input);
    EXPECT_NE(sentence.find("both 'critic' and 'detector'"), std::string::npos) << sentence;
  }
}

// The folds that docs/learning.md reports by.
TEST(Split, NoSongStandsInTwoFoldsOfTheBundledOne) {
  std::ifstream in(std::filesystem::path(SEGUE_SOURCE_DIR) / "tests" / "split.json");
  const auto json = nlohmann::json::parse(in);
  const auto songs = [&](const std::string& fold) {
    std::set<std::string> found;  // by collection: equal names in two are different songs
    for (const std::string name : json.at(fold))
      found.insert(name.substr(0, 2) + song_of(name.substr(2)));
    return found;
  };
  const auto shared = [&](const std::string& one, const std::string& other) {
    std::vector<std::string> both;
    std::ranges::set_intersection(songs(one), songs(other), std::back_inserter(both));
    return both;
  };
  using None = std::vector<std::string>;
  EXPECT_EQ(shared("train", "val"), None());
  EXPECT_EQ(shared("train", "test"), None());
  EXPECT_EQ(shared("val", "test"), None());
  EXPECT_EQ(shared("critic", "detector"), None());

  std::multiset<std::string> halves, train, all;
  for (const std::string name : json.at("train")) train.insert(name);
  for (const char* fold : {"critic", "detector"})
    for (const std::string name : json.at(fold)) halves.insert(name);
  EXPECT_EQ(halves, train) << "critic and detector share out the train side";
  EXPECT_EQ(json.at("critic").size(), json.at("detector").size());
  for (const char* fold : {"train", "val", "test"})
    for (const std::string name : json.at(fold)) all.insert(name);
  EXPECT_EQ(all.size(), std::set<std::string>(all.begin(), all.end()).size()) << "a name stands twice";
}

TEST(Split, AnExactNameGoesBeforeOneWithAPrefixAndTwoSidesAreRefused) {
  const TemporaryFolder folder;
  test::write_bytes(folder / "a.json", R"({"train": ["x_intro", "both"], "test": ["intro", "both"]})");
  const Split split = Split::read(folder / "a.json");
  EXPECT_EQ(split.side_of("intro"), Side::test);
  EXPECT_EQ(split.side_of("x_intro"), Side::train);
  const std::string sentence = test::refusal([&] { split.side_of("both"); }, ErrorKind::input);
  EXPECT_NE(sentence.find("both"), std::string::npos);
}

TEST(Split, OfAManifestTellsTracksOfOneNameApart) {
  const auto track = [](const char* id, const char* name, Side side) {
    ManifestTrack made;
    made.id = test::track_id(id);
    made.name = name;
    made.side = side;
    return made;
  };
  Manifest manifest;
  manifest.tracks = {track("a", "one", Side::train), track("b", "intro", Side::train),
                     track("c", "intro", Side::test), track("d", "caf\uFFFD", Side::validation)};
  const TemporaryFolder folder;
  Split::of(manifest).write(folder / "split.json", "made up");
  const Split split = Split::read(folder / "split.json");
  EXPECT_EQ(split.side_of("one"), Side::train);
  for (const ManifestTrack& made : manifest.tracks)
    EXPECT_EQ(split.side_of(made.id, made.name), made.side) << made.name;
  EXPECT_EQ(split.side_of(test::track_id("d"), "caf\xE9"), Side::validation);
  EXPECT_FALSE(split.side_of(test::track_id("e"), "intro"));
}

TEST(Split, WhatIsNoSplitIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(Split::read(folder.path()), Error);
  EXPECT_THROW(Split::read(folder / "none.json"), Error);
  for (const char* text : {"", "{", "[]", R"({"train": 3})"}) {
    test::write_bytes(folder / "bad.json", text);
    EXPECT_THROW(Split::read(folder / "bad.json"), Error) << text;
  }
}

TEST(Split, DealsEverySongOnceToOneSide) {
  std::vector<std::string> songs;
  for (int i = 0; i < 40; ++i) songs.push_back("song " + std::to_string(i));
  const Split split = Split::draw(songs, 0.2, 0.1, 7);
  int counts[3] = {};
  for (const auto& song : songs) ++counts[static_cast<int>(split.side_of(song).value())];
  EXPECT_EQ(counts[static_cast<int>(Side::validation)], 8);
  EXPECT_EQ(counts[static_cast<int>(Side::test)], 4);
  EXPECT_EQ(Split::draw({"only"}, 0.5, 0.4, 1).side_of("only"), Side::train);
  const Split two = Split::draw({"a", "b"}, 0.1, 0.0, 1);
  EXPECT_NE(two.side_of("a"), two.side_of("b"));
}

class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest() {
    manifest.segmentation = "3";
    manifest.tracks = {
        {test::track_id("a"),
         "a, \"b\"",
         "song#0",
         "rock",
         Side::train,
         folder / "a.st",
         {{0, 129}, {129, 129}},
         "CC0"},
        {test::track_id("b"), "b", "song#0", "rock", Side::train, folder / "b\xFF.st", {{0, 129}}, ""},
        {test::track_id("c"),
         "c",
         "other",
         "jazz",
         Side::validation,
         folder / "c.st",
         {{0, 50}, {50, 60}},
         ""}};
  }
  void replace_line(const char* file, std::size_t number, const std::string& with) {
    std::ifstream in(folder / file);
    std::string text;
    std::string line;
    for (std::size_t i = 0; std::getline(in, line); ++i) text += (i == number ? with : line) + "\n";
    in.close();
    test::write_bytes(folder / file, text);
  }
  std::string refusal() {
    return test::refusal([&] { Manifest::read(folder.path()); }).what();
  }
  TemporaryFolder folder;
  Manifest manifest;
};

TEST_F(ManifestTest, IsReadAsItWasWritten) {
  manifest.write(folder.path());
  const Manifest read = Manifest::read(folder.path());
  ASSERT_EQ(read.tracks.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read.tracks[i].id, manifest.tracks[i].id);
    EXPECT_EQ(read.tracks[i].name, manifest.tracks[i].name);
    EXPECT_EQ(read.tracks[i].song, manifest.tracks[i].song);
    EXPECT_EQ(read.tracks[i].side, manifest.tracks[i].side);
    EXPECT_EQ(read.tracks[i].features, manifest.tracks[i].features);
    EXPECT_EQ(read.tracks[i].fragments, manifest.tracks[i].fragments);
    EXPECT_EQ(read.tracks[i].licence, manifest.tracks[i].licence);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "test.csv"));
}

TEST_F(ManifestTest, HoldsTheReportsLabelsAndSongIds) {
  manifest.write(folder.path());
  std::ifstream in(folder / "train.csv");
  std::string header;
  std::getline(in, header);
  EXPECT_EQ(header, "fragment,track,start,length,position,song_id,label");
  std::vector<std::string> ends;
  for (std::string line; std::getline(in, line);) ends.push_back(line.substr(line.find(',', 66)));
  ASSERT_EQ(ends.size(), 3u);
  const std::string a = manifest.tracks[0].id.hex();
  EXPECT_NE(test::read_bytes(folder / "train.csv").find(a + ":1," + a + ",129,129,1,0,2\n"),
            std::string::npos);
}

TEST_F(ManifestTest, GapsDoublesAndSongsOnTwoSidesAreRefused) {
  const std::string a = manifest.tracks[0].id.hex();
  manifest.write(folder.path());
  replace_line("train.csv", 2, a + ":1," + a + ",200,129,1,0,2");
  EXPECT_NE(refusal().find("leaves a gap"), std::string::npos) << refusal();
  Manifest twice = manifest;
  twice.tracks.push_back(twice.tracks[0]);
  twice.write(folder.path());
  EXPECT_NE(refusal().find("twice"), std::string::npos) << refusal();
  Manifest leaking = manifest;
  leaking.tracks[2].song = leaking.tracks[0].song;
  ASSERT_NE(leaking.tracks[2].side, leaking.tracks[0].side);
  leaking.write(folder.path());
  EXPECT_NE(refusal().find("one song on two sides"), std::string::npos) << refusal();
}

TEST_F(ManifestTest, FindsFeatureFilesThatMovedWithIt) {
  manifest.write(folder.path());
  std::filesystem::create_directory(folder / "features");
  for (const ManifestTrack& track : manifest.tracks) {
    test::write_bytes(folder / "features" / track.features.filename(), "");
    std::filesystem::remove(track.features);
  }
  EXPECT_EQ(Manifest::read(folder.path()).tracks[0].features,
            folder / "features" / manifest.tracks[0].features.filename());
}

TEST_F(ManifestTest, SaysWhichLineIsWrong) {
  manifest.write(folder.path());
  replace_line("train.csv", 2, "x,y,z");
  EXPECT_NE(refusal().find("train.csv: line 3 has another number of fields"), std::string::npos)
      << refusal();
  manifest.write(folder.path());
  replace_line("val.csv", 0, "fragment,track,start");
  EXPECT_NE(refusal().find("lacks a column"), std::string::npos);
  manifest.write(folder.path());
  const std::string c = manifest.tracks[2].id.hex();
  replace_line("val.csv", 2, "c:1," + c + ",-5,50,1,1,2");
  EXPECT_NE(refusal().find("line 3 has '-5'"), std::string::npos);
  std::filesystem::remove(folder / "train.csv");
  EXPECT_NE(refusal().find("train.csv"), std::string::npos);
}

}  // namespace
}  // namespace segue
