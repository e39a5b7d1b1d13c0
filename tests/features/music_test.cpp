#include "features/music.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"
#include "features/feature_file.hpp"
#include "support/feature_files.hpp"
#include "support/older_features.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

using test::TemporaryFolder;

struct WheelEntry {
  const char* camelot;
  const char* name;     // as segue writes it
  const char* printed;  // as the wheel does
};

// The Camelot wheel as it is printed (Mark Davis, "Harmonic Mixing"), in its own spelling.
constexpr WheelEntry kWheel[] = {
    {"1A", "G# minor", "Ab minor"}, {"1B", "B major", "B major"},    {"2A", "D# minor", "Eb minor"},
    {"2B", "F# major", "F# major"}, {"3A", "A# minor", "Bb minor"},  {"3B", "C# major", "Db major"},
    {"4A", "F minor", "F minor"},   {"4B", "G# major", "Ab major"},  {"5A", "C minor", "C minor"},
    {"5B", "D# major", "Eb major"}, {"6A", "G minor", "G minor"},    {"6B", "A# major", "Bb major"},
    {"7A", "D minor", "D minor"},   {"7B", "F major", "F major"},    {"8A", "A minor", "A minor"},
    {"8B", "C major", "C major"},   {"9A", "E minor", "E minor"},    {"9B", "G major", "G major"},
    {"10A", "B minor", "B minor"},  {"10B", "D major", "D major"},   {"11A", "F# minor", "F# minor"},
    {"11B", "A major", "A major"},  {"12A", "C# minor", "Db minor"}, {"12B", "E major", "E major"},
};

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  for (int tonic = 0; tonic < 12; ++tonic)
    for (const bool minor : {false, true}) keys.push_back({tonic, minor});
  return keys;
}

// The name of what a text is read as.
std::string read(std::string_view text) {
  const auto key = parse_key(text);
  return key ? name_of(*key) : "none";
}

TEST(Key, HasItsNameAndItsPlaceOnTheWheel) {
  std::set<std::string> names;
  for (const auto& [camelot, name, printed] : kWheel) {
    names.insert(name);
    for (const char* form : {camelot, name, printed}) {
      const auto key = parse_key(form);
      ASSERT_TRUE(key) << form;
      EXPECT_EQ(name_of(*key), name) << form;
      EXPECT_EQ(camelot_of(*key), camelot) << form;
    }
  }
  EXPECT_EQ(names.size(), 24u);
  EXPECT_EQ(name_of({0, false}), "C major");
  EXPECT_EQ(name_of({9, true}), "A minor");
}

TEST(Key, IsReadInManyForms) {
  for (const char* form :
       {"F# minor", "f#m", "F#m", "f# MIN", " F#minor ", "Gbm", "Gb min", "11A", "11a"})
    EXPECT_EQ(read(form), "F# minor") << form;
  for (const char* form : {"Bb", "bb", "BB MAJOR", "Bbmaj", "a#", "6B", "06b"})
    EXPECT_EQ(read(form), "A# major") << form;
  EXPECT_EQ(read("b"), "B major") << "no flat";
  EXPECT_EQ(read("a"), "A major");
  EXPECT_EQ(read("bm"), "B minor");
}

TEST(Key, IsReadAtTheSeamsOfTheOctave) {
  EXPECT_EQ(read("Cb"), "B major");
  EXPECT_EQ(read("Fb"), "E major");
  EXPECT_EQ(read("E#"), "F major");
  EXPECT_EQ(read("B#"), "C major");
  EXPECT_EQ(read("Cbm"), "B minor");
  EXPECT_EQ(read("B# minor"), "C minor");
}

TEST(Key, OtherTextIsNone) {
  for (const char* text :
       {"",    " ",   "H",   "h minor", "0A",    "13B",   "8C", "A8",        "8",    "008A", "8 A",
        "-8A", "88A", "C##", "Cbb",     "C dur", "minor", "#m", "C minor 7", "C\nD", "o",    "F\u266F"})
    EXPECT_EQ(read(text), "none") << text;
}

TEST(KeyDistance, CountsStepsOnTheWheel) {
  const Key c{0, false};
  EXPECT_EQ(key_distance(c, c), 0);
  EXPECT_EQ(key_distance(c, {9, true}), 1) << "relative";
  EXPECT_EQ(key_distance(c, {7, false}), 1) << "a fifth up";
  EXPECT_EQ(key_distance(c, {5, false}), 1) << "a fifth down";
  EXPECT_EQ(key_distance(c, {4, true}), 2) << "E minor: a fifth, and the relative of that";
  EXPECT_EQ(key_distance(c, {0, true}), 4) << "parallel: 8B and 5A";
  EXPECT_EQ(key_distance(c, {1, false}), 5) << "a semitone is far";
  EXPECT_EQ(key_distance(c, {6, false}), 6) << "a tritone";
  EXPECT_EQ(key_distance(c, {3, true}), 7) << "the relative of that";
}

TEST(KeyDistance, IsADistanceThatMovesWithBothKeys) {
  for (const Key& a : all_keys()) {
    for (const Key& b : all_keys()) {
      const int distance = key_distance(a, b);
      EXPECT_EQ(distance, key_distance(b, a));
      EXPECT_EQ(distance == 0, a == b);
      EXPECT_LE(distance, 7);
      EXPECT_EQ(distance, key_distance({(a.tonic + 5) % 12, a.minor}, {(b.tonic + 5) % 12, b.minor}));
    }
  }
}

TEST(Mood, LiesInThePlaneOfEnergyAndMode) {
  const auto mood = [](double energy, double valence) {
    MusicTraits traits;
    traits.energy = energy;
    traits.valence = valence;
    return mood_of(traits);
  };
  EXPECT_EQ(mood(.9, .3), "energetic and bright");
  EXPECT_EQ(mood(.9, -.3), "energetic and dark");
  EXPECT_EQ(mood(.1, .3), "calm and bright");
  EXPECT_EQ(mood(.1, -.3), "calm and dark");
  EXPECT_EQ(mood(.5, 0), "moderate and neutral");
}

// What no default could stand for; lengths that differ, so that none is taken for another.
TrackMusic some_music() {
  TrackMusic music;
  music.beats = {{.512345678901234, 3}, {1.0, 0}, {1.5, 1}, {2.0, 2}, {2.5, 3}};
  music.sections = {{.1, 0}, {8.25, 1}, {4000.123456789, 0}};
  music.energy = {0, .25f, 1};
  music.brightness = {0, 440, 9999.5f, 1};
  return music;
}

std::filesystem::path write_music(const TemporaryFolder& folder, const TrackMusic& music) {
  FeatureFileWriter writer(folder.path());
  const std::vector<float> rows(37 * LogMelGeometry::bands, -3.0f);
  writer.append(rows);
  const std::vector<float> loudness = {-20, -21, -22};
  return writer.commit(test::track_id("a"), 40, loudness, music);
}

TEST(FeatureFileMusic, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const auto features = FeatureFile::open(write_music(folder, some_music()));
  ASSERT_TRUE(features->has_music());
  EXPECT_EQ(features->music(), some_music());
  EXPECT_EQ(std::vector<float>(features->loudness().begin(), features->loudness().end()),
            (std::vector<float>{-20, -21, -22}));
  EXPECT_EQ(features->frames(), 37);
}

TEST(FeatureFileMusic, MayBeEmpty) {
  const TemporaryFolder folder;
  const auto features = FeatureFile::open(write_music(folder, {}));
  EXPECT_TRUE(features->has_music()) << "heard, and nothing found";
  EXPECT_EQ(features->music(), TrackMusic());
}

// Tensors and metadata of the format are for others to read: their names are fixed.
TEST(FeatureFileMusic, LiesInTheTensorsThatTheHeaderTellsOf) {
  const TemporaryFolder folder;
  const auto path = write_music(folder, some_music());
  const SafetensorsFile file = SafetensorsFile::open(path);
  const auto floats = [&](const char* name) { return file.floats(name); };
  EXPECT_EQ(file.tensor("beats", DType::f64).count(), 5);
  EXPECT_EQ(file.tensor("beat_places", DType::i32).count(), 5);
  EXPECT_EQ(file.tensor("sections", DType::f64).count(), 3);
  EXPECT_EQ(file.tensor("section_labels", DType::i32).count(), 3);
  EXPECT_EQ(floats("energy"), some_music().energy);
  EXPECT_EQ(floats("brightness"), some_music().brightness);
  for (const auto& [name, tensor] : file.tensors())
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % size_of(tensor.dtype), 0u) << name;
}

TEST(Sections, AreCalledByLettersAsColumnsOfATableAre) {
  const std::pair<int, const char*> names[] = {{0, "A"},   {25, "Z"},  {26, "AA"},
                                               {51, "AZ"}, {52, "BA"}, {702, "AAA"}};
  for (const auto& [label, name] : names) EXPECT_EQ(section_letters(label), name);
}

TEST(FeatureFileMusic, AnOlderFileHasNoneAndSaysSo) {
  const TemporaryFolder folder;
  const auto path = write_music(folder, some_music());
  test::make_older(path);
  const auto features = FeatureFile::open(path);
  EXPECT_EQ(features->frames(), 37);
  EXPECT_EQ(features->loudness().size(), 3u);
  EXPECT_FALSE(features->has_music());
  const Error error = test::refusal([&] { features->music(); });
  EXPECT_EQ(error.kind(), ErrorKind::input);
  EXPECT_EQ(error.file(), path);
  EXPECT_NE(error.problem().find("older segue"), std::string::npos) << error.what();
  EXPECT_NE(error.remedy().find("segue analyze"), std::string::npos) << error.what();
}

// A file with all tensors, of which one is made `count` long, or left out (-1).
void write_with(const std::filesystem::path& path, const std::string& changed, std::int64_t count) {
  const std::vector<std::byte> zeros(8 * 80 * 10);
  std::vector<NamedTensor> tensors = {
      {"log_mel", DType::f16, {2, 80}, {}}, {"beats", DType::f64, {4}, {}},
      {"sections", DType::f64, {2}, {}},    {"loudness", DType::f32, {3}, {}},
      {"beat_places", DType::i32, {4}, {}}, {"section_labels", DType::i32, {2}, {}},
      {"energy", DType::f32, {3}, {}},      {"brightness", DType::f32, {3}, {}},
  };
  std::erase_if(tensors, [&](auto& tensor) { return tensor.name == changed && count < 0; });
  for (NamedTensor& tensor : tensors) {
    if (tensor.name == changed) tensor.shape = {count};
    std::size_t bytes = size_of(tensor.dtype);
    for (const std::int64_t size : tensor.shape) bytes *= static_cast<std::size_t>(size);
    tensor.bytes = std::span(zeros).first(bytes);
  }
  write_safetensors(path, tensors,
                    {{"track", test::track_id("a").hex()}, {"hops", "5"}, {"geometry_version", "1"}});
}

TEST(FeatureFileMusic, ListsThatBelongTogetherHaveOneLength) {
  const TemporaryFolder folder;
  const auto path = folder / "a.safetensors";
  write_with(path, "none", 0);
  EXPECT_TRUE(FeatureFile::open(path)->has_music()) << "unchanged it is taken";
  for (const char* name : {"beats", "beat_places", "sections", "section_labels"}) {
    for (const int count : {0, 3, 5}) {
      write_with(path, name, count);
      const Error error = test::refusal([&] { FeatureFile::open(path); });
      EXPECT_EQ(error.kind(), ErrorKind::input) << name << " " << count;
      EXPECT_EQ(error.file(), path);
      EXPECT_FALSE(error.remedy().empty());
    }
  }
  for (const char* name : {"beat_places", "sections", "section_labels", "energy", "brightness"}) {
    write_with(path, name, -1);
    EXPECT_EQ(test::refusal([&] { FeatureFile::open(path); }).kind(), ErrorKind::input) << name;
  }
}

}  // namespace
}  // namespace segue
