#include "base/paths.hpp"

#include <cstdlib>
#include <vector>

#include "base/error.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

fs::path xdg_folder(const char* variable, const char* fallback) {
  // The specification says to ignore relative paths.
  if (const char* value = std::getenv(variable); value != nullptr && value[0] == '/') {
    return fs::path(value) / "segue";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && home[0] != '\0' ? home : "/tmp") / fallback / "segue";
}

}  // namespace

fs::path user_data_folder() { return xdg_folder("XDG_DATA_HOME", ".local/share"); }
fs::path user_config_folder() { return xdg_folder("XDG_CONFIG_HOME", ".config"); }
fs::path user_cache_folder() { return xdg_folder("XDG_CACHE_HOME", ".cache"); }

fs::path find_shipped(std::string_view relative) {
  std::vector<fs::path> roots;
  if (const char* home = std::getenv("SEGUE_HOME")) roots.emplace_back(home);
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  fs::path folder = program.parent_path();
  for (int level = 0; level < 4 && folder.has_relative_path(); ++level) {
    roots.push_back(folder);
    roots.push_back(folder / "share" / "segue");
    roots.push_back(folder / "lib" / "segue");
    folder = folder.parent_path();
  }
  for (const fs::path& root : roots) {
    if (fs::exists(root / relative, code)) return root / relative;
  }
  return {};
}

std::filesystem::path temporary_folder() {
  std::error_code code;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(code);
  if (code) {
    const char* wanted = std::getenv("TMPDIR");
    throw Error(ErrorKind::output, "there is no such folder for temporary files",
                wanted ? wanted : "/tmp", "set TMPDIR to one that can be written");
  }
  return folder;
}

void make_folders(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw write_error(folder, code.value());
}

}  // namespace segue
