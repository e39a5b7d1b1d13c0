// Finding music: files, folders (recursive), playlists.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace segue {

struct FileProblem {
  std::filesystem::path file;
  std::string reason;  // one sentence
};

struct MusicFiles {
  std::vector<std::filesystem::path> files;  // absolute, sorted by name, each once
  std::vector<FileProblem> problems;         // missing playlist entries, unreadable folders
};

// paths: files, folders, M3U/M3U8/PLS playlists. Folders are searched for files with an ending
// that FFmpeg decodes, but for what segue mixed itself (its NAME.plan.json lies beside it); a file named
// directly is taken in any case. Symbolic-link loops end.
// Throws Error(input) if a named path does not exist, or if no music is found at all.
MusicFiles find_music(const std::vector<std::filesystem::path>& paths);

}  // namespace segue
