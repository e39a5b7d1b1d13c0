#include "cli/settings.hpp"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <CLI/Error.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/paths.hpp"

namespace segue::cli {
namespace fs = std::filesystem;
namespace {

Error refuse(const fs::path& file, const std::string& problem) {
  return Error(ErrorKind::usage, problem, file, "mend it; 'segue config' lists the settings");
}

std::string text_of(const toml::node& node, const std::string& key, const fs::path& file) {
  if (const auto* text = node.as_string()) return text->get();
  if (!node.is_value()) throw refuse(file, "'" + key + "' is not a plain value");
  std::ostringstream out;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) out << value.get();
  });
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return out.str();
}

}  // namespace

Settings Settings::find() {
  Settings settings;
  for (const fs::path& candidate : {fs::path("segue.toml"), user_config_folder() / "segue.toml"}) {
    std::error_code code;
    if (fs::exists(candidate, code)) {
      settings.file_ = candidate;
      break;
    }
  }
  if (!settings.file_) return settings;
  try {
    const toml::table table = toml::parse_file(settings.file_->native());
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (const toml::table* section = node.as_table()) {
        for (const auto& [flag, value] : *section) {
          const std::string full = name + "." + std::string(flag.str());
          settings.values_[full] = text_of(value, full, *settings.file_);
        }
      } else {
        settings.values_[name] = text_of(node, name, *settings.file_);
      }
    }
  } catch (const toml::parse_error& error) {
    std::ostringstream line;
    line << "line " << error.source().begin.line << " is not TOML (" << error.description() << ")";
    throw refuse(*settings.file_, line.str());
  }
  return settings;
}

void Settings::apply(CLI::App& app) const {
  for (const auto& [key, value] : values_) {
    const std::size_t dot = key.find('.');
    CLI::Option* option = nullptr;
    try {
      CLI::App* command = dot == std::string::npos ? &app : app.get_subcommand(key.substr(0, dot));
      option = command->get_option("--" + key.substr(dot == std::string::npos ? 0 : dot + 1));
    } catch (const CLI::OptionNotFound&) {
      throw refuse(*file_, "'" + key + "' is not a setting");
    }
    try {
      option->default_val(value);
    } catch (const CLI::Error&) {
      throw refuse(*file_, "'" + value + "' does not suit the setting '" + key + "'");
    }
  }
}

}  // namespace segue::cli
