#include "library/music_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "library/playlist.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepestPlaylist = 8;

// Endings of audio and video that FFmpeg decodes, sorted.
constexpr auto kEndings = std::to_array<std::string_view>(
    {"3g2", "3gp", "aa3",  "aac", "ac3",  "adts", "aif",  "aifc", "aiff", "alac", "amr", "ape",
     "asf", "au",  "avi",  "caf", "dff",  "divx", "dsf",  "dts",  "eac3", "f4a",  "f4v", "flac",
     "flv", "gsm", "m2ts", "m4a", "m4b",  "m4r",  "m4v",  "mka",  "mkv",  "mlp",  "mov", "mp1",
     "mp2", "mp3", "mp4",  "mpc", "mpeg", "mpg",  "mpp",  "mts",  "oga",  "ogg",  "ogm", "ogv",
     "ogx", "oma", "opus", "ra",  "rf64", "rm",   "rmvb", "shn",  "snd",  "spx",  "tak", "thd",
     "tta", "vob", "voc",  "w64", "wav",  "wave", "webm", "wma",  "wmv",  "wv",   "xa"});

static_assert(std::is_sorted(kEndings.begin(), kEndings.end()));

bool has_music_ending(const fs::path& file) {
  std::string ending = lower_ascii(file.extension().native());
  if (ending.empty()) return false;
  ending.erase(0, 1);
  return std::binary_search(kEndings.begin(), kEndings.end(), ending);
}

// What segue mixed has its plan beside it.
bool is_mix(const fs::path& file) {
  std::error_code code;
  return fs::exists(fs::path(file).replace_extension(".plan.json"), code);
}

bool is_hidden(const fs::path& file) { return file.filename().native().starts_with('.'); }

std::string sentence(const std::string& problem, const fs::path& file) {
  return Error(ErrorKind::input, problem, file).what();
}

fs::path canonical_or_refuse(const fs::path& path) {
  std::error_code code;
  fs::path result = fs::canonical(path, code);
  if (code) {
    throw Error(ErrorKind::input, "cannot be read (" + code.message() + ")", path,
                "check that you may read it");
  }
  return result;
}

class Finder {
 public:
  void add_named(const fs::path& path) {
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (status.type() == fs::file_type::not_found) {
      throw Error(ErrorKind::input, "does not exist", path, "check its name");
    }
    if (code) {
      throw Error(ErrorKind::input, "cannot be read (" + code.message() + ")", path,
                  "check that you may read it");
    }
    add(path, status, 0);
  }

  MusicFiles finish() {
    std::sort(found_.problems.begin(), found_.problems.end(),
              [](auto& a, auto& b) { return a.file < b.file; });
    found_.files.assign(files_.begin(), files_.end());
    return std::move(found_);
  }

 private:
  // A file, folder or playlist that a person or a playlist named.
  void add(const fs::path& path, const fs::file_status& status, int depth) {
    if (fs::is_directory(status)) {
      walk(canonical_or_refuse(path));
    } else if (!fs::is_regular_file(status)) {
      // Opening a pipe would wait for its other end.
      throw Error(ErrorKind::input, "is neither a file nor a folder", path, "give a file of music");
    } else if (is_playlist(path)) {
      add_playlist(path, depth);
    } else {
      files_.insert(canonical_or_refuse(path).native());
    }
  }

  void problem(const fs::path& file, const std::string& what) {
    found_.problems.push_back({file, sentence(what, file)});
  }

  // folder: canonical. Every folder is entered once, so loops of symbolic links end.
  void walk(const fs::path& folder) {
    throw_if_interrupted();
    struct stat info = {};
    if (::stat(folder.c_str(), &info) != 0 || !folders_.emplace(info.st_dev, info.st_ino).second) return;
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
      if (!is_hidden(entries->path())) visit(*entries);
    }
    if (code) problem(folder, "cannot be searched (" + code.message() + ")");
  }

  void visit(const fs::directory_entry& entry) {
    std::error_code code;
    const bool link = entry.is_symlink(code);
    const fs::file_status status = entry.status(code);
    if (fs::is_directory(status)) {
      const fs::path target = link ? fs::canonical(entry.path(), code) : entry.path();
      if (!code) walk(target);
    } else if (has_music_ending(entry.path())) {
      if (fs::is_regular_file(status)) {
        if (is_mix(entry.path())) return;
        const fs::path target = link ? fs::canonical(entry.path(), code) : entry.path();
        if (!code) files_.insert(target.native());
      } else if (link) {
        problem(entry.path(), "is a link that leads nowhere");
      }
    }
  }

  void add_playlist(const fs::path& path, int depth) {
    const fs::path playlist = canonical_or_refuse(path);
    if (!playlists_.insert(playlist.native()).second) return;
    if (depth > kDeepestPlaylist) {
      problem(playlist, "is a playlist inside too many others");
      return;
    }
    for (const std::string& entry : read_playlist(playlist)) {
      throw_if_interrupted();
      const auto refuse = [&](const char* why) {
        problem(playlist, std::string("names '").append(printable(std::string_view(entry))) + why);
      };
      if (is_network_url(entry)) {
        refuse("' on the network, which segue does not fetch");
        continue;
      }
      const fs::path target = resolve_entry(entry, playlist.parent_path());
      std::error_code code;
      const fs::file_status status = fs::status(target, code);
      if (target.empty() || code) {
        refuse("', which does not exist");
      } else {
        add_entry(target, status, depth + 1);
      }
    }
  }

  // One bad entry leaves the others alone.
  void add_entry(const fs::path& target, const fs::file_status& status, int depth) {
    try {
      add(target, status, depth);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      found_.problems.push_back({target, error.what()});
    }
  }

  MusicFiles found_;
  std::set<std::string> files_;  // comparing paths part by part takes far longer
  std::set<std::string> playlists_;
  std::set<std::pair<dev_t, ino_t>> folders_;
};

}  // namespace

MusicFiles find_music(const std::vector<fs::path>& paths) {
  Finder finder;
  for (const fs::path& path : paths) finder.add_named(path);
  MusicFiles found = finder.finish();
  if (found.files.empty()) {
    const fs::path where = paths.size() == 1 ? paths.front() : fs::path();
    std::string problem = where.empty() ? "no music was found" : "holds no music";
    if (!found.problems.empty()) problem += " (" + found.problems.front().reason + ")";
    throw Error(ErrorKind::input, problem, where, "name files or folders that hold music");
  }
  return found;
}

}  // namespace segue
