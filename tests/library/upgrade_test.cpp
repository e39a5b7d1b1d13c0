// A library that a segue without ears for beats and keys made, brought up to date.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "analysis/analyzer.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "library/library.hpp"
#include "library/sqlite.hpp"
#include "support/hearing.hpp"
#include "support/music.hpp"
#include "support/older_features.hpp"
#include "support/plans.hpp"
#include "support/processes.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

constexpr int kRate = test::kHeardRate;

// Hits at 120 BPM over notes that tell one seed from another.
std::vector<float> beaten_music(double seconds, std::uint64_t seed) {
  std::vector<float> samples = test::silence(seconds);
  Random random(seed);
  for (int i = 0; .5 * i < seconds - .1; ++i) {
    test::add_hit(samples, .5 * i, i % 4 == 0 ? .5 : .3);
    test::add_tone(samples, .5 * i, .5, 60 + static_cast<double>(random.below(12)), .1);
  }
  return samples;
}

class UpgradeTest : public testing::Test {
 protected:
  UpgradeTest() { fs::create_directory(music()); }

  fs::path music() const { return fs::canonical(folder_.path()) / "music"; }
  fs::path store() const { return folder_ / "library"; }
  fs::path make(const std::string& name, std::uint64_t seed, double seconds = 12) const {
    const fs::path file = music() / name;
    if (file.extension() == ".wav") {
      test::write_float_wav(file, beaten_music(seconds, seed), kRate, 1);
    } else {
      test::make_music(file, beaten_music(seconds, seed), kRate, 1,
                       "-metadata title=" + file.stem().string() + " -metadata artist=Somebody");
    }
    return file;
  }
  UpdateReport update(std::size_t workers = 2) const {
    return Library(store()).update({music()}, workers);
  }

  // As version 1 left it: other tables, an older number, no beats in the feature files. What it measured
  // is marked, so that it shows where it is measured again.
  void make_older() const {
    {
      sqlite::Database database(store() / "catalog.db");
      database.execute("DROP TABLE music");
      database.execute("UPDATE analysis SET version = 1, sample_peak = .123");
      database.execute("UPDATE fingerprint SET items = x'01020304' || items");
      database.execute("PRAGMA user_version = 2");
    }
    for (const auto& entry : fs::directory_iterator(store() / "features")) {
      if (entry.path().extension() == ".safetensors") test::make_older(entry.path());
    }
  }
  static bool is_marked(const TrackRecord& track) { return track.sample_peak == .123; }
  static LibraryTrack only(const Library& library) {
    const auto tracks = library.tracks({});
    EXPECT_EQ(tracks.size(), 1u);
    return tracks.at(0);
  }

  TemporaryFolder folder_;
};

TEST_F(UpgradeTest, HearsTheMusicAndLeavesTheRestAsItIs) {
  make("a.flac", 1);
  make("b.flac", 2, 9);
  make("c.wav", 3);
  update();
  struct Kept {
    TrackRecord record;
    TrackMusic music;
    std::string log_mel, loudness;
  };
  std::vector<Kept> before;
  const Segmentation three = Segmentation::parse("3");
  TrackId given;
  {
    Library library(store());
    for (const LibraryTrack& track : library.tracks({})) {
      EXPECT_FALSE(library.fragments(track, three).empty());
      before.push_back({track.record, library.features(track)->music(), {}, {}});
    }
    given = before[0].record.id;
    Tags tags;
    tags.title = "Given Title";
    tags.genre = "Folk";
    library.catalog().give_tags(given, tags);
  }
  make_older();
  {
    Library library(store());
    for (Kept& kept : before) {
      const fs::path features = library.feature_path(kept.record.id);
      kept.log_mel = test::bytes_of_tensor(features, "log_mel");
      kept.loudness = test::bytes_of_tensor(features, "loudness");
      const TrackRecord older = *library.catalog().track(kept.record.id);
      EXPECT_EQ(older.analysis_version, 1);
      EXPECT_EQ(older.traits, MusicTraits()) << "nothing is known of it";
      kept.record.tags = older.tags;
      kept.record.fingerprint = older.fingerprint;
      EXPECT_FALSE(library.catalog().fragments(kept.record.id, three).empty());
    }
  }

  const UpdateReport report = update();
  EXPECT_EQ(report.analyzed, 3u);
  EXPECT_NEAR(report.decoded.count(), 33, .1);
  EXPECT_EQ(report.unchanged + report.changed + report.moved + report.retagged + report.doubles +
                report.removed + report.problems.size(),
            0u);
  Library library(store());
  EXPECT_TRUE(library.catalog().check().empty());
  EXPECT_TRUE(library.verify().empty());
  ASSERT_EQ(library.tracks({}).size(), 3u);
  for (const Kept& kept : before) {
    const TrackRecord now = *library.catalog().track(kept.record.id);
    EXPECT_EQ(now.analysis_version, kAnalysisVersion);
    EXPECT_TRUE(is_marked(now)) << "it was measured again";
    EXPECT_EQ(now.fingerprint, kept.record.fingerprint);
    EXPECT_EQ(now.hops, kept.record.hops);
    EXPECT_EQ(now.pcm_frames, kept.record.pcm_frames);
    EXPECT_EQ(now.integrated_lufs, kept.record.integrated_lufs);
    EXPECT_EQ(now.tags.title, kept.record.tags.title);
    EXPECT_EQ(now.tags.artist, kept.record.tags.artist);
    EXPECT_EQ(now.tags.genre, kept.record.tags.genre);
    EXPECT_TRUE(library.catalog().fragments(now.id, three).empty()) << "cut before";

    const fs::path features = library.feature_path(now.id);
    EXPECT_EQ(test::bytes_of_tensor(features, "log_mel"), kept.log_mel);
    EXPECT_EQ(test::bytes_of_tensor(features, "loudness"), kept.loudness);
    const auto opened = FeatureFile::open(features);
    ASSERT_TRUE(opened->has_music());
    EXPECT_EQ(opened->track(), now.id);
    EXPECT_EQ(opened->hops(), kept.record.hops);
    // As a new analysis hears it, but from a spectrogram in half precision.
    EXPECT_TRUE(now.traits.has_beat());
    EXPECT_NEAR(now.traits.tempo_bpm, kept.record.traits.tempo_bpm, .01);
    EXPECT_EQ(now.traits.key, kept.record.traits.key);
    EXPECT_NEAR(now.traits.energy, kept.record.traits.energy, .01);
    ASSERT_EQ(opened->music().beats.size(), kept.music.beats.size());
    for (std::size_t i = 0; i < kept.music.beats.size(); ++i)
      EXPECT_NEAR(opened->music().beats[i].seconds, kept.music.beats[i].seconds, .001);
    EXPECT_EQ(opened->music().sections.size(), kept.music.sections.size());
  }
  EXPECT_EQ(library.catalog().track(given)->tags.title, "Given Title");
  EXPECT_EQ(library.catalog().track(given)->tags.genre, "Folk");
  EXPECT_EQ(library.catalog().track(given)->tags.artist, "Somebody") << "which nothing was given for";
  EXPECT_EQ(update().unchanged, 3u) << "once is enough";
}

TEST_F(UpgradeTest, UntilThenItIsReadAsItIs) {
  make("a.wav", 1);
  update();
  make_older();
  Library library(store());
  const LibraryTrack track = only(library);
  EXPECT_FALSE(track.record.traits.has_beat());
  EXPECT_FALSE(track.record.traits.key);
  EXPECT_EQ(track.record.traits.tempo_bpm, 0);
  EXPECT_FALSE(library.features(track)->has_music());
  EXPECT_FALSE(library.fragments(track, Segmentation::parse("3")).empty());
  EXPECT_TRUE(library.verify().empty());
}

TEST_F(UpgradeTest, WhereFeaturesAreMissingOrDamagedItIsAnalyzedAnew) {
  for (const bool missing : {true, false}) {
    fs::remove_all(store());
    make("a.wav", 1);
    make("b.wav", 2);
    update();
    make_older();
    TrackId id;
    {
      Library library(store());
      const LibraryTrack track = library.tracks({})[0];
      id = track.record.id;
      EXPECT_TRUE(is_marked(track.record));
      if (missing) {
        fs::remove(track.features);
      } else {
        fs::resize_file(track.features, fs::file_size(track.features) / 2);
      }
    }
    const UpdateReport report = update();
    EXPECT_EQ(report.analyzed, 2u);
    EXPECT_TRUE(report.problems.empty());
    Library library(store());
    for (const LibraryTrack& track : library.tracks({})) {
      EXPECT_EQ(is_marked(track.record), track.record.id != id);
      EXPECT_TRUE(library.features(track)->has_music());
      EXPECT_TRUE(track.record.traits.has_beat());
    }
  }
}

// Also what segue wrote before a kill, between the features and their entry.
TEST_F(UpgradeTest, FeaturesThatHaveMusicAlreadyAreTakenToo) {
  make("a.wav", 1);
  update();
  const fs::path features = only(Library(store())).features;
  const std::string whole = test::read_bytes(features);
  make_older();
  test::write_bytes(features, whole);
  EXPECT_EQ(update().analyzed, 1u);
  Library library(store());
  EXPECT_TRUE(only(library).record.traits.has_beat());
  EXPECT_TRUE(is_marked(only(library).record));
  EXPECT_EQ(library.features(only(library))->music().beats.size(),
            FeatureFile::open(features)->music().beats.size());
}

TEST_F(UpgradeTest, CopiesAndDoublesStayWhatTheyAre) {
  const std::vector<float> samples = beaten_music(20, 5);
  test::make_music(music() / "m.flac", samples, kRate, 1);
  test::make_music(music() / "n.mp3", samples, kRate, 1, "-b:a 128k");
  fs::copy_file(music() / "m.flac", music() / "p.flac");
  EXPECT_EQ(update().doubles, 2u);
  make_older();
  const UpdateReport report = update();
  EXPECT_EQ(report.analyzed, 2u) << "once for each encoding";
  EXPECT_TRUE(report.problems.empty());
  Library library(store());
  EXPECT_EQ(only(library).file, music() / "m.flac");
  EXPECT_EQ(only(library).recording.size(), 2u);
  for (const char* name : {"m.flac", "n.mp3", "p.flac"})
    EXPECT_EQ(library.tracks({music() / name}).at(0).record.analysis_version, kAnalysisVersion) << name;
  EXPECT_EQ(update().unchanged, 3u);
}

// The file's tags changed since the older segue read it.
TEST_F(UpgradeTest, TagsThatChangedMeanwhileAreRead) {
  make("Old.flac", 1);
  update();
  EXPECT_EQ(only(Library(store())).record.tags.title, "Old");
  make_older();
  const fs::path other = folder_ / "tagged.flac";
  test::run_ffmpeg("-i " + test::quoted((music() / "Old.flac").native()) +
                   " -c copy -metadata title=New " + test::quoted(other.native()));
  fs::rename(other, music() / "Old.flac");
  update();
  EXPECT_EQ(only(Library(store())).record.tags.title, "New");
  EXPECT_EQ(update().unchanged, 1u);
}

// Larger, so that it is read first.
TEST_F(UpgradeTest, ACopyWithOtherTagsTakesAwayNoneThatWereGiven) {
  make("a.flac", 1);
  update();
  {
    Library library(store());
    Tags tags;
    tags.title = "Given";
    library.catalog().give_tags(only(library).record.id, tags);
  }
  make_older();
  test::run_ffmpeg("-i " + test::quoted((music() / "a.flac").native()) +
                   " -c copy -metadata title=Other" + " -metadata comment=" + std::string(500, 'x') +
                   " " + test::quoted((music() / "copy.flac").native()));
  const UpdateReport report = update();
  EXPECT_EQ(report.retagged, 0u);
  EXPECT_EQ(report.doubles, 1u);
  EXPECT_EQ(only(Library(store())).record.tags.title, "Given");
}

TEST_F(UpgradeTest, MusicThatMovedMeanwhileIsHeardWhereItIs) {
  make("a.wav", 1);
  update();
  make_older();
  fs::rename(music() / "a.wav", music() / "b.wav");
  const UpdateReport report = update();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.moved, 1u);
  EXPECT_EQ(report.removed, 0u);
  Library library(store());
  EXPECT_EQ(only(library).file, music() / "b.wav");
  EXPECT_TRUE(only(library).record.traits.has_beat());
  EXPECT_EQ(library.catalog().files().size(), 1u);
  EXPECT_TRUE(library.features(only(library))->has_music());
}

TEST_F(UpgradeTest, AnInterruptKeepsWhatIsDone) {
  constexpr std::size_t count = 16;
  for (std::size_t i = 0; i < count; ++i) make("t" + std::to_string(i) + ".wav", i, 20);
  update();
  make_older();
  const auto heard = [&] {
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator(store() / "features"))
      if (entry.path().extension() == ".safetensors")
        found += SafetensorsFile::open(entry.path()).tensors().contains("beats");
    return found;
  };
  Library library(store());
  {
    const std::jthread person([&] {
      for (int i = 0; i < 5000 && heard() < 2; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      request_interrupt();
    });
    EXPECT_EQ(test::refusal([&] { library.update({music()}, 1); }).kind(), ErrorKind::interrupted);
  }
  clear_interrupt();
  std::size_t kept = 0;
  for (const LibraryTrack& track : library.tracks({})) {
    const bool done = track.record.analysis_version == kAnalysisVersion;
    EXPECT_EQ(track.record.traits.has_beat(), done);
    kept += done;
  }
  EXPECT_GE(kept, 1u);
  EXPECT_LT(kept, count);
  const UpdateReport report = library.update({music()});
  EXPECT_EQ(report.unchanged, kept);
  EXPECT_EQ(report.analyzed, count - kept);
  EXPECT_EQ(heard(), count);
  EXPECT_EQ(test::count_files(library.features_folder()), count) << "no partial file stays";
}

TEST_F(UpgradeTest, TwoProcessesMayDoItAtOnce) {
  constexpr std::size_t count = 8;
  for (std::size_t i = 0; i < count; ++i) make("t" + std::to_string(i) + ".wav", i);
  update();
  make_older();
  test::in_processes(2, [&](int) {
    if (!update(1).problems.empty()) throw std::runtime_error("a file was not taken");
  });
  Library library(store());
  EXPECT_TRUE(library.catalog().check().empty());
  EXPECT_TRUE(library.verify().empty());
  for (const LibraryTrack& track : library.tracks({})) {
    EXPECT_TRUE(is_marked(track.record));
    EXPECT_TRUE(track.record.traits.has_beat());
    EXPECT_TRUE(library.features(track)->has_music());
  }
  EXPECT_EQ(library.update({music()}).unchanged, count);
}

}  // namespace
}  // namespace segue
