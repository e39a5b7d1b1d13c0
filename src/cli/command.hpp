// What the commands share. A command registers its flags, and an action that runs after parsing.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "library/library.hpp"
#include "plan/segmentation.hpp"

namespace segue::cli {

namespace fs = std::filesystem;

struct Context {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::uint64_t seed = 1;
  std::string library_folder;
  std::vector<std::string> arguments;  // as typed, for cards
  std::function<void()> action;        // of the command that was given
  // Makes a mix with the settings' defaults, as the prompt does; add_mix() sets it.
  std::function<void(const std::vector<fs::path>& music, const std::string& length,
                     const fs::path& output)>
      make_mix;

  std::string command_line() const;
};

// One file each; `context` outlives the parse.
void add_mix(CLI::App& app, Context& context);
void add_analyze(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);
void add_train(CLI::App& app, Context& context);
void add_evaluate(CLI::App& app, Context& context);
void add_cut(CLI::App& app, Context& context);
void add_rebuild(CLI::App& app, Context& context);
void add_judge(CLI::App& app, Context& context);
void add_library(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
// `segue` alone.
void ask_for_mix(Context& context);

// The footer of --help: an example.
void set_example(CLI::App& command, const std::string& example);

// Brings the library up to date and tells on standard error what was done and what failed.
UpdateReport update_library(Library& library, const std::vector<fs::path>& music,
                            std::size_t workers = 0);
nlohmann::json to_json(const UpdateReport& report);
Error no_usable_music();  // of all the files given

// Analyzes again those of the tracks that an older segue analyzed; whether there were any.
bool hear_what_older_did_not(Library& library, const std::vector<LibraryTrack>& tracks);

// The tracks named, brought up to date first, or all that the library knows where `music` is empty.
// Throws Error(input) if there is none; command: who asks, for the remedy.
std::vector<LibraryTrack> tracks_of(Library& library, const std::vector<fs::path>& music,
                                    const std::string& command);

// Quoted, so that a shell takes it as one word.
std::string shell_word(const std::string& text);

void to_stdout(const nlohmann::json& json);
void to_stdout(const std::string& line);
// Whether what reads standard output has gone (as head does), which is no failure to tell of.
bool reader_has_left();

// "1 file", "2 files".
std::string count_of(std::size_t count, const std::string& what);

// Takes whole numbers from `low` to `high` alone: CLI11 would wrap -1 and clamp what is too large.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high);
inline constexpr std::size_t kMostThreads = 256;
inline constexpr const char* kFragmentHelp =
    "How tracks are cut: seconds (3), bounds (0.5-8), at onsets about so far apart (onsets:3), or at "
    "beats, bars (bars:2: every second) or phrases";
inline constexpr const char* kNoWaveformHelp =
    "Judge by what the network hears alone, not also by whether the waveform goes on across a cut";

std::vector<fs::path> to_paths(const std::vector<std::string>& names);

}  // namespace segue::cli
