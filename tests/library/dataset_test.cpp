#include "library/dataset.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "library/dataset_split.hpp"
#include "support/feature_files.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Files that only have to be there: nothing here decodes them.
class DatasetTest : public testing::Test {
 protected:
  fs::path put(const std::string& name, const std::string& bytes = "x") const {
    const fs::path file = folder() / name;
    fs::create_directories(file.parent_path());
    test::write_bytes(file, bytes);
    return file;
  }
  fs::path folder() const { return fs::canonical(folder_.path()); }
  Dataset read(const std::string& columns = {}, const fs::path& table = "table.csv") const {
    DatasetMapping mapping;
    if (!columns.empty()) change_columns(mapping, columns);
    return read_dataset(folder(), mapping, folder() / table);
  }
  std::string refused(const std::string& columns = {}) const {
    return test::refusal([&] { read(columns); }, ErrorKind::input);
  }

  test::TemporaryFolder folder_;
};

// Expects `part` in `text`.
void says(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(DatasetTest, ColumnsCalledAsWhatTheyFillNeedNoMapping) {
  put("a.ogg");
  put("sub/b.ogg");
  put("table.csv",
      "path,artist,license,split,year,mood\nsub/b.ogg,Bea,CC0,Validation,1999,calm\n"
      "gone.ogg,,,,,\na.ogg,\"A, B\",,,,\nsub/b.ogg,again,,,,\n");
  const Dataset set = read();
  EXPECT_EQ(set.rows, 4u);
  EXPECT_EQ(set.missing, Names{"gone.ogg"});
  ASSERT_EQ(set.files.size(), 2u) << "each file once";
  EXPECT_EQ(set.files[0].file, folder() / "sub/b.ogg");
  EXPECT_EQ(set.files[0].tags, (Tags{"", "Bea", "", "", "", "calm", "1999", "CC0"}));
  EXPECT_EQ(set.files[0].side, Side::validation);
  EXPECT_EQ(set.files[1].tags.artist, "A, B");
  EXPECT_TRUE(set.has_split());
}

TEST_F(DatasetTest, ColumnsAreMappedByNameOrTemplate) {
  put("012/012345.ogg");
  put("table.csv", "id,\"who, really\",when,label,alias\n12345,Anna,2004-12-16,x: genre=folk,\n");
  const Dataset set = read(
      "path={id:06.3}/{id:06}.ogg,\"artist=who, really\",year={when:.4},"
      "genre={label>genre=},title={alias|label<:} of {id}");
  ASSERT_EQ(set.files.size(), 1u);
  EXPECT_EQ(set.files[0].tags, (Tags{"x of 12345", "Anna", "", "", "folk", "", "2004", ""}));
}

TEST_F(DatasetTest, SaysWhatIsWrongWithATable) {
  put("a.ogg");
  says(test::refusal([&] { read(); }, ErrorKind::input), "table.csv");
  put("table.csv", "");
  says(refused(), "is empty");
  put("table.csv", "path,artist\n");
  says(refused(), "holds no rows");
  put("table.csv", "file,artist\na.ogg,A\n");
  says(refused(), "has no column 'path'; it has file, artist");
  says(refused("path=file,genre=style"), "has no column 'style'; it has file, artist");
  says(refused("path={file},genre={artist|style}"), "has no column 'style'");
  put("table.csv", "path,artist\na.ogg,A\nb.ogg\n");
  says(refused(), "line 3 has 1 fields where the header names 2");
  put("table.csv", "path,artist\na.ogg,A\n,B\n");
  says(refused(), "line 3 names no file");
  put("table.csv", "path,split\na.ogg,sometimes\n");
  says(refused(), "line 2 names a side other than");
  put("table.csv", "path,artist\nb.ogg,A\nc.ogg,B\n");
  says(refused(), "holds none of the 2 files");
  says(refused(), "not even b.ogg");
  says(test::refusal([&] { read_dataset(folder() / "none", known_dataset("fma")); }, ErrorKind::input),
       "is no folder");
  says(test::refusal([&] { read_dataset(folder(), known_dataset("fma")); }, ErrorKind::input),
       "fma_metadata/tracks.csv");
}

TEST_F(DatasetTest, SaysWhatIsWrongWithAMapping) {
  const auto wrong = [](const std::string& columns) {
    DatasetMapping mapping;
    return test::refusal([&] { change_columns(mapping, columns); }, ErrorKind::usage);
  };
  says(wrong("colour=red"), "'colour=red' maps no column");
  says(wrong("path"), "maps no column");
  says(wrong("path={id"), "leaves a brace open");
  says(wrong("path=id}"), "closes a brace too many");
  says(wrong("path={}"), "names no column");
  says(wrong("path={id:6}"), "has a width that is none");
  says(wrong("path={id:099}"), "has a width that is none");
  says(test::refusal([] { known_dataset("mnist"); }, ErrorKind::usage), "fma, gtzan, mtg-jamendo");
}

TEST_F(DatasetTest, ReadsFmaAsPublished) {
  put("fma_small/000/000002.mp3");
  put("fma_small/012/012345.mp3");
  put("fma_metadata/tracks.csv",
      ",album,album,artist,artist,set,set,track,track,track,track\n"
      ",date_released,title,bio,name,split,subset,date_recorded,genre_top,license,title\n"
      "track_id,,,,,,,,,,\n"
      "2,2009-01-05 "
      "00:00:00,AWOL,\"<p>Two\n\n\"\"lines\"\"</p>\",AWOL,training,small,2008-11-26,Hip-Hop,"
      "Attribution-NonCommercial-ShareAlike 3.0 International,Food\n"
      "3,,,,,training,medium,,,,\n"
      "12345,,,,Beth,test,small,2010-02-01 00:00:00,,,Song\n");
  const Dataset set = read_dataset(folder(), known_dataset("fma"));
  EXPECT_EQ(set.table, folder() / "fma_metadata/tracks.csv");
  EXPECT_EQ(set.missing, Names{"000/000003.mp3"});
  ASSERT_EQ(set.files.size(), 2u);
  EXPECT_EQ(set.files[0].tags, (Tags{"Food", "AWOL", "", "AWOL", "Hip-Hop", "", "2009",
                                     "Attribution-NonCommercial-ShareAlike 3.0 International"}));
  EXPECT_EQ(set.files[0].side, Side::train);
  EXPECT_EQ(set.files[1].file, folder() / "fma_small/012/012345.mp3");
  EXPECT_EQ(set.files[1].tags.year, "2010");
  EXPECT_EQ(set.files[1].side, Side::test);
  EXPECT_EQ(read_dataset(folder() / "fma_small", known_dataset("fma")).files.size(), 2u)
      << "the metadata may lie beside the audio";
}

TEST_F(DatasetTest, ReadsGtzanAsPublished) {
  put("genres/blues/blues.00000.wav");
  put("genres/blues/blues.00029.wav");
  put("genres/jazz/jazz.00054.au");
  const Dataset alone = read_dataset(folder(), known_dataset("gtzan"));
  ASSERT_EQ(alone.files.size(), 3u);
  EXPECT_EQ(alone.files[0].tags, (Tags{"", "", "", "", "blues", "", "", ""}));
  EXPECT_EQ(alone.absent_tables.size(), 4u);
  EXPECT_FALSE(alone.has_split());
  put("GTZANindex.txt",
      "blues.00000.wav ::: John Lee Hooker ::: One Bourbon\n\njazz.00054.wav ::: M\xFCller\n");
  put("train_filtered.txt", "blues/blues.00029.wav\nblues/blues.00030.wav\n");
  put("test_filtered.txt", "jazz/jazz.00054.wav\r\n");
  const Dataset set = read_dataset(folder(), known_dataset("gtzan"));
  EXPECT_EQ(set.files[0].tags.artist, "John Lee Hooker");
  EXPECT_EQ(set.files[0].tags.title, "One Bourbon");
  EXPECT_FALSE(set.files[0].side);
  EXPECT_EQ(set.files[1].side, Side::train);
  EXPECT_EQ(set.files[2].side, Side::test);
  EXPECT_EQ(set.files[2].tags.genre, "jazz");
  EXPECT_EQ(set.files[2].tags.artist, "M\xC3\xBCller");
  EXPECT_EQ(set.absent_tables, Names{"valid_filtered.txt"});
}

TEST_F(DatasetTest, ReadsMtgJamendoAsPublished) {
  put("14/214.mp3");
  put("41/241.low.mp3");
  put("82/382.mp3");
  const std::string header = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n";
  const std::string first = "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6";
  const std::string second =
      "track_0000241\tartist_000005\talbum_000033\t41/241.mp3\t340.1\tinstrument---voice\tgenre---rock"
      "\tgenre---pop\tmood/theme---calm\n";
  put("data/raw_30s.tsv", header + first + "\tgenre---punkrock\n" + second +
                              "track_0000382\tartist_000020\talbum_000046\t82/382.mp3\t211.1\n");
  const Dataset alone = read_dataset(folder(), known_dataset("mtg-jamendo"));
  EXPECT_EQ(alone.files[0].tags.artist, "artist_000014");
  put("data/raw.meta.tsv",
      "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL\n"
      "track_0000214\tartist_000014\talbum_000031\t\"Intro\t\tChiante\tTrucs\t2004-12-16\thttp://x/214\n"
      "track_0000241\tartist_000005\talbum_000033\tSay \"it\tBoth, "
      "Two\tSome\t2005-01-01\thttp://x/241\n");
  put("audio_licenses.txt",
      "14/214.mp3\nIntro by Chiante from Jamendo: http://www.jamendo.com/track/214\n"
      "Available under a Creative Commons Attribution license: "
      "http://creativecommons.org/licenses/by/3.0/\n"
      "\n41/241.mp3\nx\nSomething else\n\n");
  put("data/splits/split-0/autotagging-train.tsv", header + first + "\tgenre---punkrock\n");
  put("data/splits/split-0/autotagging-test.tsv", header + second);
  const Dataset set = read_dataset(folder(), known_dataset("mtg-jamendo"));
  ASSERT_EQ(set.files.size(), 3u);
  EXPECT_EQ(set.files[0].tags, (Tags{"\"Intro", "Chiante", "", "Trucs", "punkrock", "", "2004",
                                     "http://creativecommons.org/licenses/by/3.0/"}))
      << "a title that ends in a TAB shifts nothing";
  EXPECT_EQ(set.files[1].file, folder() / "41/241.low.mp3");
  EXPECT_EQ(set.files[1].tags,
            (Tags{"Say \"it", "Both, Two", "", "Some", "rock", "calm", "2005", "Something else"}));
  EXPECT_EQ(set.files[2].tags.genre, "") << "a row without tags";
  EXPECT_EQ(set.files[0].side, Side::train);
  EXPECT_EQ(set.files[1].side, Side::test);
  EXPECT_FALSE(set.files[2].side);
}

// A library that holds these files, never decoded.
struct Song {
  std::string file, artist, title;
  std::optional<Side> side;
};

std::vector<DescribedTrack> described(const std::vector<Song>& songs) {
  std::vector<DescribedTrack> tracks;
  for (const Song& song : songs) {
    DescribedTrack track;
    track.track.file = "/set/" + song.file + ".ogg";
    track.track.record.id = test::track_id(song.file);
    track.track.record.tags.artist = song.artist;
    track.track.record.tags.title = song.title;
    track.side = song.side;
    tracks.push_back(track);
  }
  return tracks;
}

TEST(DatasetSplit, AnArtistStandsOnOneSide) {
  std::vector<Song> songs;
  for (int i = 0; i < 60; ++i) {
    const std::string artist =
        i < 50 ? (i % 2 == 0 ? "Artist " : "ARTIST ") + std::to_string(i / 5) : "";
    songs.push_back({"t" + std::to_string(i), artist, "title " + std::to_string(i), {}});
  }
  songs.push_back({"t59_remix", "", "", {}});
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const DatasetSplit split = drawn_split(described(songs), GroupBy::artist, 0.2, 0.2, seed);
    EXPECT_EQ(split.train + split.validation + split.test, songs.size());
    EXPECT_EQ(split.without_artist, 11u);
    EXPECT_GT(split.validation, 0u);
    EXPECT_GT(split.test, 0u);
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(split.split.side_of(songs[i].file), split.split.side_of(songs[i / 5 * 5].file));
    }
    EXPECT_EQ(split.split.side_of("t59"), split.split.side_of("t59_remix"));
  }
}

TEST(DatasetSplit, ThePublishedOneIsKeptAndJudged) {
  const DatasetSplit split = published_split(described({{"a", "Anna", "One", Side::train},
                                                        {"b", " ANNA", "Two", Side::test},
                                                        {"c", "Bea", "Three", Side::train},
                                                        {"d", "Bea", "Three (live)", Side::validation},
                                                        {"e", "", "", Side::validation},
                                                        {"f", "Cee", "Four", {}}}));
  EXPECT_EQ(split.torn_artists, (Names{"Anna", "Bea"}));
  EXPECT_EQ(split.left_out, 2u) << "one song on two sides teaches what is measured";
  EXPECT_EQ(split.unnamed, 1u);
  EXPECT_EQ(split.without_artist, 1u);
  EXPECT_EQ(split.split.side_of("a"), Side::train);
  EXPECT_EQ(split.split.side_of("b"), Side::test);
  EXPECT_FALSE(split.split.side_of("c"));
  EXPECT_EQ(split.split.side_of("e"), Side::validation);
}

TEST(DatasetSplit, EqualNamesAreRefused) {
  Dataset set;
  for (const char* file : {"/set/x/01.ogg", "/set/x/02.ogg", "/set/y/01.mp3"}) {
    set.files.push_back({file, {}, {}});
  }
  const std::string refused = test::refusal([&] { require_own_names(set); }, ErrorKind::input);
  says(refused, "/set/y/01.mp3: shares its name '01' with /set/x/01.ogg");
}

TEST(DatasetSplit, IsReadAsItWasWritten) {
  const test::TemporaryFolder folder;
  Split split;
  split.add(Side::train, "one");
  split.add(Side::test, "w_two");
  split.write(folder / "split.json", "about it");
  const Split again = Split::read(folder / "split.json");
  EXPECT_EQ(again.side_of("one"), Side::train);
  EXPECT_EQ(again.side_of("two"), Side::test);
  EXPECT_FALSE(again.side_of("three"));
}

}  // namespace
}  // namespace segue
