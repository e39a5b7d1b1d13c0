#include "plan/segmentation.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

TEST(Segmentation, OneNumberIsEqualLengths) {
  const Segmentation segmentation = Segmentation::parse("3", 7);
  EXPECT_EQ(segmentation.kind, SegmentationKind::equal);
  EXPECT_EQ(segmentation.shortest, Seconds(3));
  EXPECT_EQ(segmentation.longest, Seconds(3));
  EXPECT_EQ(segmentation.seed, 0u) << "equal lengths draw nothing";
}

TEST(Segmentation, TwoNumbersAreTheBoundsOfRandomLengths) {
  const Segmentation segmentation = Segmentation::parse(" 0.5-8 ", 7);
  EXPECT_EQ(segmentation.kind, SegmentationKind::random);
  EXPECT_EQ(segmentation.shortest, Seconds(0.5));
  EXPECT_EQ(segmentation.longest, Seconds(8));
  EXPECT_EQ(segmentation.seed, 7u);
}

TEST(Segmentation, TwoEqualBoundsAreEqualLengths) {
  EXPECT_EQ(Segmentation::parse("2-2", 7), Segmentation::parse("2"));
}

TEST(Segmentation, PrintsWhatItReads) {
  for (const char* text : {"3", "0.5", "60", "2.75", "0.5-8", "1.25-59.5", "onsets:3", "onsets:1.5"}) {
    EXPECT_EQ(Segmentation::parse(text).text(), text);
  }
}

TEST(Segmentation, TheKeyTellsApartWhatCutsDifferently) {
  EXPECT_EQ(Segmentation::parse("3", 1).key(), Segmentation::parse("3", 2).key());
  EXPECT_NE(Segmentation::parse("3-4", 1).key(), Segmentation::parse("3-4", 2).key());
  EXPECT_NE(Segmentation::parse("3").key(), Segmentation::parse("4").key());
  Segmentation newer = Segmentation::parse("3");
  newer.version = 2;
  EXPECT_NE(newer.key(), Segmentation::parse("3").key());
  EXPECT_FALSE(Segmentation::of_key(newer.key()));
  for (const char* text : {"3", "0.5-8", "onsets:2.5"}) {
    const Segmentation segmentation = Segmentation::parse(text, 12345678901234567890u);
    EXPECT_EQ(Segmentation::of_key(segmentation.key()), segmentation);
  }
  for (const char* text : {"", "3", "equal:1", " seed ", "3-4 seed x v1", "3 v1 "})
    EXPECT_FALSE(Segmentation::of_key(text)) << text;
}

TEST(Segmentation, NonsenseIsRefusedAsUsage) {
  for (const char* text :
       {"",     " ",      "x",      "3s",      "-3",         "3-",        "-",   "3-4-5",
        "0.49", "60.5",   "8-0.5",  "nan",     "inf",        "1e1",       "3,5", "+3",
        "0x3",  "0.5-61", "onsets", "onsets:", "onsets:0.9", "onsets:3-4"}) {
    EXPECT_EQ(test::refusal([&] { Segmentation::parse(text); }).kind(), ErrorKind::usage) << text;
  }
}

TEST(Segmentation, SurvivesJson) {
  for (const char* text : {"3", "0.5-8", "onsets:3"}) {
    const Segmentation segmentation = Segmentation::parse(text, 0xFFFFFFFFFFFFFFFFu);
    EXPECT_EQ(nlohmann::json::parse(nlohmann::json(segmentation).dump()).get<Segmentation>(),
              segmentation);
  }
}

}  // namespace
}  // namespace segue
