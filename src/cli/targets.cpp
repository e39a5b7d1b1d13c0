#include "cli/targets.hpp"

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace segue::cli {
namespace fs = std::filesystem;
namespace {

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code code;
  if (fs::equivalent(a, b, code)) return true;
  const fs::path first = fs::weakly_canonical(fs::absolute(a), code),
                 second = fs::weakly_canonical(fs::absolute(b), code);
  return !first.empty() && first == second;
}

}  // namespace

void check_targets(const std::vector<Target>& targets, const std::vector<fs::path>& read) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::string remedy = "choose another name with " + targets[i].option;
    for (const fs::path& file : read)
      if (same_file(targets[i].file, file))
        throw Error(ErrorKind::usage, "is read by this command", targets[i].file, remedy);
    for (std::size_t k = 0; k < i; ++k)
      if (same_file(targets[i].file, targets[k].file))
        throw Error(ErrorKind::usage, "would be written twice", targets[i].file, remedy);
    const CommittedFile probe(targets[i].file);
  }
}

void refuse_music_as_targets(const std::vector<Target>& targets, Library& library) {
  std::vector<FileRecord> files;
  for (const Target& target : targets) {
    std::error_code code;
    const fs::path found = fs::weakly_canonical(target.file, code);
    if (code || !fs::exists(found, code)) continue;
    if (files.empty()) files = library.catalog().files();
    for (const FileRecord& file : files) {
      if (file.path == found && file.track)
        throw Error(ErrorKind::usage, "is music of your library", target.file,
                    "choose another name with " + target.option);
    }
  }
}

void refuse_music_as_targets(const std::vector<Target>& targets, const fs::path& library_folder) {
  std::error_code code;
  if (!fs::exists(library_folder / "catalog.db", code)) return;
  Library library(library_folder);
  refuse_music_as_targets(targets, library);
}

}  // namespace segue::cli
