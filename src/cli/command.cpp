#include "cli/command.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "analysis/analyzer.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace segue::cli {
namespace {

bool has_left = false;

}  // namespace

std::string Context::command_line() const {
  std::string line = "segue";
  for (const std::string& argument : arguments) {
    const bool plain = argument.find_first_of(" '\"\\$&;|<>()*?[]") == std::string::npos;
    line += " " + (plain ? argument : shell_word(argument));
  }
  return to_valid_utf8(line);
}

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

void set_example(CLI::App& command, const std::string& example) {
  command.footer("Example:\n  " + example);
}

bool reader_has_left() { return has_left; }

void to_stdout(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() ||
      std::fputc('\n', stdout) == EOF || std::fflush(stdout) != 0) {
    has_left = errno == EPIPE;
    throw Error(ErrorKind::output, "standard output cannot be written", {}, "check where it leads");
  }
}

void to_stdout(const nlohmann::json& json) {
  to_stdout(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string count_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  const auto check = [low, high](std::string& text) -> std::string {
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = code == std::errc() && end == text.data() + text.size();
    if (whole && number >= low && number <= high) return {};
    return "'" + printable(std::string_view(text)) + "' is not a whole number from " +
           std::to_string(low) + " to " + std::to_string(high);
  };
  return CLI::Validator(check, "");
}

std::vector<fs::path> to_paths(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

UpdateReport update_library(Library& library, const std::vector<fs::path>& music, std::size_t workers) {
  UpdateReport report = library.update(music, workers);
  for (const FileProblem& problem : report.problems) log_warning("skipped: " + problem.reason);
  std::string summary = count_of(report.files, "file") + ", " + std::to_string(report.analyzed) +
                        " analyzed (" + format_time(report.decoded) + " of audio), " +
                        std::to_string(report.unchanged) + " unchanged";
  const auto also = [&](std::size_t count, const char* what) {
    if (count > 0) summary += ", " + std::to_string(count) + " " + what;
  };
  also(report.changed, "changed");
  also(report.moved, "moved");
  also(report.retagged, "retagged");
  also(report.doubles, report.doubles == 1 ? "double" : "doubles");
  also(report.removed, "removed");
  also(report.problems.size(), "skipped");
  log_info(summary);
  return report;
}

bool hear_what_older_did_not(Library& library, const std::vector<LibraryTrack>& tracks) {
  std::vector<fs::path> outdated;
  for (const LibraryTrack& track : tracks)
    if (track.record.analysis_version != kAnalysisVersion) outdated.push_back(track.file);
  if (!outdated.empty()) update_library(library, outdated);
  return !outdated.empty();
}

std::vector<LibraryTrack> tracks_of(Library& library, const std::vector<fs::path>& music,
                                    const std::string& command) {
  if (!music.empty()) update_library(library, music);
  std::vector<LibraryTrack> tracks = library.tracks(music);
  if (music.empty() && hear_what_older_did_not(library, tracks)) tracks = library.tracks(music);
  if (tracks.empty()) {
    throw music.empty() ? Error(ErrorKind::input, "the library holds no music yet", library.folder(),
                                "name a folder: segue " + command + " ~/Music")
                        : no_usable_music();
  }
  return tracks;
}

nlohmann::json to_json(const UpdateReport& report) {
  nlohmann::json json = {{"files", report.files},
                         {"analyzed", report.analyzed},
                         {"unchanged", report.unchanged},
                         {"changed", report.changed},
                         {"moved", report.moved},
                         {"retagged", report.retagged},
                         {"doubles", report.doubles},
                         {"removed", report.removed},
                         {"decoded_seconds", report.decoded.count()},
                         {"problems", nlohmann::json::array()}};
  for (const FileProblem& problem : report.problems) {
    json["problems"].push_back({{"file", path_to_json(problem.file)}, {"reason", problem.reason}});
  }
  return json;
}

Error no_usable_music() {
  return Error(ErrorKind::input, "none of the files given holds music that can be used", {},
               "give other files; the reasons stand above");
}

}  // namespace segue::cli
