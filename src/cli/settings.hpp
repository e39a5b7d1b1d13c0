// Settings come from flags, then segue.toml, then defaults.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace segue::cli {

// segue.toml: global flags at the top, those of a command in a table of its name, e.g.
//   seed = 7
//   [mix]
//   length = "10:00"
// Keys are the long flags. Looked for in the working folder, else in the configuration folder.
class Settings {
 public:
  // Throws Error(usage) naming the line that is no TOML.
  static Settings find();

  // Makes the file's values the defaults of the flags. Throws Error(usage) for an unknown key or a
  // value that the flag refuses.
  void apply(CLI::App& app) const;

  const std::optional<std::filesystem::path>& file() const { return file_; }
  // Whether the file sets COMMAND.FLAG (or FLAG for global ones).
  bool sets(const std::string& key) const { return values_.contains(key); }

 private:
  std::optional<std::filesystem::path> file_;
  std::map<std::string, std::string> values_;
};

}  // namespace segue::cli
