#include "library/music_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

class MusicFilesTest : public testing::Test {
 protected:
  // The contents do not matter here: nothing is opened.
  fs::path touch(const std::string& name) const {
    const fs::path file = root() / name;
    fs::create_directories(file.parent_path());
    test::write_bytes(file, "x");
    return file;
  }
  fs::path playlist(const std::string& name, const std::string& text) const {
    const fs::path file = touch(name);
    test::write_bytes(file, text);
    return file;
  }
  fs::path root() const { return fs::canonical(folder_.path()); }
  // Found files relative to the folder.
  std::vector<std::string> names(const std::vector<fs::path>& paths) {
    found_ = find_music(paths);
    std::vector<std::string> names;
    for (const fs::path& file : found_.files) {
      EXPECT_TRUE(file.is_absolute());
      names.push_back(file.lexically_relative(root()).native());
    }
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    return names;
  }
  std::string refusal(const std::vector<fs::path>& paths) {
    return test::refusal([&] { find_music(paths); }, ErrorKind::input);
  }
  using Names = std::vector<std::string>;

  TemporaryFolder folder_;
  MusicFiles found_;
};

TEST_F(MusicFilesTest, FoldersAreSearchedToTheBottomForMusicAlone) {
  for (const char* name : {"a.mp3", "B.FLAC", "x/y/z/deep.Opus", "x/video.mkv", "x/cover.jpg",
                           "notes.txt", "list.m3u", "noending", "mp3", ".mp3"}) {
    touch(name);
  }
  EXPECT_EQ(names({root()}), (Names{"B.FLAC", "a.mp3", "x/video.mkv", "x/y/z/deep.Opus"}));
}

TEST_F(MusicFilesTest, HiddenFilesAndFoldersAreLeftAlone) {
  touch("a.mp3");
  touch("._a.mp3");
  touch(".trash/b.mp3");
  EXPECT_EQ(names({root()}), Names{"a.mp3"});
  EXPECT_EQ(names({root() / ".trash/b.mp3"}), Names{".trash/b.mp3"}) << "unless they are named";
}

TEST_F(MusicFilesTest, ANamedFileIsTakenWhateverItsEnding) {
  EXPECT_EQ(names({touch("strange.bin")}), Names{"strange.bin"});
}

TEST_F(MusicFilesTest, OddNamesAreFound) {
  const Names odd = {"a b.mp3", "d\xFF\xFE.mp3", "line\nbreak.mp3", "q'\"\\.mp3",
                     "\xC3\xBC"
                     "ber.mp3"};
  for (const std::string& name : odd) touch(name);
  EXPECT_EQ(names({root()}), odd);
}

TEST_F(MusicFilesTest, LoopsOfSymbolicLinksEnd) {
  touch("x/a.mp3");
  fs::create_directory_symlink(root(), root() / "x" / "up");
  fs::create_directory_symlink(root() / "x", root() / "again");
  fs::create_symlink(root() / "self.mp3", root() / "self.mp3");
  EXPECT_EQ(names({root(), root() / "again"}), Names{"x/a.mp3"});
}

TEST_F(MusicFilesTest, AFileComesOnceWhateverWaysLeadToIt) {
  touch("x/a.mp3");
  fs::create_symlink(root() / "x/a.mp3", root() / "link.mp3");
  const fs::path list = playlist("l.m3u", "x/a.mp3\nx/../x/a.mp3\nlink.mp3\n");
  EXPECT_EQ(names({root(), root() / "x" / ".." / "x", root() / "x/a.mp3", list}), Names{"x/a.mp3"});
}

TEST_F(MusicFilesTest, LinksThatLeadNowhereAreListed) {
  touch("a.mp3");
  fs::create_symlink(root() / "none", root() / "broken.mp3");
  EXPECT_EQ(names({root()}), Names{"a.mp3"});
  ASSERT_EQ(found_.problems.size(), 1u);
  EXPECT_EQ(found_.problems[0].file, root() / "broken.mp3");
}

TEST_F(MusicFilesTest, WhatCannotBeSearchedIsListed) {
  touch("a.mp3");
  touch("locked/b.mp3");
  ::chmod((root() / "locked").c_str(), 0);
  const uid_t user = ::geteuid();
  if (user == 0) {  // who may read everything
    ASSERT_EQ(::seteuid(65534), 0);
  }
  EXPECT_EQ(names({root()}), Names{"a.mp3"});
  ASSERT_EQ(::seteuid(user), 0);
  ::chmod((root() / "locked").c_str(), 0755);
  ASSERT_EQ(found_.problems.size(), 1u);
  EXPECT_EQ(found_.problems[0].file, root() / "locked");
}

TEST_F(MusicFilesTest, PipesAreNotOpened) {
  touch("a.mp3");
  ASSERT_EQ(::mkfifo((root() / "pipe.mp3").c_str(), 0600), 0);
  EXPECT_EQ(names({root()}), Names{"a.mp3"});
  EXPECT_NE(refusal({root() / "pipe.mp3"}).find("pipe.mp3"), std::string::npos);
}

TEST_F(MusicFilesTest, MissingPathsAndFoldersWithoutMusicAreRefused) {
  EXPECT_NE(refusal({root() / "none.mp3"}).find("does not exist"), std::string::npos);
  EXPECT_NE(refusal({fs::path()}).find("does not exist"), std::string::npos);
  EXPECT_NE(refusal({root()}).find("holds no music"), std::string::npos);
  EXPECT_NE(refusal({}).find("no music"), std::string::npos);
  EXPECT_FALSE(refusal({root() / std::string(5000, 'x')}).empty());
  touch("a.mp3");
  EXPECT_NE(refusal({root() / "a.mp3" / "b.mp3"}).find("b.mp3"), std::string::npos);
}

TEST_F(MusicFilesTest, PlaylistsAreReadInAllTheirSpellings) {
  touch("a.mp3");
  touch("x/b c.mp3");
  touch("x/d%20e.mp3");
  touch("\xC3\xBC.mp3");
  touch("raw\xFC.mp3");
  const std::string absolute = (root() / "x/b c.mp3").native();
  EXPECT_EQ(names({playlist("bom.m3u8",
                            "\xEF\xBB\xBF"
                            "a.mp3\n")}),
            Names{"a.mp3"});
  EXPECT_EQ(names({playlist("dos.m3u", "#EXTM3U\r\n#EXTINF:123,A - B\r\na.mp3\r\n\r\nx\\b c.mp3\r\n")}),
            (Names{"a.mp3", "x/b c.mp3"}));
  EXPECT_EQ(names({playlist("mac.M3U", "a.mp3\rx/b c.mp3")}), (Names{"a.mp3", "x/b c.mp3"}));
  EXPECT_EQ(names({playlist("utf8.m3u", "\xC3\xBC.mp3")}), Names{"\xC3\xBC.mp3"});
  EXPECT_EQ(names({playlist("latin1.m3u", "\xFC.mp3")}), Names{"\xC3\xBC.mp3"});
  EXPECT_EQ(names({playlist("bytes.m3u", "raw\xFC.mp3")}), Names{"raw\xFC.mp3"});
  EXPECT_EQ(names({playlist("absolute.m3u", absolute)}), Names{"x/b c.mp3"});
  EXPECT_EQ(names({playlist("percent.m3u", "x/d%20e.mp3")}), Names{"x/d%20e.mp3"});
  EXPECT_EQ(names({playlist("url.m3u", "file://" + root().native() + "/x/b%20c.mp3\nFILE://localhost" +
                                           root().native() + "/%c3%BC.mp3")}),
            (Names{"x/b c.mp3", "\xC3\xBC.mp3"}));
  EXPECT_EQ(names({playlist("folder.m3u", "x\n")}), (Names{"x/b c.mp3", "x/d%20e.mp3"}));
  EXPECT_TRUE(found_.problems.empty());
}

TEST_F(MusicFilesTest, PlsNamesItsFilesByNumber) {
  touch("a.mp3");
  touch("x=1.mp3");
  const fs::path list = playlist("l.pls",
                                 "[playlist]\r\nnumberofentries=2\r\nFile1=a.mp3\r\nTitle1=no.mp3\r\n"
                                 "Length1=-1\r\nfile2=x=1.mp3\r\nVersion=2\r\n");
  EXPECT_EQ(names({list}), (Names{"a.mp3", "x=1.mp3"}));
  EXPECT_TRUE(found_.problems.empty());
}

TEST_F(MusicFilesTest, EntriesThatAreMissingOrOnTheNetworkAreListed) {
  touch("a.mp3");
  const fs::path list = playlist("l.m3u", "a.mp3\ngone.mp3\nhttp://radio.example/live.mp3\nfile://\n");
  EXPECT_EQ(names({list}), Names{"a.mp3"});
  ASSERT_EQ(found_.problems.size(), 3u);
  std::string all;
  for (const FileProblem& problem : found_.problems) all += problem.reason + "\n";
  EXPECT_NE(all.find("gone.mp3"), std::string::npos);
  EXPECT_NE(all.find("network"), std::string::npos);
  EXPECT_NE(all.find("l.m3u"), std::string::npos);
  EXPECT_NE(refusal({playlist("bad.m3u", "gone.mp3")}).find("gone.mp3"), std::string::npos);
}

TEST_F(MusicFilesTest, PlaylistsMayNameEachOther) {
  touch("a.mp3");
  touch("b.mp3");
  playlist("two.m3u", "b.mp3\none.m3u\n");
  EXPECT_EQ(names({playlist("one.m3u", "a.mp3\ntwo.m3u\n")}), (Names{"a.mp3", "b.mp3"}));
  EXPECT_TRUE(found_.problems.empty());
}

TEST_F(MusicFilesTest, ButNotWithoutEnd) {
  touch("a.mp3");
  for (int i = 0; i < 20; ++i) {
    const auto name = [](int number) { return std::to_string(number).append(".m3u"); };
    playlist(name(i), std::string("a.mp3\n").append(name(i + 1)));
  }
  EXPECT_EQ(names({root() / "0.m3u"}), Names{"a.mp3"});
  ASSERT_EQ(found_.problems.size(), 1u);
  EXPECT_NE(found_.problems[0].reason.find("too many"), std::string::npos);
}

TEST_F(MusicFilesTest, APlaylistThatIsSomethingElseDoesNoHarm) {
  touch("a.mp3");
  const fs::path binary = playlist("b.m3u", std::string("\0\1\2\xFF\nz\0.mp3\n", 12));
  EXPECT_EQ(names({root() / "a.mp3", binary}), Names{"a.mp3"});
  EXPECT_FALSE(found_.problems.empty());
  const fs::path huge = playlist("huge.m3u", std::string(17 << 20, 'x'));
  EXPECT_NE(refusal({huge}).find("too large"), std::string::npos);
}

}  // namespace
}  // namespace segue
