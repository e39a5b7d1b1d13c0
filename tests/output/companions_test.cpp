#include "output/companions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "support/plans.hpp"

namespace segue {
namespace {

using test::placement_of;

// The rules of the format, as any reader takes them.
struct CueTrack {
  int number = 0;
  std::string title, performer;
  double seconds = -1;
};

struct CueSheet {
  std::string file, file_type;
  std::vector<CueTrack> tracks;
};

CueSheet parse_cue(const std::string& text) {
  CueSheet sheet;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(line.find('\r'), std::string::npos);
    std::istringstream words(line);
    std::string command;
    words >> command;
    const std::size_t open = line.find('"');
    const std::size_t close = line.rfind('"');
    const std::string value = open == close ? "" : line.substr(open + 1, close - open - 1);
    EXPECT_EQ(value.find('"'), std::string::npos) << line;
    if (command == "FILE") {
      sheet.file = value;
      sheet.file_type = line.substr(close + 2);
    } else if (command == "TRACK") {
      std::string type;
      sheet.tracks.emplace_back();
      words >> sheet.tracks.back().number >> type;
      EXPECT_EQ(type, "AUDIO");
    } else if (command == "TITLE" && !sheet.tracks.empty()) {
      sheet.tracks.back().title = value;
    } else if (command == "PERFORMER") {
      sheet.tracks.back().performer = value;
    } else if (command == "INDEX") {
      int index = 0;
      int minutes = 0;
      int seconds = 0;
      int frames = 0;
      EXPECT_EQ(std::sscanf(line.c_str(), " INDEX %d %d:%2d:%2d", &index, &minutes, &seconds, &frames),
                4);
      EXPECT_EQ(index, 1);
      EXPECT_LT(seconds, 60);
      EXPECT_LT(frames, 75);
      sheet.tracks.back().seconds = minutes * 60 + seconds + frames / 75.0;
    } else {
      EXPECT_TRUE(command == "REM" || command == "TITLE") << line;
    }
  }
  return sheet;
}

Plan plan_with(std::size_t sources, const std::vector<std::size_t>& order, PcmFrame length) {
  Plan plan;
  for (std::size_t i = 0; i < sources; ++i) {
    PlanSource source;
    source.path = "/music/track " + std::to_string(i) + ".ogg";
    source.sample_rate = 44100;
    source.pcm_frames = 44100 * 1000;
    source.artist = "Artist " + std::to_string(i);
    plan.sources.push_back(source);
  }
  for (const std::size_t source : order) plan.placements.push_back(placement_of(source, 0, length));
  plan.transitions.resize(order.size() - 1);
  plan.length = length * static_cast<PcmFrame>(order.size());
  return plan;
}

TEST(CueSheet, HasAnEntryWhereverTheTrackChanges) {
  auto plan = plan_with(3, {0, 0, 1, 2, 2, 2, 0}, 44100 * 30 + 294);  // 294 frames are half a CUE frame
  plan.sources[1].title = "Say \"hello\"\nworld";
  const auto sheet = parse_cue(cue_sheet(plan, "/somewhere/my mix.flac"));
  EXPECT_EQ(sheet.file, "my mix.flac");
  EXPECT_EQ(sheet.file_type, "WAVE");
  ASSERT_EQ(sheet.tracks.size(), 4u);
  const std::vector<int> places = {0, 2, 3, 6};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(sheet.tracks[i].number, static_cast<int>(i) + 1);
    const double exact = places[i] * (30 + 294 / 44100.0);
    EXPECT_LE(sheet.tracks[i].seconds, exact + 1e-9);
    EXPECT_GT(sheet.tracks[i].seconds, exact - 1 / 75.0);
  }
  EXPECT_EQ(sheet.tracks[0].title, "track 0");
  EXPECT_EQ(sheet.tracks[0].performer, "Artist 0");
  EXPECT_EQ(sheet.tracks[1].title, "Say 'hello'\\nworld");
}

TEST(CueSheet, TellsMp3FromTheRest) {
  const auto plan = plan_with(1, {0}, 44100);
  EXPECT_EQ(parse_cue(cue_sheet(plan, "a.MP3")).file_type, "MP3");
  EXPECT_EQ(parse_cue(cue_sheet(plan, "a.ogg")).file_type, "WAVE");
}

TEST(CueSheet, StaysWithin99Entries) {
  for (const std::size_t changes : {99, 100, 198, 199, 2000}) {
    std::vector<std::size_t> order(changes);
    for (std::size_t i = 0; i < changes; ++i) order[i] = i % 2;
    const std::string text = cue_sheet(plan_with(2, order, 44100), "a.flac");
    const auto sheet = parse_cue(text);
    EXPECT_LE(sheet.tracks.size(), 99u);
    EXPECT_GE(sheet.tracks.size(), 50u);
    EXPECT_EQ(text.find("REM") != std::string::npos, changes > 99) << changes;
    double last = -1;
    for (const auto& track : sheet.tracks) {
      EXPECT_GT(track.seconds, last);
      last = track.seconds;
    }
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Two of the three sources have names that are hard to write down.
Plan plan_of_odd_names() {
  Plan plan = plan_with(3, {0, 0, 1, 2}, 44100 * 30 + 22050);
  plan.sources[1].title = "Tab\there\nand a line";
  plan.sources[2].title = "Plain";
  plan.sources[2].artist.clear();
  return plan;
}

TEST(Playlist, ListsTheSourcesAsTheyPlayAndForHowLong) {
  Plan plan = plan_of_odd_names();
  plan.sources[2].path = "/music/two\nlines.ogg";
  const auto lines = lines_of(playlist_of(plan));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "#EXTM3U");
  EXPECT_EQ(lines[1], "#EXTINF:61,Artist 0 – track 0");
  EXPECT_EQ(lines[2], "/music/track 0.ogg");
  EXPECT_EQ(lines[3], "#EXTINF:31,Artist 1 – Tab\\there\\nand a line");
  EXPECT_EQ(lines[4], "/music/track 1.ogg");
  EXPECT_TRUE(lines[5].starts_with("# left out")) << lines[5];
}

TEST(LabelTrack, CoversTheWholeMixWithoutGaps) {
  const Plan plan = plan_of_odd_names();
  const auto lines = lines_of(label_track(plan));
  ASSERT_EQ(lines.size(), 3u);
  double last = 0;
  for (const std::string& line : lines) {
    double begin = -1;
    double end = -1;
    int title = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%lf\t%lf\t%n", &begin, &end, &title), 2) << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 2) << line;
    EXPECT_NEAR(begin, last, 1e-6);
    last = end;
  }
  EXPECT_NEAR(last, 122, 1e-6);
  EXPECT_EQ(lines[2], "91.500000\t122.000000\tPlain");
}

TEST(Chapters, ShareMarksWhereThereAreTooMany) {
  const Plan plan = plan_of_odd_names();
  const auto all = chapters_of(plan, 999);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].title, "Artist 0 – track 0");
  EXPECT_EQ(all[1].begin, all[0].end);
  const auto shared = chapters_of(plan, 2);
  ASSERT_EQ(shared.size(), 2u);
  EXPECT_EQ(shared[0].title, "Artist 0 – track 0 (and 1 more)");
  EXPECT_EQ(shared[0].end, shared[1].begin);
  EXPECT_DOUBLE_EQ(shared[1].end.count(), 122);
}

TEST(Tracklist, TellsTimesAndNames) {
  EXPECT_EQ(tracklist(plan_of_odd_names()),
            "0:00  Artist 0 – track 0\n1:01  Artist 1 – Tab\\there\\nand a line\n1:31  Plain\n");
}

}  // namespace
}  // namespace segue
