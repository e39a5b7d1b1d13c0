// segue analyze: bring the library up to date.
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace segue::cli {
namespace {

struct AnalyzeFlags {
  std::vector<std::string> music;
  std::size_t workers = 0;
};

void analyze(const AnalyzeFlags& options, const Context& context) {
  Library library(context.library_folder);
  const std::vector<fs::path> music = to_paths(options.music);
  const UpdateReport report = update_library(library, music, options.workers);
  if (context.json) to_stdout(to_json(report));
  if (!report.problems.empty() && library.tracks(music).empty()) throw no_usable_music();
}

}  // namespace

void add_analyze(CLI::App& app, Context& context) {
  auto options = std::make_shared<AnalyzeFlags>();
  CLI::App* command = app.add_subcommand("analyze", "Listen to music and remember what was heard");
  command->add_option("music", options->music, "Files, folders, playlists")->required();
  command->add_option("--workers", options->workers, "Files heard at once; 0 = one per core")
      ->check(whole_number(0, kMostThreads))
      ->capture_default_str();
  set_example(*command, "segue analyze ~/Music");
  command->callback(
      [options, &context] { context.action = [options, &context] { analyze(*options, context); }; });
}

}  // namespace segue::cli
