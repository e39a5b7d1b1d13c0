#include "planning/library_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;
using test::MixLibrary;
using test::OpinionatedModel;

constexpr std::size_t kNumbers = 7;

struct House {
  House() {
    model.embedding_size = kNumbers;
    model.embedding = test::hashed_embedding(kNumbers);
    model.on_entries = [this](std::size_t count) { heard += count; };
    config.segmentation = Segmentation::parse("1");
  }

  IndexKey key() const { return {weights, config.segmentation.key()}; }
  fs::path file() { return LibraryIndex::file_of(music.library(), key()); }
  FragmentPool pool() { return FragmentPool(config, music.library(), music.tracks()); }

  // Counts what is heard for it.
  void open() {
    heard = 0;
    const FragmentPool all = pool();
    const auto session = model.open_session(all.set(), 0, 1);
    const LibraryIndex index(music.library(), all, key(), *session);
  }

  // Opens the index and asks it; it must say what comparing all says, but for a share of `misses`.
  void expect_right(Random& random, std::size_t exact = FragmentIndex::kExact, double misses = 0) {
    const FragmentPool all = pool();
    const auto session = model.open_session(all.set(), 0, 1);
    const LibraryIndex index(music.library(), all, key(), *session, exact);
    std::size_t found = 0, asked = 0;
    std::vector<std::size_t> numbers(all.fragments().size());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    const std::vector<float> entries = session->entries(numbers);
    for (int question = 0; question < 10; ++question) {
      const std::size_t last[] = {random.below(numbers.size())};
      const std::vector<float> exit = session->exit(last);
      const std::size_t part = 1 + random.below(4);
      const auto allowed = [&](std::size_t i) { return i % part == 0; };
      std::vector<std::pair<double, std::size_t>> distances;
      for (std::size_t i = 0; i < numbers.size(); i += part) {
        double sum = 0;
        for (std::size_t k = 0; k < kNumbers; ++k) {
          const double step = exit[k] - entries[i * kNumbers + k];
          sum += step * step;
        }
        distances.emplace_back(sum, i);
      }
      std::sort(distances.begin(), distances.end());
      distances.resize(std::min<std::size_t>(20, distances.size()));
      std::vector<std::size_t> wanted;
      for (const auto& [distance, i] : distances) wanted.push_back(i);
      std::sort(wanted.begin(), wanted.end());
      const std::vector<std::size_t> nearest = index.nearest(exit, 20, allowed);
      EXPECT_EQ(nearest.size(), wanted.size());
      EXPECT_TRUE(std::all_of(nearest.begin(), nearest.end(), allowed));
      for (const std::size_t one : nearest)
        found += std::binary_search(wanted.begin(), wanted.end(), one) ? 1 : 0;
      asked += wanted.size();
      if (misses == 0) {
        EXPECT_EQ(nearest, wanted);
      }
    }
    EXPECT_GE(static_cast<double>(found), (1 - misses) * static_cast<double>(asked));
  }

  MixLibrary music;
  MixConfig config;
  OpinionatedModel model{test::hashed_opinion(10)};
  ContentHash weights = test::track_id("weights");
  std::size_t heard = 0;  // entries asked for
};

TEST(LibraryIndex, IsRightWhileTracksComeAndGo) {
  House house;
  Random random(1);
  std::vector<std::string> names;
  for (int round = 0; round < 12; ++round) {
    for (std::uint64_t i = 0; i < 1 + random.below(4); ++i) {
      names.push_back("track " + std::to_string(round) + "." + std::to_string(i));
      house.music.add(names.back(), random.uniform(5, 200));
    }
    if (names.size() > 2 && random.below(2) == 0) {
      const auto gone = names.begin() + static_cast<std::ptrdiff_t>(random.below(names.size()));
      house.music.remove(*gone);
      names.erase(gone);
    }
    house.expect_right(random);
  }
  const auto [index, about] = FragmentIndex::read(house.file());
  EXPECT_EQ(index.size(), house.pool().fragments().size()) << "what is gone is forgotten";
}

// As a library of very many fragments: more than are compared exactly.
TEST(LibraryIndex, IsRightBeyondWhatIsComparedExactly) {
  constexpr std::size_t kExact = 200;
  House house;
  Random random(9);
  std::vector<std::string> names;
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 4; ++i) {
      names.push_back("track " + std::to_string(round) + "." + std::to_string(i));
      house.music.add(names.back(), random.uniform(50, 400));
    }
    const auto gone = names.begin() + static_cast<std::ptrdiff_t>(random.below(names.size()));
    house.music.remove(*gone);
    names.erase(gone);
    house.expect_right(random, kExact, 0.1);
  }
  const auto [index, about] = FragmentIndex::read(house.file(), kExact);
  EXPECT_FALSE(index.exact());
  EXPECT_EQ(index.size(), house.pool().fragments().size()) << "what is gone is forgotten";
  // A little of it is compared exactly, whatever lies beside.
  std::vector<LibraryTrack>& tracks = house.music.tracks();
  while (house.pool().fragments().size() > kExact) tracks.pop_back();
  ASSERT_FALSE(tracks.empty());
  ASSERT_GT(house.pool().fragments().size(), 20u);
  house.expect_right(random, kExact);
}

TEST(LibraryIndex, HearsOnlyWhatIsNew) {
  House house;
  house.music.add("a", 30);
  house.music.add("b", 20);
  const auto open = [&] {
    house.heard = 0;
    const FragmentPool pool = house.pool();
    const auto session = house.model.open_session(pool.set(), 0, 1);
    const LibraryIndex index(house.music.library(), pool, house.key(), *session);
    return index.size();
  };
  EXPECT_EQ(open(), 50u);
  EXPECT_EQ(house.heard, 50u);
  EXPECT_EQ(open(), 50u);
  EXPECT_LE(house.heard, 8u) << "a few, to be sure";
  house.music.add("c", 10);
  EXPECT_EQ(open(), 60u);
  EXPECT_LE(house.heard, 10u + 8u);
  // A mix from part of the music leaves the rest where it is, and finds nothing of it.
  house.music.tracks().erase(house.music.tracks().begin());
  EXPECT_EQ(open(), 60u);
  Random random(2);
  house.expect_right(random);
}

TEST(LibraryIndex, OtherWeightsOrCutsHaveAnotherFile) {
  House house;
  house.music.add("a", 30);
  Random random(3);
  house.expect_right(random);
  std::set<fs::path> files = {house.file()};
  house.weights = test::track_id("others");
  house.expect_right(random);
  files.insert(house.file());
  house.config.segmentation = Segmentation::parse("2-3", 5);
  house.expect_right(random);
  files.insert(house.file());
  EXPECT_EQ(files.size(), 3u);
  for (const fs::path& file : files) EXPECT_TRUE(fs::exists(file));
}

TEST(LibraryIndex, OldFilesGo) {
  House house;
  house.music.add("a", 30);
  Random random(4);
  for (std::size_t i = 0; i < LibraryIndex::kKept + 5; ++i) {
    house.weights = test::track_id("weights " + std::to_string(i));
    house.expect_right(random);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const fs::path folder = house.file().parent_path();
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()),
            static_cast<std::ptrdiff_t>(LibraryIndex::kKept));
  EXPECT_TRUE(fs::exists(house.file()));
}

TEST(LibraryIndex, AFileThatIsDamagedOrOfAnotherNetworkIsMadeAgain) {
  House house;
  house.music.add("a", 60);
  Random random(5);
  house.expect_right(random);
  const std::string sound = test::read_bytes(house.file());
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{100}, sound.size() / 2, sound.size() - 1}) {
    test::write_bytes(house.file(), sound.substr(0, length));
    house.expect_right(random);
    EXPECT_EQ(test::read_bytes(house.file()).size(), sound.size());
  }
  for (int round = 0; round < 60; ++round) {  // whatever is wrong: an answer, no crash
    std::string bytes = sound;
    bytes[random.below(2000)] ^= static_cast<char>(1 << random.below(8));
    test::write_bytes(house.file(), bytes);
    const FragmentPool pool = house.pool();
    const auto session = house.model.open_session(pool.set(), 0, 1);
    const LibraryIndex index(house.music.library(), pool, house.key(), *session);
    EXPECT_GE(index.size(), pool.fragments().size());
  }
  test::write_bytes(house.file(), sound);
  // Other weights under the same name.
  house.model.embedding = [](const test::NamedFragment& fragment, bool exit) {
    std::vector<float> numbers = test::hashed_embedding(kNumbers)(fragment, exit);
    for (float& number : numbers) number = 1 - number;
    return numbers;
  };
  house.expect_right(random);
}

TEST(LibraryIndex, AFolderThatCannotBeWrittenCostsOnlyTime) {
  House house;
  house.music.add("a", 60);
  Random random(6);
  test::write_bytes(house.music.library().folder() / "index", "a file, not a folder");
  house.expect_right(random);
}

TEST(LibraryIndex, InterruptedItKeepsWhatItHasHeard) {
  House house;
  house.music.add("long", 1200);
  const auto open = [&] { house.open(); };
  const auto count = house.model.on_entries;
  house.model.on_entries = [&](std::size_t more) {
    count(more);
    if (house.heard > 600) request_interrupt();
  };
  EXPECT_EQ(test::refusal(open).kind(), ErrorKind::interrupted);
  clear_interrupt();
  house.model.on_entries = count;
  open();
  EXPECT_LT(house.heard, 400u);
  Random random(7);
  house.expect_right(random);
}

TEST(LibraryIndex, InterruptedWhileItIsOpenedItStaysAsItWas) {
  House house;
  house.music.add("long", 1200);
  const auto open = [&] { house.open(); };
  open();
  const auto count = house.model.on_entries;
  house.model.on_entries = [](std::size_t) {
    throw Error(ErrorKind::interrupted, "interrupted");  // as a session that looks up from its work
  };
  EXPECT_EQ(test::refusal(open).kind(), ErrorKind::interrupted);
  house.model.on_entries = count;
  open();
  EXPECT_LT(house.heard, 100u) << "the few by which it is tried";
}

// Another fragment has the id already.
TEST(LibraryIndex, FragmentsOfTheSameHashGetIdsOfTheirOwn) {
  House house;
  const TrackId first = house.music.add("a", 20).record.id;
  house.music.add("b", 20);
  Random random(8);
  house.expect_right(random);
  auto [index, about] = FragmentIndex::read(house.file());
  const std::int64_t id = LibraryIndex::id_of(first, 0);
  EXPECT_TRUE(index.contains(id));
  // As if the first fragment of b had got it, when a was not there yet.
  const SafetensorsFile old = SafetensorsFile::open(house.file());
  const TrackId other = test::track_id("b");
  FragmentIndex taken(kNumbers);
  const std::int64_t start = 0, one = 1;
  taken.add(std::span(&id, 1), house.model.embedding({other, 0}, false));
  const NamedTensor beside[] = {
      {"tracks", DType::u8, {1, 16}, std::as_bytes(std::span(other.bytes))},
      {"counts", DType::i64, {1}, std::as_bytes(std::span(&one, 1))},
      {"starts", DType::i64, {1}, std::as_bytes(std::span(&start, 1))},
      {"fragments", DType::i64, {1}, std::as_bytes(std::span(&id, 1))},
  };
  taken.write(house.file(), about, beside);
  house.expect_right(random);
  const auto [again, same] = FragmentIndex::read(house.file());
  EXPECT_EQ(again.size(), house.pool().fragments().size());
  EXPECT_TRUE(again.contains(id));
  EXPECT_TRUE(again.contains(id + 1));
  EXPECT_FALSE(again.contains(LibraryIndex::id_of(other, 0)));
}

}  // namespace
}  // namespace segue
