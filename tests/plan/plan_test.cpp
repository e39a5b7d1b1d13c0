#include "plan/plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "support/feature_files.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using Json = nlohmann::json;
using test::TemporaryFolder;

// Two sources at different rates, three placements of 2 s, crossfades of 100 ms.
Plan example() {
  Plan plan;
  plan.segue_version = "0.1.0";
  plan.system = "crnn";
  plan.model = "crnn-tuned";
  plan.weights = test::track_id("weights").hex();
  plan.choosing = {8, 0.5, 10, 20, {}};
  plan.analysis_version = 1;
  plan.segmentation = Segmentation::parse("0.5-8", 3);
  plan.seed = 0xFFFFFFFFFFFFFFFFu;
  plan.sample_rate = 44100;
  plan.length = 5 * 44100;
  plan.target_lufs = -16.1;
  plan.tracks_to_choose = 79;
  plan.sources = {{test::track_id("a"), "/music/\xC3\xA4 100%\xFF\n.flac", 48000, 480000, "Ä", "B"},
                  {test::track_id("b"), "/music/b.ogg", 44100, 441000, "", ""}};
  plan.placements = {{0, 48000, 96000, -1.25, true, 0, "start", {}},
                     {1, 44100, 88200, 0.1, false, 0.7071068, "best of 9 heard", {{0, 192000, 0.5}}},
                     {0, 192000, 96000, 3, true, 0.25, "best of 8 heard", {}}};
  plan.transitions = {{TransitionKind::equal_power_crossfade, 2205, 2205},
                      {TransitionKind::equal_power_crossfade, 2205, 2205}};
  return plan;
}

std::string refusal(const std::function<void()>& act) { return test::refusal(act, ErrorKind::input); }

TEST(Plan, TheExampleIsValid) { EXPECT_NO_THROW(example().validate()); }

TEST(Plan, IsReadAsItWasWrittenWhateverTheFileNames) {
  const TemporaryFolder folder;
  const Plan plan = example();
  plan.write(folder / "mix.plan.json");
  const Plan read = Plan::read(folder / "mix.plan.json");
  EXPECT_EQ(Json(read), Json(plan));
  EXPECT_EQ(read.sources[0].path, plan.sources[0].path) << "bytes that are not UTF-8 must survive";
  EXPECT_EQ(read.seed, plan.seed);
  EXPECT_EQ(read.segmentation, plan.segmentation);
  EXPECT_EQ(read.placements[1].runners_up[0].start, 192000);
}

TEST(Plan, TheSamePlanGivesTheSameBytes) {
  const TemporaryFolder folder;
  example().write(folder / "a.json");
  Plan::read(folder / "a.json").write(folder / "b.json");
  EXPECT_EQ(test::read_bytes(folder / "a.json"), test::read_bytes(folder / "b.json"));
}

TEST(Plan, NumbersAreReadBackExactly) {
  Plan plan = example();
  plan.placements[1].gain_db = 0.1 + 0.2;
  plan.placements[1].score = 1e-6;
  const Plan read = Json::parse(Json(plan).dump()).get<Plan>();
  EXPECT_EQ(read.placements[1].gain_db, 0.1 + 0.2);
  EXPECT_EQ(read.placements[1].score, 1e-6);
}

TEST(Plan, UnknownFieldsAreIgnored) {
  Json json = example();
  json["mood"] = "blue";
  json["placements"][0]["colour"] = 3;
  EXPECT_EQ(Json(json.get<Plan>()), Json(example()));
}

TEST(Plan, ANewerVersionIsRefusedNamingTheFile) {
  const TemporaryFolder folder;
  Json json = example();
  json["plan_version"] = Plan::version + 1;
  json.erase("placements");
  test::write_bytes(folder / "new.json", json.dump());
  const std::string text = refusal([&] { Plan::read(folder / "new.json"); });
  EXPECT_NE(text.find("new.json"), std::string::npos);
  EXPECT_NE(text.find("newer segue"), std::string::npos);
}

// What plans of an older segue do not tell.
const std::set<std::string> kMayBeMissing = {"groups", "tempo_bpm", "key", "count", "tracks_to_choose"};

TEST(Plan, MissingFieldsAndWrongTypesAreNamed) {
  const Json whole = example();
  // For each field: without it, and with something else in its place.
  const Json flat = whole.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (value.is_null()) continue;  // an empty list
    const Json::json_pointer pointer(path);
    Json without = whole;
    without[pointer.parent_pointer()].erase(pointer.back());
    if (kMayBeMissing.contains(pointer.back())) {
      EXPECT_NO_THROW(without.get<Plan>()) << path;
    } else {
      const std::string text = refusal([&] { without.get<Plan>(); });
      EXPECT_NE(text.find(pointer.back()), std::string::npos) << text;
    }
    for (const Json& other : {Json::array({1}), Json("\x01"), Json(-1.5), Json(nullptr), Json(true)}) {
      if (other.type() == value.type() || (other.is_number() && value.is_number_float())) continue;
      Json wrong = whole;
      wrong[pointer] = other;
      EXPECT_NE(refusal([&] { wrong.get<Plan>(); }).find(pointer.back()), std::string::npos);
    }
  }
}

TEST(Plan, WhoElseHadASayIsToldAndMayBeMissing) {
  Plan plan = example();
  plan.choosing.critics = {test::track_id("critic").hex()};
  Json json = plan;
  const Plan read = json.get<Plan>();
  EXPECT_EQ(read.choosing.critics, plan.choosing.critics);
  EXPECT_EQ(read.choosing.beam, 8u);
  json["choosing"]["critics"] = {1};
  EXPECT_NE(refusal([&] { json.get<Plan>(); }).find("choosing.critics"), std::string::npos);
  json.erase("choosing");
  EXPECT_TRUE(json.get<Plan>().choosing.critics.empty()) << "plans made elsewhere need not tell";
}

// The example as style mix tells it.
Plan mixed() {
  Plan plan = example();
  plan.style = "mix";
  plan.segmentation = Segmentation::parse("bars:2");
  plan.choosing.groups = 3;
  plan.sources[0].tempo_bpm = 123.25;
  plan.sources[0].key = "F# minor";
  plan.placements[1].bounds = SeamBounds{7, {{"heard", 4}, {"tempo", 2}}, {"key", "stretch"}};
  plan.placements[2].bounds = SeamBounds{1, {}, {}};
  return plan;
}

TEST(Plan, WhatTheBoundsLeftIsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const Plan plan = mixed();
  plan.write(folder / "mix.plan.json");
  const Plan read = Plan::read(folder / "mix.plan.json");
  EXPECT_EQ(Json(read), Json(plan));
  EXPECT_EQ(read.choosing.groups, 3u);
  EXPECT_EQ(read.sources[0].tempo_bpm, 123.25);
  EXPECT_EQ(read.sources[0].key, "F# minor");
  EXPECT_FALSE(read.placements[0].bounds);
  EXPECT_EQ(read.placements[1].bounds, plan.placements[1].bounds);
  EXPECT_EQ(read.placements[2].bounds, plan.placements[2].bounds);
}

TEST(Plan, AnOlderPlanKnewNoBoundsTempoKeyOrGroups) {
  Json json = mixed();
  json["choosing"].erase("groups");
  json["segmentation"].erase("count");
  for (Json& source : json["sources"]) {
    source.erase("tempo_bpm");
    source.erase("key");
  }
  for (Json& placement : json["placements"]) placement.erase("bounds");
  const Plan read = json.get<Plan>();
  EXPECT_NO_THROW(read.validate());
  EXPECT_EQ(read.choosing.groups, 0u);
  EXPECT_EQ(read.segmentation.count, 1);
  EXPECT_EQ(read.sources[0].tempo_bpm, 0);
  EXPECT_EQ(read.sources[0].key, "");
  EXPECT_FALSE(read.placements[1].bounds);
}

TEST(Plan, APathMayNotHoldNul) {
  Json json = mixed();
  json["sources"][0]["path"] = "/music/%00a.flac";
  EXPECT_NE(refusal([&] { json.get<Plan>(); }).find("sources[0].path"), std::string::npos);
}

TEST(Plan, BoundsThatMakeNoSenseAreNamed) {
  const auto refused = [](const char* field, const Json& value) {
    Json json = mixed();
    json["placements"][1]["bounds"][field] = value;
    return refusal([&] { json.get<Plan>(); });
  };
  for (const Json& other : {Json("x"), Json(-1), Json(nullptr), Json::array({1})}) {
    EXPECT_NE(refused("left", other).find("left"), std::string::npos);
    EXPECT_NE(refused("relaxed", other).find("relaxed"), std::string::npos);
    EXPECT_NE(refused("cut", other).find("cut"), std::string::npos);
    EXPECT_NE(refused("cut", {{"key", other}}).find("key"), std::string::npos);
  }
}

TEST(Plan, WhatIsNoPlanIsRefused) {
  const TemporaryFolder folder;
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("fLaC"), std::string("{}"),
        std::string("{\"plan_version\": 1e300}"), std::string(1000, '['), std::string("\0\0", 2)}) {
    test::write_bytes(folder / "bad.json", text);
    EXPECT_NE(refusal([&] { Plan::read(folder / "bad.json"); }).find("bad.json"), std::string::npos);
  }
  EXPECT_NE(refusal([&] { Plan::read(folder / "none.json"); }).find("none.json"), std::string::npos);
  EXPECT_NE(refusal([&] { Plan::read(folder.path()); }).find("segue-test"), std::string::npos);
}

TEST(Plan, NonsenseOfHandEditingIsNamed) {
  const double infinity = std::numeric_limits<double>::infinity();
  const PcmFrame huge = std::numeric_limits<PcmFrame>::max();
  struct Case {
    const char* says;
    std::function<void(Plan&)> edit;
  };
  const std::vector<Case> cases = {
      {"'sample_rate'", [](Plan& p) { p.sample_rate = 7999; }},
      {"'sample_rate'", [](Plan& p) { p.sample_rate = 192001; }},
      {"'length'", [](Plan& p) { p.length = 0; }},
      {"'length'", [](Plan& p) { p.length = -1; }},
      {"'length' is longer", [](Plan& p) { p.length = 6 * 44100 + 1; }},
      {"'length'", [=](Plan& p) { p.length = huge; }},
      {"'target_lufs'", [=](Plan& p) { p.target_lufs = -infinity; }},
      {"'ceiling_dbtp'", [](Plan& p) { p.ceiling_dbtp = std::nan(""); }},
      {"source 1", [](Plan& p) { p.sources[1].path.clear(); }},
      {"source 0", [](Plan& p) { p.sources[0].sample_rate = 0; }},
      {"source 0", [](Plan& p) { p.sources[0].pcm_frames = -5; }},
      {"no placement", [](Plan& p) { p.placements.clear(); }},
      {"placement 1", [](Plan& p) { p.placements[1].source = 2; }},
      {"placement 1", [](Plan& p) { p.placements[1].start = -1; }},
      {"placement 1", [](Plan& p) { p.placements[1].length = 0; }},
      {"placement 1", [](Plan& p) { p.placements[1].length = -88200; }},
      {"placement 1 reaches outside", [](Plan& p) { p.placements[1].start = 441000 - 88199; }},
      {"placement 1 reaches outside", [=](Plan& p) { p.placements[1].length = huge; }},
      {"placement 1 reaches outside", [=](Plan& p) { p.placements[1].start = huge; }},
      {"gain", [](Plan& p) { p.placements[2].gain_db = std::nan(""); }},
      {"gain", [=](Plan& p) { p.placements[2].gain_db = -infinity; }},
      {"gain", [](Plan& p) { p.placements[2].gain_db = 24.001; }},
      {"score", [=](Plan& p) { p.placements[2].score = infinity; }},
      {"runner-up", [](Plan& p) { p.placements[1].runners_up[0].source = 9; }},
      {"runner-up", [](Plan& p) { p.placements[1].runners_up[0].start = 480000; }},
      {"runners-up", [](Plan& p) { p.placements[1].runners_up.resize(6); }},
      {"1 transitions", [](Plan& p) { p.transitions.pop_back(); }},
      {"3 transitions", [](Plan& p) { p.transitions.push_back({}); }},
      {"transition 0", [](Plan& p) { p.transitions[0].before = -1; }},
      {"transition 0", [=](Plan& p) { p.transitions[0].after = huge; }},
      {"ahead of the start", [](Plan& p) { p.placements[1].start = 2204; }},
      {"beyond the end", [](Plan& p) { p.placements[1].start = 441000 - 88200 - 2204; }},
      {"placement 2 begins after the end", [](Plan& p) { p.length = 4 * 44100; }},
      {"beyond the end of the mix", [](Plan& p) { p.length = 4 * 44100 + 2204; }},
      // The middle placement is heard from 88200 to 176400.
      {"placement 2 overlaps",
       [](Plan& p) {
         p.transitions[0].after = 44100;
         p.transitions[1].before = 44101;
       }},
      {"placement 1 overlaps",
       [](Plan& p) {
         p.placements[1].start = 300000;
         p.transitions[0].before = 88201;
       }},
  };
  for (const Case& entry : cases) {
    Plan plan = example();
    entry.edit(plan);
    const std::string text = refusal([&] { plan.validate("hand.json"); });
    EXPECT_NE(text.find(entry.says), std::string::npos) << text << " should say " << entry.says;
    EXPECT_NE(text.find("hand.json"), std::string::npos);
  }
}

TEST(Plan, TransitionsMayTouch) {
  Plan plan = example();
  plan.transitions[0].after = 44100;
  plan.transitions[1].before = 44100;
  EXPECT_NO_THROW(plan.validate());
}

TEST(Plan, SeamsLieAtTheSumOfSourceTime) {
  Plan plan = example();
  EXPECT_EQ(plan.seams(), (std::vector<PcmFrame>{0, 88200, 176400}));
  plan.sample_rate = 22050;
  EXPECT_EQ(plan.seams(), (std::vector<PcmFrame>{0, 44100, 88200}));
}

TEST(Plan, SeamsDoNotDriftInADayOfMusic) {
  // 30,000 placements at two rates, none of them whole in output frames: 1 + 1001/48000 s each.
  Plan plan = example();
  plan.placements.assign(30000, plan.placements[0]);
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    plan.placements[i].source = i % 2;
    plan.placements[i].length = i % 2 == 0 ? 49001 : 44101;
  }
  const std::vector<PcmFrame> seams = plan.seams();
  for (std::size_t i = 0; i < seams.size(); ++i) {
    // In units of 1 / (48000 × 44100) s: exact in 64 bits.
    const auto first = static_cast<std::int64_t>((i + 1) / 2);
    const auto second = static_cast<std::int64_t>(i / 2);
    const std::int64_t exact = first * 49001 * 44100 + second * 44101 * 48000;
    const std::int64_t expected = (2 * exact + 48000) / (2 * 48000);  // nearest, halves up
    ASSERT_EQ(seams[i], expected) << "placement " << i;
  }
}

}  // namespace
}  // namespace segue
