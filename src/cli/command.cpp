#include "cli/command.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace segue::cli {

std::string Context::command_line() const {
  std::string line = "segue";
  for (const std::string& argument : arguments) {
    const bool plain = argument.find_first_of(" '\"\\$&;|<>()*?[]") == std::string::npos;
    line += plain ? " " + argument : " '" + argument + "'";
  }
  return to_valid_utf8(line);
}

void set_example(CLI::App& command, const std::string& example) {
  command.footer("Example:\n  " + example);
}

void to_stdout(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() ||
      std::fputc('\n', stdout) == EOF || std::fflush(stdout) != 0) {
    throw Error(ErrorKind::output, "standard output cannot be written", {}, "check where it leads");
  }
}

void to_stdout(const nlohmann::json& json) {
  to_stdout(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::vector<fs::path> to_paths(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

UpdateReport update_library(Library& library, const std::vector<fs::path>& music, std::size_t workers) {
  UpdateReport report = library.update(music, workers);
  for (const FileProblem& problem : report.problems) log_warning("skipped: " + problem.reason);
  std::string summary = std::to_string(report.files) + " files, " + std::to_string(report.analyzed) +
                        " analyzed (" + format_time(report.decoded) + " of audio), " +
                        std::to_string(report.unchanged) + " unchanged";
  const auto also = [&](std::size_t count, const char* what) {
    if (count > 0) summary += ", " + std::to_string(count) + " " + what;
  };
  also(report.changed, "changed");
  also(report.moved, "moved");
  also(report.retagged, "retagged");
  also(report.doubles, "doubles");
  also(report.removed, "removed");
  also(report.problems.size(), "skipped");
  log_info(summary);
  return report;
}

}  // namespace segue::cli
