#include "output/companions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace segue {
namespace {

constexpr std::size_t kMostEntries = 99;  // track numbers have two digits
constexpr std::int64_t kFramesPerSecond = 75;

struct Entry {
  PcmFrame begin;        // output PCM frame
  PcmFrame end;          // where the next one begins, or the mix ends
  std::size_t source;    // of the first fragment
  std::size_t more = 0;  // changes of track after it that found no entry of their own
};

// The format knows no escape: a double quote within becomes a single one, and what cannot stand on a
// line becomes visible. Some readers take a backslash before the closing quote for an escape all the
// same.
std::string quoted(const std::string& text) {
  std::string safe = printable(std::string_view(to_valid_utf8(text)));
  std::replace(safe.begin(), safe.end(), '"', '\'');
  if (safe.ends_with('\\')) safe += ' ';
  return '"' + safe + '"';
}

// mm:ss:ff, of which mm may pass 99; rounded down, so that no entry begins after its sound.
std::string index_time(PcmFrame at, int sample_rate) {
  const std::int64_t frames = at * kFramesPerSecond / sample_rate;
  char text[32];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld",
                static_cast<long long>(frames / kFramesPerSecond / 60),
                static_cast<long long>(frames / kFramesPerSecond % 60),
                static_cast<long long>(frames % kFramesPerSecond));
  return text;
}

std::vector<Entry> entries_of(const Plan& plan) {
  const std::vector<PcmFrame> seams = plan.seams();
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    const std::size_t source = plan.placements[i].source;
    if (i > 0 && source == plan.placements[i - 1].source) continue;
    if (i > 0) entries.back().end = seams[i];
    entries.push_back({seams[i], plan.length, source});
  }
  return entries;
}

// As few neighbours as possible share an entry, evenly.
std::vector<Entry> merged(const std::vector<Entry>& entries, std::size_t most) {
  const std::size_t share = (entries.size() + most - 1) / most;
  std::vector<Entry> result;
  for (std::size_t i = 0; i < entries.size(); i += share) {
    result.push_back(entries[i]);
    result.back().more = std::min(share, entries.size() - i) - 1;
    result.back().end = entries[i + result.back().more].end;
  }
  return result;
}

std::string title_of(const PlanSource& source, std::size_t more) {
  std::string title = source.title.empty() ? source.path.stem().native() : source.title;
  if (more > 0) title += " (and " + std::to_string(more) + " more)";
  return title;
}

std::string named(const PlanSource& source, std::size_t more) {
  const std::string name = (source.artist.empty() ? "" : source.artist + " – ") + title_of(source, more);
  return printable(std::string_view(to_valid_utf8(name)));
}

}  // namespace

std::string name_of(const PlanSource& source) { return named(source, 0); }

std::string cue_sheet(const Plan& plan, const std::filesystem::path& audio) {
  const std::vector<Entry> all = entries_of(plan);
  const std::vector<Entry> entries = merged(all, kMostEntries);
  std::string sheet;
  const auto line = [&sheet](const std::string& text) { sheet += text + "\n"; };
  if (entries.size() < all.size()) {
    line("REM " + std::to_string(all.size()) + " changes of track share " +
         std::to_string(entries.size()) + " entries: a CUE sheet holds at most 99");
  }
  line("TITLE " + quoted(audio.stem().native()));
  const bool is_mp3 = lower_ascii(audio.extension().native()) == ".mp3";
  line("FILE " + quoted(audio.filename().native()) + (is_mp3 ? " MP3" : " WAVE"));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const PlanSource& source = plan.sources[entries[i].source];
    line("  TRACK " + std::string(i + 1 < 10 ? "0" : "") + std::to_string(i + 1) + " AUDIO");
    line("    TITLE " + quoted(title_of(source, entries[i].more)));
    if (!source.artist.empty()) line("    PERFORMER " + quoted(source.artist));
    line("    INDEX 01 " + index_time(entries[i].begin, plan.sample_rate));
  }
  return sheet;
}

std::string playlist_of(const Plan& plan) {
  std::string list = "#EXTM3U\n";
  for (const Entry& entry : entries_of(plan)) {
    const PlanSource& source = plan.sources[entry.source];
    const std::string path = std::filesystem::absolute(source.path).native();
    if (path.find_first_of("\r\n") != std::string::npos) {
      list += "# left out, as its name has a line break: " + printable(source.path) + "\n";
      continue;
    }
    const double seconds = to_seconds(entry.end - entry.begin, plan.sample_rate).count();
    list +=
        "#EXTINF:" + std::to_string(std::llround(seconds)) + "," + name_of(source) + "\n" + path + "\n";
  }
  return list;
}

std::string label_track(const Plan& plan) {
  std::string labels;
  for (const Entry& entry : entries_of(plan)) {
    char times[64];
    std::snprintf(times, sizeof times, "%.6f\t%.6f\t", to_seconds(entry.begin, plan.sample_rate).count(),
                  to_seconds(entry.end, plan.sample_rate).count());
    labels += times + name_of(plan.sources[entry.source]) + "\n";
  }
  return labels;
}

std::vector<Chapter> chapters_of(const Plan& plan, std::size_t most) {
  std::vector<Chapter> chapters;
  for (const Entry& entry : merged(entries_of(plan), most))
    chapters.push_back({to_seconds(entry.begin, plan.sample_rate),
                        to_seconds(entry.end, plan.sample_rate),
                        named(plan.sources[entry.source], entry.more)});
  return chapters;
}

std::string tracklist(const Plan& plan) {
  std::string list;
  for (const Entry& entry : entries_of(plan))
    list += format_time(to_seconds(entry.begin, plan.sample_rate)) + "  " +
            name_of(plan.sources[entry.source]) + "\n";
  return list;
}

}  // namespace segue
