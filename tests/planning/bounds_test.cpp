#include "planning/bounds.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using test::TemporaryFolder;

constexpr Seconds kLength{600};

TEST(EnergyCurve, RisesFallsStaysOrComesInWaves) {
  const EnergyCurve rise = EnergyCurve::parse("rise", kLength);
  const EnergyCurve fall = EnergyCurve::parse("fall", kLength);
  const EnergyCurve flat = EnergyCurve::parse("flat", kLength);
  const EnergyCurve wave = EnergyCurve::parse("wave", kLength);
  for (double share = 0; share < 1; share += 0.01) {
    EXPECT_LT(rise.at(share), rise.at(share + 0.01));
    EXPECT_GT(fall.at(share), fall.at(share + 0.01));
    EXPECT_NEAR(rise.at(share), fall.at(1 - share), 1e-12);
    EXPECT_EQ(flat.at(share), 0.5);
    EXPECT_NEAR(wave.at(share), wave.at(share + (share < 0.5 ? 0.5 : -0.5)), 0.02);
  }
  EXPECT_NEAR(wave.at(0), 0.1, 1e-12);
  EXPECT_NEAR(wave.at(0.25), 0.9, 1e-12);
  EXPECT_NEAR(wave.at(0.5), 0.1, 1e-12);
  for (const EnergyCurve& curve : {rise, fall, flat, wave}) {
    for (const double share : {-1.0, 0.0, 0.3, 1.0, 2.0}) {
      EXPECT_GE(curve.at(share), 0.1 - 1e-12);
      EXPECT_LE(curve.at(share), 0.9 + 1e-12);
    }
  }
}

TEST(EnergyCurve, IsReadFromAFileOfSharesOrTimes) {
  const TemporaryFolder folder;
  test::write_bytes(folder / "curve.txt",
                    "# how the evening goes\n"
                    "0:00 0.2\r\n"
                    "\n"
                    "  25%,1\n"
                    "\t5:00;0.5\n"
                    "#\n"
                    "450\t0\n"
                    "100% .75");
  const EnergyCurve curve = EnergyCurve::parse(folder / "curve.txt", kLength);
  ASSERT_EQ(curve.points.size(), 5u);
  EXPECT_DOUBLE_EQ(curve.at(0), 0.2);
  EXPECT_DOUBLE_EQ(curve.at(0.125), 0.6);
  EXPECT_DOUBLE_EQ(curve.at(0.25), 1);
  EXPECT_DOUBLE_EQ(curve.at(0.5), 0.5);
  EXPECT_DOUBLE_EQ(curve.at(0.75), 0);
  EXPECT_DOUBLE_EQ(curve.at(1), 0.75);
  EXPECT_DOUBLE_EQ(curve.at(1.5), 0.75);
}

TEST(EnergyCurve, AloneOnePointHoldsThroughout) {
  const TemporaryFolder folder;
  test::write_bytes(folder / "curve.txt", "50% 0.3\n");
  const EnergyCurve curve = EnergyCurve::parse(folder / "curve.txt", kLength);
  for (const double share : {0.0, 0.5, 1.0}) EXPECT_EQ(curve.at(share), 0.3);
}

TEST(EnergyCurve, NamesTheLineThatIsWrong) {
  const TemporaryFolder folder;
  for (const char* line :
       {"50%", "50% high", "50% 1.1", "50% -0.1", "50% nan", "50% 0.5 0.6", "soon 0.5", "-5% 0.5",
        "% 0.5", "x% 0.5", "inf 0.5", "10% 0.5", "9% 0.5", "1:99 0.5"}) {
    test::write_bytes(folder / "curve.txt", std::string("# first\n10% 0.5\n") + line + "\n");
    const std::string text =
        test::refusal([&] { EnergyCurve::parse(folder / "curve.txt", kLength); }, ErrorKind::input);
    EXPECT_NE(text.find("line 3"), std::string::npos) << line << ": " << text;
    EXPECT_NE(text.find("curve.txt"), std::string::npos) << text;
  }
}

TEST(EnergyCurve, WhatIsNoCurveIsRefused) {
  const TemporaryFolder folder;
  for (const char* text : {"up", "", "Rise", "/none/curve.txt"}) {
    const std::string said = test::refusal([&] { EnergyCurve::parse(text, kLength); }, ErrorKind::usage);
    EXPECT_NE(said.find("rise"), std::string::npos) << said;
  }
  for (const char* text : {"", "\n\n", "# nothing but words\n"}) {
    test::write_bytes(folder / "curve.txt", text);
    const std::string said =
        test::refusal([&] { EnergyCurve::parse(folder / "curve.txt", kLength); }, ErrorKind::input);
    EXPECT_NE(said.find("curve.txt"), std::string::npos);
  }
  EXPECT_NO_THROW(test::refusal([&] { EnergyCurve::parse(folder.path(), kLength); }).what());
}

TEST(MoodBound, IsAHalfOrAQuarterOfThePlane) {
  struct Case {
    const char* text;
    int energy, mode;
  };
  for (const Case& wanted :
       {Case{"energetic", 1, 0}, Case{"calm", -1, 0}, Case{"bright", 0, 1}, Case{"dark", 0, -1},
        Case{"energetic-bright", 1, 1}, Case{"calm-dark", -1, -1}, Case{"dark-energetic", 1, -1}}) {
    const MoodBound mood = MoodBound::parse(wanted.text);
    EXPECT_EQ(mood.energy, wanted.energy) << wanted.text;
    EXPECT_EQ(mood.mode, wanted.mode) << wanted.text;
  }
  for (const char* text :
       {"sad", "Calm", "calm dark", "calm-", "-calm", "calm--dark", "calm-sad", "-"}) {
    const std::string said = test::refusal([&] { MoodBound::parse(text); }, ErrorKind::usage);
    EXPECT_NE(said.find("calm-dark"), std::string::npos) << said;
  }
}

TEST(MoodBound, OppositesAreNoMood) {
  for (const char* text : {"calm-energetic", "bright-dark", "dark-calm-bright"})
    test::refusal([&] { MoodBound::parse(text); }, ErrorKind::usage);
}

TEST(Bounds, ThatMakeNoSenseAreRefused) {
  const double nan = std::nan("");
  const std::vector<std::function<void(Bounds&)>> edits = {
      [](Bounds& b) { b.least = Seconds(3.9); },
      [](Bounds& b) { b.least = Seconds(151); },
      [=](Bounds& b) { b.least = Seconds(nan); },
      [](Bounds& b) { b.most = Seconds(1e9); },
      [=](Bounds& b) { b.most = Seconds(nan); },
      [](Bounds& b) { b.stretch = -0.01; },
      [](Bounds& b) { b.stretch = 0.51; },
      [=](Bounds& b) { b.stretch = nan; },
      [](Bounds& b) {
        b.tempo = {130, 100};
      },
      [](Bounds& b) {
        b.tempo = {0, 100};
      },
      [](Bounds& b) {
        b.tempo = {100, INFINITY};
      },
      [=](Bounds& b) {
        b.tempo = {nan, nan};
      },
      [](Bounds& b) { b.no_repeat = Seconds(-1); },
      [=](Bounds& b) { b.no_repeat = Seconds(nan); },
      [](Bounds& b) { b.artist_apart = Seconds(-1); },
      [=](Bounds& b) { b.artist_apart = Seconds(nan); },
      [](Bounds& b) { b.like_share = 0; },
      [](Bounds& b) { b.like_share = 1.01; },
      [=](Bounds& b) { b.like_share = nan; },
  };
  EXPECT_NO_THROW(Bounds().validate());
  for (std::size_t i = 0; i < edits.size(); ++i) {
    Bounds bounds;
    edits[i](bounds);
    EXPECT_EQ(test::refusal([&] { bounds.validate(); }).kind(), ErrorKind::usage) << i;
  }
  Bounds edge;
  edge.least = edge.most = Seconds(4);
  edge.stretch = 0;
  edge.tempo = {120, 120};
  edge.no_repeat = Seconds(0);
  edge.like_share = 1;
  EXPECT_NO_THROW(edge.validate());
}

}  // namespace
}  // namespace segue
