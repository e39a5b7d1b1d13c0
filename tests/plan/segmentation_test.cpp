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
  for (const char* text : {"3", "0.5", "60", "2.75", "0.5-8", "1.25-59.5", "onsets:3", "onsets:1.5",
                           "beats", "beats:4", "bars", "bars:2", "bars:32", "phrases"}) {
    EXPECT_EQ(Segmentation::parse(text).text(), text);
  }
}

TEST(Segmentation, BeatsBarsAndPhrasesAreWhatTheMusicSays) {
  struct Case {
    const char* text;
    SegmentationKind kind;
    int count;
    double seconds;  // where there is no beat
  };
  for (const Case& wanted :
       {Case{"beats", SegmentationKind::beats, 1, 1}, Case{"beats:4", SegmentationKind::beats, 4, 2},
        Case{" bars ", SegmentationKind::bars, 1, 2}, Case{"bars:2", SegmentationKind::bars, 2, 4},
        Case{"bars:32", SegmentationKind::bars, 32, 60},
        Case{"phrases", SegmentationKind::phrases, 1, 8}}) {
    const Segmentation segmentation = Segmentation::parse(wanted.text, 7);
    EXPECT_EQ(segmentation.kind, wanted.kind) << wanted.text;
    EXPECT_TRUE(segmentation.by_beats());
    EXPECT_EQ(segmentation.count, wanted.count);
    EXPECT_EQ(segmentation.shortest, Seconds(wanted.seconds)) << wanted.text;
    EXPECT_EQ(segmentation.longest, segmentation.shortest);
    EXPECT_EQ(segmentation.seed, 0u) << "nothing is drawn";
  }
  for (const char* text : {"3", "0.5-8", "onsets:3"}) EXPECT_FALSE(Segmentation::parse(text).by_beats());
  EXPECT_EQ(Segmentation::parse("bars:1"), Segmentation::parse("bars"));
}

TEST(Segmentation, TheKeyTellsApartWhatCutsDifferently) {
  EXPECT_EQ(Segmentation::parse("3", 1).key(), Segmentation::parse("3", 2).key());
  EXPECT_NE(Segmentation::parse("3-4", 1).key(), Segmentation::parse("3-4", 2).key());
  EXPECT_NE(Segmentation::parse("3").key(), Segmentation::parse("4").key());
  EXPECT_EQ(Segmentation::parse("bars", 1).key(), Segmentation::parse("bars", 2).key());
  EXPECT_NE(Segmentation::parse("bars").key(), Segmentation::parse("bars:2").key());
  EXPECT_NE(Segmentation::parse("beats:4").key(), Segmentation::parse("bars").key());
  Segmentation newer = Segmentation::parse("3");
  newer.version = 2;
  EXPECT_NE(newer.key(), Segmentation::parse("3").key());
  EXPECT_FALSE(Segmentation::of_key(newer.key()));
  for (const char* text :
       {"3", "0.5-8", "onsets:2.5", "beats", "beats:4", "bars", "bars:2", "phrases"}) {
    const Segmentation segmentation = Segmentation::parse(text, 12345678901234567890u);
    EXPECT_EQ(Segmentation::of_key(segmentation.key()), segmentation);
  }
  for (const char* text :
       {"", "3", "equal:1", " seed ", "3-4 seed x v1", "3 v1 ", "bars", "bars:1 v1", "bars v2"})
    EXPECT_FALSE(Segmentation::of_key(text)) << text;
}

TEST(Segmentation, NonsenseIsRefusedAsUsage) {
  for (const char* text :
       {"",           " ",        "x",         "3s",       "-3",      "3-",       "-",
        "3-4-5",      "0.49",     "60.5",      "8-0.5",    "nan",     "inf",      "1e1",
        "3,5",        "+3",       "0x3",       "0.5-61",   "onsets",  "onsets:",  "onsets:0.9",
        "onsets:3-4", "bar",      "beat",      "phrase",   "bars:",   "bars:0",   "bars:33",
        "bars:-1",    "bars:x",   "bars:2x",   "bars:1.5", "bars: 2", "bars:2:2", "bars:99999999999",
        "beats:0",    "beats:33", "phrases:2", "phrases:", "Bars",    "bars 2",   "bars-2"}) {
    EXPECT_EQ(test::refusal([&] { Segmentation::parse(text); }).kind(), ErrorKind::usage) << text;
  }
}

TEST(Segmentation, SurvivesJson) {
  for (const char* text : {"3", "0.5-8", "onsets:3", "beats", "beats:4", "bars", "bars:2", "phrases"}) {
    const Segmentation segmentation = Segmentation::parse(text, 0xFFFFFFFFFFFFFFFFu);
    EXPECT_EQ(nlohmann::json::parse(nlohmann::json(segmentation).dump()).get<Segmentation>(),
              segmentation);
  }
}

TEST(Segmentation, OlderJsonKnewNoCount) {
  nlohmann::json json = Segmentation::parse("0.5-8", 3);
  json.erase("count");
  EXPECT_EQ(json.get<Segmentation>(), Segmentation::parse("0.5-8", 3));
}

TEST(Segmentation, JsonThatIsNoneIsRefusedNamingTheField) {
  const nlohmann::json sound = Segmentation::parse("bars:2");
  const auto refused = [&](const char* field, const nlohmann::json& value) {
    nlohmann::json json = sound;
    json[field] = value;
    return test::refusal([&] { json.get<Segmentation>(); }, ErrorKind::input);
  };
  EXPECT_NE(refused("kind", "bar").find("phrases"), std::string::npos);
  EXPECT_NE(refused("count", "2").find("count"), std::string::npos);
  for (const int count : {0, -1, 33})
    EXPECT_NE(refused("count", count).find("1 … 32"), std::string::npos) << count;
}

}  // namespace
}  // namespace segue
