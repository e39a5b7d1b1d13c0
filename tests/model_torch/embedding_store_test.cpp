#include "model_torch/embedding_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/log.hpp"
#include "support/feature_files.hpp"
#include "support/processes.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using Fragment = EmbeddingStore::Fragment;
using Embedding = std::vector<float>;

class EmbeddingStoreTest : public testing::Test {
 protected:
  EmbeddingStoreTest() { set_verbosity(Verbosity::quiet); }

  static Fragment fragment(Hop start, Hop guard = 0, const std::string& heard = "music") {
    return {{start, 43}, guard, test::track_id(heard)};
  }
  static Embedding embedding(float first) { return {first, -0.0f, 1e-30f}; }
  EmbeddingStore store() const { return {folder_ / "kept", origin_, 3}; }
  std::filesystem::path file() const { return folder_ / "kept" / (track_.hex() + ".safetensors"); }

  test::TemporaryFolder folder_;
  std::map<std::string, std::string> origin_{{"encoder", "e"}, {"geometry_version", "1"}};
  TrackId track_ = test::track_id("track");
};

TEST_F(EmbeddingStoreTest, GivesBackWhatWasWrittenAndNothingElse) {
  {
    EmbeddingStore first = store();
    first.add(track_, fragment(0), embedding(1));
    first.add(track_, fragment(43), embedding(2));
    EXPECT_FALSE(std::filesystem::exists(file())) << "not one file a fragment";
  }
  {
    EmbeddingStore second = store();
    EXPECT_EQ(second.find(track_, fragment(43)), embedding(2));
    second.add(track_, fragment(0, 5), embedding(3));
    second.write();
    EXPECT_EQ(second.find(track_, fragment(0, 5)), embedding(3));
  }
  const EmbeddingStore third = store();
  EXPECT_EQ(third.find(track_, fragment(0)), embedding(1)) << "kept beside what came later";
  EXPECT_EQ(third.find(track_, fragment(0, 5)), embedding(3));
  EXPECT_FALSE(third.find(track_, fragment(43, 5)));
  EXPECT_FALSE(third.find(track_, fragment(86)));
  EXPECT_FALSE(third.find(track_, {{0, 44}, 0, fragment(0).heard}));
  EXPECT_FALSE(third.find(test::track_id("another"), fragment(0)));
  EXPECT_FALSE(third.find(track_, fragment(0, 0, "analysed anew"))) << "other log-mel";
  EXPECT_EQ(test::count_files(folder_ / "kept"), 1u);
}

TEST_F(EmbeddingStoreTest, WhatIsOfAnotherOriginIsNotUsed) {
  store().add(track_, fragment(0), embedding(1));
  for (const char* changed : {"encoder", "geometry_version", "arithmetic"}) {
    auto other = origin_;
    other[changed] = "2";
    EXPECT_FALSE(EmbeddingStore(folder_ / "kept", other, 3).find(track_, fragment(0))) << changed;
  }
  EXPECT_FALSE(EmbeddingStore(folder_ / "kept", origin_, 4).find(track_, fragment(0))) << "width";
  std::filesystem::rename(file(), folder_ / "kept" / (test::track_id("b").hex() + ".safetensors"));
  EXPECT_FALSE(store().find(test::track_id("b"), fragment(0))) << "the file of another track";
}

TEST_F(EmbeddingStoreTest, ADamagedFileIsMadeAgain) {
  store().add(track_, fragment(0), embedding(1));
  const std::string sound = test::read_bytes(file());
  for (std::size_t size = 0; size < sound.size(); size += 7) {
    test::write_bytes(file(), sound.substr(0, size));
    ASSERT_FALSE(store().find(track_, fragment(0))) << "cut off after " << size;
  }
  std::size_t unharmed = 0;
  for (std::size_t byte = 0; byte < sound.size(); ++byte) {
    std::string flipped = sound;
    flipped[byte] = static_cast<char>(flipped[byte] ^ 0x10);
    test::write_bytes(file(), flipped);
    const auto found = store().find(track_, fragment(0));
    if (found) ++unharmed;
    ASSERT_TRUE(!found || *found == embedding(1)) << "byte " << byte;
  }
  EXPECT_LT(unharmed, 16u) << "no more than spaces at the end of the header";
  test::write_bytes(file(), "no tensors");
  store().add(track_, fragment(43), embedding(2));
  EXPECT_EQ(store().find(track_, fragment(43)), embedding(2));
  EXPECT_FALSE(store().find(track_, fragment(0)));
}

TEST_F(EmbeddingStoreTest, WhereNothingCanBeWrittenNothingIsKept) {
  test::write_bytes(folder_ / "kept", "a file stands where the folder should");
  EmbeddingStore nowhere = store();
  for (Hop i = 0; i < 3; ++i) {
    nowhere.add(track_, fragment(i), embedding(1));
    nowhere.write();
    EXPECT_FALSE(nowhere.find(track_, fragment(i)));
  }
  EXPECT_EQ(test::count_files(folder_.path()), 1u);
}

TEST_F(EmbeddingStoreTest, ManyThreadsAndProcessesShareAFolder) {
  constexpr int kProcesses = 4, kThreads = 3, kRounds = 12;
  const auto value = [](Hop start) { return embedding(static_cast<float>(start)); };
  test::in_processes(kProcesses, [&](int process) {
    EmbeddingStore shared = store();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < kRounds; ++round) {
          const Hop start = 1000 * process + 100 * thread + round;
          shared.add(track_, fragment(start), value(start));
          shared.write();
          for (Hop other = 0; other < 1000 * kProcesses; other += 100) {
            const auto found = shared.find(track_, fragment(other));
            if (found && *found != value(other)) std::abort();
          }
        }
      });
    }
  });
  // Who was displaced is missing; what is there is right, and the last to write is there whole.
  const EmbeddingStore last = store();
  int most = 0;
  for (int process = 0; process < kProcesses; ++process) {
    int found_here = 0;
    for (int i = 0; i < kThreads * kRounds; ++i) {
      const Hop start = 1000 * process + 100 * (i / kRounds) + i % kRounds;
      const auto found = last.find(track_, fragment(start));
      if (!found) continue;
      ++found_here;
      ASSERT_EQ(*found, value(start));
    }
    most = std::max(most, found_here);
  }
  EXPECT_GT(most, 0);
  EXPECT_EQ(test::count_files(folder_ / "kept"), 1u) << "nothing half-written is left";
}

}  // namespace
}  // namespace segue
