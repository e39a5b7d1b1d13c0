#include "library/fragment_loudness.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace segue {
namespace {

constexpr float kSilent = -std::numeric_limits<float>::infinity();

TEST(GatedLoudness, OfConstantBlocksIsTheirs) {
  EXPECT_NEAR(gated_loudness(std::vector<float>(10, -23.0f)), -23, 1e-9);
}

TEST(GatedLoudness, IsTheMeanOfEnergies) {
  // Half at -20, half at -26.0206 LUFS: energies 1 and 1/4 give 5/8.
  EXPECT_NEAR(gated_loudness(std::vector<float>{-20.0f, -26.0206f}), -20 + 10 * std::log10(0.625), 1e-5);
}

TEST(GatedLoudness, SilenceDoesNotCount) {
  EXPECT_NEAR(gated_loudness(std::vector<float>{-20, kSilent, -71, -20, kSilent}), -20, 1e-6);
  EXPECT_EQ(gated_loudness(std::vector<float>{kSilent, -70.1f}), kSilent);
  EXPECT_EQ(gated_loudness({}), kSilent);
}

TEST(GatedLoudness, WhatIsTenUnitsSofterThanTheMeanDoesNotCount) {
  // The mean of -20 and -40 is -22.97: the gate is at -32.97.
  EXPECT_NEAR(gated_loudness(std::vector<float>{-20, -40}), -20, 1e-6);
  EXPECT_LT(gated_loudness(std::vector<float>{-20, -32}), -22);
}

// A block a second at 10 Hz: block k ends at (k + 1) / 10 s.
class BlocksInside : public testing::Test {
 protected:
  BlocksInside() : momentary_(100) {
    for (std::size_t k = 0; k < momentary_.size(); ++k) momentary_[k] = static_cast<float>(k);
  }
  std::vector<float> momentary_;
};

TEST_F(BlocksInside, TheWindowOfEachLiesInTheFragment) {
  for (Hop start = 0; start < 300; start += 7) {
    for (Hop length = 22; start + length < 400; length += 13) {
      const FragmentSpan span{start, length};
      const auto blocks = blocks_inside(momentary_, span);
      const double begin = hops_to_seconds(span.start).count();
      const double end = hops_to_seconds(span.end()).count();
      std::vector<float> expected;
      for (std::size_t k = 0; k < momentary_.size(); ++k) {
        const double window_end = 0.1 * static_cast<double>(k + 1);
        if (window_end - 0.4 >= begin - 1e-6 && window_end <= end + 1e-6)
          expected.push_back(momentary_[k]);
      }
      ASSERT_EQ(std::vector<float>(blocks.begin(), blocks.end()), expected) << start << "+" << length;
      ASSERT_FALSE(expected.empty()) << "half a second always holds one window";
    }
  }
}

TEST_F(BlocksInside, AShortPieceTakesTheBlockThatOverlapsItMost) {
  // 93 ms around 5.03 s: the window centred nearest to it ends at 5.2 s.
  const auto blocks = blocks_inside(momentary_, {to_hops(Seconds(5.0)), 4});
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0], 51.0f);
  EXPECT_EQ(blocks_inside(momentary_, {0, 1}).size(), 1u);
  EXPECT_EQ(blocks_inside(momentary_, {100000, 30}).size(), 1u) << "never outside";
  EXPECT_TRUE(blocks_inside({}, {0, 30}).empty());
}

}  // namespace
}  // namespace segue
