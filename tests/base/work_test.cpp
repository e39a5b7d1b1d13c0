#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "base/content_hash.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

namespace segue {
namespace {

TEST(ParallelFor, DoesEveryItemOnce) {
  std::vector<std::atomic<int>> done(1000);
  parallel_for(done.size(), 4, [&](std::size_t i) { ++done[i]; });
  for (const auto& count : done) EXPECT_EQ(count, 1);
}

TEST(ParallelFor, HandsOnTheFirstErrorAndStops) {
  std::atomic<std::size_t> begun{0};
  EXPECT_THROW(parallel_for(1000000, 2,
                            [&](std::size_t i) {
                              ++begun;
                              if (i == 10) throw Error(ErrorKind::input, "broken");
                            }),
               Error);
  EXPECT_LT(begun, 1000000u);
}

TEST(ParallelFor, AnInterruptEndsIt) {
  EXPECT_THROW(parallel_for(1000000, 2,
                            [](std::size_t i) {
                              if (i == 10) request_interrupt();
                            }),
               Error);
  clear_interrupt();
}

TEST(Random, IsTheSameEverywhere) {
  // xoshiro256** with SplitMix64 seeding from 0, first outputs by the authors' reference code.
  Random random(0);
  EXPECT_EQ(random.next(), 0x99EC5F36CB75F2B4u);
  EXPECT_EQ(random.next(), 0xBF6E1F784956452Au);
}

TEST(Random, FillsItsRangesEvenly) {
  Random random(5);
  std::vector<int> counts(10);
  double sum = 0;
  double squares = 0;
  constexpr int draws = 100000;
  for (int i = 0; i < draws; ++i) {
    ++counts[random.below(10)];
    const double value = random.normal();
    sum += value;
    squares += value * value;
  }
  for (const int count : counts) EXPECT_NEAR(count, draws / 10, 500);  // over five sigma
  EXPECT_NEAR(sum / draws, 0, 0.02);
  EXPECT_NEAR(squares / draws, 1, 0.03);
}

TEST(Random, ShuffleKeepsEveryValue) {
  Random random(3);
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  random.shuffle(std::span(values));
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  EXPECT_EQ(std::set<int>(values.begin(), values.end()).size(), 100u);
}

TEST(ContentHash, MatchesTheReferenceOfXxh128) {
  ContentHasher hasher;  // XXH3-128 of nothing, as the xxhsum program prints it
  EXPECT_EQ(hasher.digest().hex(), "99aa06d3014798d86001c324468d497f");
  hasher.update("a");
  hasher.update("bc");
  ContentHasher whole;
  whole.update("abc");
  EXPECT_EQ(hasher.digest(), whole.digest());
}

TEST(ContentHash, ReadsItsOwnHexAndNothingElse) {
  ContentHasher hasher;
  hasher.update("x");
  const ContentHash hash = hasher.digest();
  EXPECT_EQ(ContentHash::from_hex(hash.hex()), hash);
  EXPECT_FALSE(ContentHash::from_hex("12"));
  EXPECT_FALSE(ContentHash::from_hex(std::string(32, 'g')));
}

}  // namespace
}  // namespace segue
