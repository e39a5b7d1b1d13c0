// What a command is about to write: checked before long work, so that nothing is found out after it, and
// so that nothing is written over what the command reads, or over music.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "library/library.hpp"

namespace segue::cli {

struct Target {
  std::filesystem::path file;
  std::string option;  // that names it, or that it is named after
};

// Throws Error(output) if a target cannot be written, Error(usage) if it is one of the files that are
// read, or two are the same file.
void check_targets(const std::vector<Target>& targets, const std::vector<std::filesystem::path>& read);

// Throws Error(usage) if a target is music of the library: nobody means to lose a track of the
// collection, or its double.
void refuse_music_as_targets(const std::vector<Target>& targets, Library& library);
// As that, of the library in this folder, if there is one.
void refuse_music_as_targets(const std::vector<Target>& targets,
                             const std::filesystem::path& library_folder);

}  // namespace segue::cli
