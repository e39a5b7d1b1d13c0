// segue config: every setting, its value, and where the value comes from.
#include <nlohmann/json.hpp>

#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/settings.hpp"

namespace segue::cli {
namespace {

struct Setting {
  std::string key;
  std::string value;
  std::string source;
};

void collect(const CLI::App& command, const std::string& prefix, const Settings& settings,
             std::vector<Setting>& all) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty() || option->get_lnames().front() == "help" ||
        option->get_lnames().front() == "version") {
      continue;
    }
    const std::string key = prefix + option->get_lnames().front();
    std::string value = option->count() > 0 ? option->results().front() : option->get_default_str();
    if (option->get_expected_max() == 0 && value.empty()) value = "false";
    const char* source = option->count() > 0 ? "flag" : settings.sets(key) ? "file" : "default";
    all.push_back({key, value, source});
  }
}

void show(const CLI::App& app, const Context& context) {
  const Settings settings = Settings::find();
  std::vector<Setting> all;
  collect(app, "", settings, all);
  for (const CLI::App* command : app.get_subcommands({})) {
    collect(*command, command->get_name() + ".", settings, all);
  }
  const std::string file = settings.file() ? printable(*settings.file()) : "";
  if (context.json) {
    nlohmann::json json = {{"file", file}, {"settings", nlohmann::json::object()}};
    for (const Setting& setting : all) {
      json["settings"][setting.key] = {{"value", setting.value}, {"source", setting.source}};
    }
    to_stdout(json);
    return;
  }
  to_stdout("# settings file: " + (file.empty()
                                       ? "none (" + printable(user_config_folder() / "segue.toml") +
                                             " or ./segue.toml would be read)"
                                       : file));
  for (const Setting& setting : all) {
    to_stdout(setting.key + " = " + printable(std::string_view(setting.value)) + "   # " +
              setting.source);
  }
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("config", "Show every setting and where its value comes from");
  set_example(*command, "segue config --json");
  command->callback([&app, &context] { context.action = [&app, &context] { show(app, context); }; });
}

}  // namespace segue::cli
