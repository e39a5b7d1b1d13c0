// When tracks begin in a recording, from what lies beside it.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/text_file.hpp"
#include "judge/seam_measures.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

constexpr Seconds kAround{8};    // of where a track is said to begin
constexpr double kLatest = 1e6;  // s
constexpr Seconds kClosest{1};   // two tracks begin
constexpr int kCueFrames = 75;   // a second
constexpr std::size_t kMostLines = 100000;

struct Begin {
  Seconds at{0};
  std::string title;
};

[[noreturn]] void refuse(const fs::path& file, std::size_t line, const char* what) {
  throw Error(ErrorKind::input, "line " + std::to_string(line) + " " + what, file,
              "mend it or take it away");
}

// INDEX 01 mm:ss:ff of each TRACK.
std::vector<Begin> read_cue(const fs::path& file, std::istream& in) {
  std::vector<Begin> begins;
  std::string line, title;
  for (std::size_t number = 1; number <= kMostLines && std::getline(in, line); ++number) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    const std::string text = line.substr(first);
    if (text.starts_with("TITLE ")) {
      title = text.substr(6);
      std::erase_if(title, [](char c) { return c == '"' || c == '\r'; });
    }
    if (!text.starts_with("INDEX 01 ")) continue;
    int minutes = 0, seconds = 0, frames = 0;
    if (std::sscanf(text.c_str(), "INDEX 01 %d:%d:%d", &minutes, &seconds, &frames) != 3 ||
        minutes < 0 || seconds < 0 || seconds > 59 || frames < 0 || frames >= kCueFrames)
      refuse(file, number, "holds no time mm:ss:ff");
    begins.push_back(
        {Seconds(60.0 * minutes + seconds + static_cast<double>(frames) / kCueFrames), title});
  }
  return begins;
}

// "BEGIN<tab>END<tab>NAME" in seconds.
std::vector<Begin> read_labels(const fs::path& file, std::istream& in) {
  std::vector<Begin> begins;
  std::string line;
  for (std::size_t number = 1; number <= kMostLines && std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    double begin = 0, end = 0;
    int read = 0;
    if (std::sscanf(line.c_str(), "%lf\t%lf%n", &begin, &end, &read) != 2 ||
        !(begin >= 0 && begin < kLatest))
      refuse(file, number, "holds no label (begin, end and name with tabs between)");
    std::string name = line.substr(std::min(line.size(), static_cast<std::size_t>(read) + 1));
    std::erase(name, '\r');
    begins.push_back({Seconds(begin), name});
  }
  return begins;
}

}  // namespace

std::vector<SeamTime> seam_times_beside(const fs::path& file) {
  for (const char* ending : {".cue", ".labels.txt", ".txt"}) {
    const fs::path beside = fs::path(file).replace_extension(ending);
    std::error_code code;
    if (!fs::exists(beside, code) || beside == file) continue;
    std::istringstream in(read_text_file(beside));
    std::vector<Begin> begins =
        std::string_view(ending) == ".cue" ? read_cue(beside, in) : read_labels(beside, in);
    if (begins.empty())
      throw Error(ErrorKind::input, "names no track and no time", beside, "mend it or take it away");
    if (begins.size() < 2)
      throw Error(ErrorKind::input, "names one track alone, so that there is no seam", beside,
                  "say where each track begins");
    std::stable_sort(begins.begin(), begins.end(), [](auto& a, auto& b) { return a.at < b.at; });
    const auto twins = std::adjacent_find(begins.begin(), begins.end(),
                                          [](auto& a, auto& b) { return b.at - a.at < kClosest; });
    if (twins != begins.end())
      throw Error(ErrorKind::input,
                  "lets two tracks begin at " + format_time(twins->at) + ", less than a second apart",
                  beside, "say where each track begins");
    std::vector<SeamTime> times;
    for (std::size_t i = 1; i < begins.size(); ++i) {
      // Less where tracks follow each other soon, so that seams do not overlap.
      const Seconds next = i + 1 < begins.size() ? begins[i + 1].at - begins[i].at : 2 * kAround;
      const Seconds around = std::min({kAround, (begins[i].at - begins[i - 1].at) / 2, next / 2});
      times.push_back(
          {begins[i].at - around, begins[i].at + around, begins[i - 1].title, begins[i].title});
    }
    return times;
  }
  return {};
}

}  // namespace segue
