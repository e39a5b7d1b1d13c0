// Where segue keeps things (XDG Base Directory Specification) and finds its own parts.
#pragma once

#include <filesystem>
#include <string_view>

namespace segue {

std::filesystem::path user_data_folder();    // $XDG_DATA_HOME/segue: the library
std::filesystem::path user_config_folder();  // $XDG_CONFIG_HOME/segue: segue.toml
std::filesystem::path user_cache_folder();   // $XDG_CACHE_HOME/segue: what only saves time

// A file or folder that ships with segue ("models/crnn-tuned.safetensors",
// "lib/segue-torch.so"): looked for under $SEGUE_HOME, then upwards from the running
// program (build tree), then under the installation's share and lib folders.
// Returns an empty path if there is none.
std::filesystem::path find_shipped(std::string_view relative);

// Where files may lie for a while ($TMPDIR, /tmp). Throws Error(output) if there is no such folder.
std::filesystem::path temporary_folder();

// Makes a folder and its parents. Throws Error(output).
void make_folders(const std::filesystem::path& folder);

}  // namespace segue
