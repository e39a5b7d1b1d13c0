#include "library/library.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "analysis/analyzer.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "support/music.hpp"
#include "support/plans.hpp"
#include "support/processes.hpp"
#include "support/refusal.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

constexpr int kRate = 22050;

class LibraryTest : public testing::Test {
 protected:
  LibraryTest() { fs::create_directory(music()); }

  fs::path music() const { return fs::canonical(folder_.path()) / "music"; }
  fs::path store() const { return folder_ / "library"; }
  // Different music for each seed.
  fs::path make(const std::string& name, std::uint64_t seed, double seconds = 4) const {
    const fs::path file = music() / name;
    fs::create_directories(file.parent_path());
    test::write_float_wav(file, test::stereo_music(seconds, kRate, seed), kRate, 2);
    return file;
  }
  UpdateReport update(std::size_t workers = 2) const {
    return Library(store()).update({music()}, workers);
  }
  std::vector<LibraryTrack> tracks() const { return Library(store()).tracks({}); }
  static std::vector<std::string> names(const std::vector<LibraryTrack>& tracks) {
    std::vector<std::string> names;
    for (const LibraryTrack& track : tracks) names.push_back(track.file.filename().native());
    return names;
  }
  // t0.wav, t1.wav, …, each other music.
  void make_many(int count, double seconds = 4) const {
    for (int i = 0; i < count; ++i) {
      make(std::to_string(i).insert(0, 1, 't').append(".wav"), static_cast<std::uint64_t>(i), seconds);
    }
  }
  // Until an update in another thread or process has written some feature files.
  void wait_for_features(std::ptrdiff_t wanted) const {
    for (int i = 0; i < 5000; ++i) {
      std::error_code code;
      std::ptrdiff_t done = 0;
      for (fs::directory_iterator it(store() / "features", code), end; !code && it != end;
           it.increment(code)) {
        done += it->path().extension() == ".safetensors";
      }
      if (done >= wanted) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  using Names = std::vector<std::string>;

  TemporaryFolder folder_;
};

TEST_F(LibraryTest, AnalyzesWhatIsNewAndSkipsWhatIsNot) {
  make("a.wav", 1);
  make("x/b.wav", 2);
  const UpdateReport first = update();
  EXPECT_EQ(first.files, 2u);
  EXPECT_EQ(first.analyzed, 2u);
  EXPECT_EQ(first.unchanged, 0u);
  EXPECT_NEAR(first.decoded.count(), 8, 0.1);
  const UpdateReport second = update();
  EXPECT_EQ(second.analyzed, 0u);
  EXPECT_EQ(second.unchanged, 2u);
  make("c.wav", 3);
  const UpdateReport third = update();
  EXPECT_EQ(third.analyzed, 1u);
  EXPECT_EQ(third.unchanged, 2u);
  ASSERT_EQ(names(tracks()), (Names{"a.wav", "c.wav", "b.wav"})) << "by path";
  for (const LibraryTrack& track : tracks()) {
    EXPECT_EQ(track.record.id, hash_audio_packets(track.file));
    EXPECT_TRUE(fs::exists(track.features));
    EXPECT_EQ(track.record.analysis_version, kAnalysisVersion);
    EXPECT_NEAR(track.record.duration().count(), 4, 0.01);
  }
}

TEST_F(LibraryTest, TracksAreThoseBehindThePathsAsked) {
  const fs::path a = make("x/a.wav", 1);
  make("y/b.wav", 2);
  update();
  const Library library(store());
  EXPECT_EQ(names(library.tracks({music() / "y"})), Names{"b.wav"});
  EXPECT_EQ(names(library.tracks({a})), Names{"a.wav"});
  EXPECT_EQ(names(library.tracks({})), (Names{"a.wav", "b.wav"}));
  fs::remove(a);
  EXPECT_EQ(names(library.tracks({})), Names{"b.wav"}) << "only what exists";
}

TEST_F(LibraryTest, MovedMusicIsNotDecodedAgain) {
  const fs::path file = make("a.wav", 1);
  update();
  const TrackId id = tracks()[0].record.id;
  fs::create_directory(music() / "deep");
  fs::rename(file, music() / "deep" / "z.wav");
  const UpdateReport report = update();
  EXPECT_EQ(report.moved, 1u);
  EXPECT_EQ(report.analyzed, 0u);
  EXPECT_EQ(report.removed, 0u);
  EXPECT_EQ(names(tracks()), Names{"z.wav"});
  EXPECT_EQ(tracks()[0].record.id, id);
}

TEST_F(LibraryTest, ChangedMusicIsAnalyzedAgainAndTheOldForgotten) {
  make("a.wav", 1);
  update();
  const LibraryTrack before = tracks()[0];
  make("a.wav", 2, 5);
  const UpdateReport report = update();
  EXPECT_EQ(report.changed, 1u);
  EXPECT_EQ(report.analyzed, 1u);
  ASSERT_EQ(tracks().size(), 1u);
  EXPECT_NE(tracks()[0].record.id, before.record.id);
  EXPECT_FALSE(fs::exists(before.features));
  EXPECT_FALSE(Library(store()).catalog().track(before.record.id));
}

TEST_F(LibraryTest, RetaggedMusicKeepsItsAnalysis) {
  test::make_music(music() / "a.flac", test::stereo_music(4, kRate), kRate, 2, "-metadata title=Old");
  update();
  EXPECT_EQ(tracks()[0].record.tags.title, "Old");
  const fs::path other = folder_ / "tagged.flac";
  test::run_ffmpeg("-i " + test::quoted((music() / "a.flac").native()) +
                   " -c copy -metadata title=New " + test::quoted(other.native()));
  fs::rename(other, music() / "a.flac");
  const UpdateReport report = update();
  EXPECT_EQ(report.retagged, 1u);
  EXPECT_EQ(report.analyzed, 0u);
  EXPECT_EQ(tracks()[0].record.tags.title, "New");
}

TEST_F(LibraryTest, DeletedMusicIsForgottenOnlyWhereItWasSearched) {
  const fs::path a = make("x/a.wav", 1);
  const fs::path b = make("y/b.wav", 2);
  make("x/c.wav", 3);
  update();
  const fs::path features = Library(store()).tracks({a})[0].features;
  fs::remove(a);
  fs::remove(b);
  const UpdateReport report = Library(store()).update({music() / "x"});
  EXPECT_EQ(report.removed, 1u);
  EXPECT_FALSE(fs::exists(features));
  Library library(store());
  EXPECT_EQ(library.catalog().files().size(), 2u) << "b may be on a disk that is not mounted";
  EXPECT_EQ(library.catalog().tracks().size(), 2u);
}

TEST_F(LibraryTest, CopiesAreOneTrack) {
  const fs::path a = make("a.wav", 1);
  fs::copy_file(a, music() / "b.wav");
  fs::copy_file(a, music() / "c.wav");
  const UpdateReport report = update();
  EXPECT_EQ(report.analyzed, 1u);
  EXPECT_EQ(report.doubles, 2u);
  EXPECT_EQ(names(tracks()), Names{"a.wav"});
  fs::remove(a);
  update();
  EXPECT_EQ(names(tracks()), Names{"b.wav"}) << "the music is still there";
}

// The same recording in three formats, in every order of analysis.
TEST_F(LibraryTest, TheSameRecordingInAnotherFormatIsADouble) {
  const auto samples = test::stereo_music(20, kRate, 5);
  test::make_music(folder_ / "m.flac", samples, kRate, 2);
  test::make_music(folder_ / "n.ogg", samples, kRate, 2, "-q:a 5");
  test::make_music(folder_ / "o.mp3", samples, kRate, 2, "-b:a 128k");
  Names order = {"m.flac", "n.ogg", "o.mp3"};
  do {
    fs::remove_all(store());
    fs::remove_all(music());
    make("unlike.wav", 9, 20);
    std::size_t doubles = 0;
    for (const std::string& name : order) {
      fs::copy_file(folder_ / name, music() / name);
      doubles += update().doubles;
    }
    EXPECT_EQ(doubles, 2u);
    std::size_t ids = 0;
    for (const LibraryTrack& track : tracks()) ids = std::max(ids, track.recording.size());
    EXPECT_EQ(ids, 3u) << "so that all of them are known once one was learned from";
    EXPECT_EQ(names(tracks()), (Names{"m.flac", "unlike.wav"})) << "the first by path stands for all";
    Library library(store());
    EXPECT_EQ(names(library.tracks({music() / "o.mp3"})), Names{"o.mp3"}) << "if it alone is asked for";
    fs::remove(music() / "m.flac");
    update();
    EXPECT_EQ(names(tracks()), (Names{"n.ogg", "unlike.wav"})) << "the next takes its place";
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(LibraryTest, WhicheverCopyIsHeardTheFirstByPathStandsForAll) {
  const auto samples = test::stereo_music(20, kRate, 5);
  test::make_music(music() / "p.flac", samples, kRate, 2);
  test::make_music(music() / "n.mp3", samples, kRate, 2, "-b:a 128k");
  update();
  EXPECT_EQ(names(tracks()), Names{"n.mp3"});
  fs::copy_file(music() / "p.flac", music() / "m.flac");
  update();
  EXPECT_EQ(names(tracks()), Names{"m.flac"}) << "the music of p, which is the double of n";
  const TrackId first = tracks().at(0).record.id;
  fs::remove(music() / "m.flac");
  update();
  EXPECT_EQ(names(tracks()), Names{"n.mp3"});
  EXPECT_NE(tracks().at(0).record.id, first);
}

TEST_F(LibraryTest, SilenceIsMusicButNoDouble) {
  const std::vector<float> silence(4 * kRate * 2, 0.0f);
  const std::vector<float> longer(5 * kRate * 2, 0.0f);
  test::write_float_wav(music() / "a.wav", silence, kRate, 2);
  test::write_float_wav(music() / "b.wav", longer, kRate, 2);
  const UpdateReport report = update();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.doubles, 0u);
  EXPECT_EQ(tracks().size(), 2u);
  Library library(store());
  for (const FragmentRecord& fragment : library.fragments(tracks()[0], Segmentation::parse("1"))) {
    EXPECT_TRUE(std::isinf(fragment.loudness_lufs));
  }
}

TEST_F(LibraryTest, BrokenFilesAreListedEachTimeButReadOnce) {
  make("good.wav", 1);
  test::write_bytes(music() / "text.mp3", "this is no music at all, only text\n");
  test::write_bytes(music() / "empty.mp3", "");
  for (int run = 0; run < 2; ++run) {
    const UpdateReport report = update();
    EXPECT_EQ(report.analyzed, run == 0 ? 1u : 0u);
    ASSERT_EQ(report.problems.size(), 2u);
    EXPECT_EQ(report.problems[0].file, music() / "empty.mp3");
    EXPECT_NE(report.problems[0].reason.find("empty.mp3"), std::string::npos);
    EXPECT_NE(report.problems[1].reason.find("text.mp3"), std::string::npos);
    EXPECT_EQ(report.unchanged, run == 0 ? 0u : 1u);  // broken files are problems, not music
  }
  make("text.mp3", 2);
  const UpdateReport mended = update();
  EXPECT_EQ(mended.analyzed, 1u);
  EXPECT_EQ(mended.changed, 1u);
  EXPECT_EQ(mended.problems.size(), 1u);
}

TEST_F(LibraryTest, AVeryShortTrackIsNoError) {
  make("short.wav", 1, 0.2);
  const UpdateReport report = update();
  EXPECT_TRUE(report.problems.empty());
  Library library(store());
  ASSERT_EQ(library.tracks({}).size(), 1u);
  EXPECT_TRUE(library.fragments(library.tracks({})[0], Segmentation::parse("3")).empty());
}

TEST_F(LibraryTest, PrunedFeaturesAreMadeAgain) {
  make("a.wav", 1);
  update();
  const LibraryTrack track = tracks()[0];
  fs::remove(track.features);
  EXPECT_EQ(update().analyzed, 1u) << "by an update";
  EXPECT_TRUE(fs::exists(track.features));
  fs::remove(track.features);
  Library library(store());
  EXPECT_EQ(library.features(track)->track(), track.record.id) << "or when they are needed";
  EXPECT_TRUE(fs::exists(track.features));
  fs::remove(track.features);
  make("a.wav", 2);
  EXPECT_EQ(test::refusal([&] { library.features(track); }).kind(), ErrorKind::input)
      << "but not from other music";
}

TEST_F(LibraryTest, AnOlderAnalysisIsRenewed) {
  make("a.wav", 1);
  update();
  {
    Library library(store());
    TrackRecord record = *library.catalog().track(library.tracks({})[0].record.id);
    record.analysis_version = kAnalysisVersion - 1;
    library.catalog().put_track(record);
  }
  EXPECT_EQ(update().analyzed, 1u);
  EXPECT_EQ(update().analyzed, 0u);
}

TEST_F(LibraryTest, FragmentsHaveTheLoudnessOfTheirSound) {
  // 3 s of a 1-kHz sine at -20 dBFS in both channels (-20 + 0.0 LUFS by BS.1770's calibration, a
  // stereo sine of amplitude A measures 20 log10 A), then 3 s of silence.
  std::vector<float> samples = test::sine(997, 0.1, 3 * kRate, kRate, 2);
  samples.resize(6 * kRate * 2, 0.0f);
  test::write_float_wav(music() / "a.wav", samples, kRate, 2);
  update();
  Library library(store());
  const auto fragments = library.fragments(library.tracks({})[0], Segmentation::parse("1"));
  ASSERT_EQ(fragments.size(), 6u);
  EXPECT_NEAR(fragments[0].loudness_lufs, -20, 0.1);
  EXPECT_NEAR(fragments[1].loudness_lufs, -20, 0.1);
  EXPECT_TRUE(std::isinf(fragments[4].loudness_lufs)) << "what comes before does not colour it";
  const auto again = library.fragments(library.tracks({})[0], Segmentation::parse("1"));
  ASSERT_EQ(again.size(), 6u);
  EXPECT_EQ(again[0].loudness_lufs, fragments[0].loudness_lufs);
  EXPECT_EQ(again[5].span, fragments[5].span);
}

TEST_F(LibraryTest, VerifyFindsWhatIsWrongAndRemovesDamagedFeatures) {
  make("a.wav", 1);
  const fs::path b = make("b.wav", 2);
  const fs::path c = make("c.wav", 3);
  update();
  Library library(store());
  EXPECT_TRUE(library.verify().empty());
  const fs::path features = library.tracks({})[0].features;
  test::write_bytes(features, "damaged");
  fs::remove(b);
  make("c.wav", 4);
  const auto problems = library.verify();
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_EQ(problems[0].file, features);
  EXPECT_FALSE(fs::exists(features));
  EXPECT_NE(problems[1].reason.find("is gone"), std::string::npos);
  EXPECT_NE(problems[2].reason.find("has changed"), std::string::npos);
  update();
  EXPECT_TRUE(library.verify().empty()) << "an update mends all";
}

TEST_F(LibraryTest, RemoveForgetsFilesAndFoldersButLeavesTheMusic) {
  const fs::path a = make("x/a.wav", 1);
  const fs::path b = make("x/b.wav", 2);
  make("xy.wav", 3);
  update();
  Library library(store());
  EXPECT_EQ(library.remove(a), 1u);
  EXPECT_EQ(library.remove(a), 0u);
  EXPECT_EQ(library.remove(music() / "x" / ""), 1u);
  EXPECT_TRUE(fs::exists(b));
  EXPECT_EQ(names(library.tracks({})), Names{"xy.wav"});
  EXPECT_EQ(test::count_files(library.features_folder()), 1u);
}

TEST_F(LibraryTest, AnyNumberOfWorkersFindsTheSame) {
  make_many(6);
  const auto ids = [&](std::size_t workers) {
    fs::remove_all(store());
    update(workers);
    std::vector<TrackId> found;
    for (const LibraryTrack& track : tracks()) found.push_back(track.record.id);
    return found;
  };
  const auto one = ids(1);
  EXPECT_EQ(one.size(), 6u);
  EXPECT_EQ(ids(4), one);
}

TEST_F(LibraryTest, TheOrderInWhichMusicComesChangesNothing) {
  make_many(5, 7);
  update();
  const std::vector<LibraryTrack> expected = tracks();
  ASSERT_EQ(expected.size(), 5u);
  Segmentation random;
  random.kind = SegmentationKind::random;
  random.shortest = Seconds(0.5);
  random.longest = Seconds(2);
  const fs::path elsewhere = folder_ / "another library";
  Library library(store()), other(elsewhere);
  for (const int number : {3, 0, 4, 2, 1}) {
    other.update({music() / std::to_string(number).insert(0, 1, 't').append(".wav")});
    for (const LibraryTrack& track : other.tracks({})) other.fragments(track, random);
  }
  const std::vector<LibraryTrack> found = other.tracks({});
  EXPECT_EQ(names(found), names(expected));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(found[i].record.id, expected[i].record.id);
    EXPECT_EQ(test::read_bytes(found[i].features), test::read_bytes(expected[i].features));
    const auto ours = library.fragments(expected[i], random), theirs = other.fragments(found[i], random);
    ASSERT_EQ(theirs.size(), ours.size());
    for (std::size_t k = 0; k < ours.size(); ++k) EXPECT_EQ(theirs[k].span, ours[k].span);
  }
}

TEST_F(LibraryTest, AnInterruptKeepsWhatIsDone) {
  constexpr int count = 30;
  make_many(count, 10);
  Library library(store());
  {
    const std::jthread person([&] {
      wait_for_features(2);
      request_interrupt();
    });
    EXPECT_EQ(test::refusal([&] { library.update({music()}); }).kind(), ErrorKind::interrupted);
  }
  clear_interrupt();
  const std::size_t kept = library.catalog().tracks().size();
  EXPECT_GE(kept, 1u);
  const UpdateReport report = library.update({music()});
  EXPECT_EQ(report.unchanged, kept);
  EXPECT_EQ(report.analyzed, count - kept);
}

TEST_F(LibraryTest, AFullDiskIsToldAndLosesNothing) {
  fs::create_directory(store());
  if (::mount("tmpfs", store().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mount is not permitted";
  }
  make_many(4, 45);  // 340 kB of features each
  {
    Library library(store());
    const Error error = test::refusal([&] { library.update({music()}, 1); });
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_NE(error.remedy().find("free some space"), std::string::npos) << error.what();
    EXPECT_GE(library.catalog().tracks().size(), 1u);
    EXPECT_TRUE(library.verify().empty());
  }
  ::umount(store().c_str());
}

TEST_F(LibraryTest, AKillLosesOnlyTheFilesAtHand) {
  constexpr int count = 40;
  make_many(count, 10);
  const pid_t child = ::fork();
  if (child == 0) {
    update(2);
    ::_exit(0);
  }
  wait_for_features(5);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it was done before it could be killed";
  Library library(store());
  EXPECT_TRUE(library.catalog().check().empty());
  const std::size_t kept = library.catalog().tracks().size();
  EXPECT_GE(kept, 3u) << "two may have been between their features and their entry";
  const UpdateReport report = library.update({music()});
  EXPECT_EQ(report.unchanged, kept);
  EXPECT_EQ(report.analyzed, count - kept);
  EXPECT_EQ(test::count_files(library.features_folder()), static_cast<std::size_t>(count))
      << "no partial file stays";
  EXPECT_TRUE(library.verify().empty());
}

TEST_F(LibraryTest, TwoProcessesMayUpdateTheSameLibrary) {
  make_many(10);
  test::in_processes(2, [&](int) {
    if (!update(1).problems.empty()) throw std::runtime_error("a file was not taken");
  });
  Library library(store());
  EXPECT_EQ(library.tracks({}).size(), 10u);
  EXPECT_TRUE(library.verify().empty());
  EXPECT_EQ(library.update({music()}).unchanged, 10u);
}

TEST_F(LibraryTest, RealMusicIsKeptWithItsTags) {
  const fs::path knolls = test::kRealMusic / "knolls.ogg";
  if (!fs::exists(knolls)) GTEST_SKIP() << "needs Debian's wesnoth-1.16-music";
  Library library(store());
  library.update({knolls});
  ASSERT_EQ(library.tracks({}).size(), 1u);
  const TrackRecord record = library.tracks({})[0].record;
  EXPECT_EQ(record.tags.title, "The Knolls of Doldesh");
  EXPECT_EQ(record.format.codec, "vorbis");
  EXPECT_GT(library.fragments(library.tracks({})[0], Segmentation::parse("3")).size(), 50u);
}

}  // namespace
}  // namespace segue
