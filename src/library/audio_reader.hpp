// The audio of a track for networks that hear it.
#pragma once

#include <filesystem>

#include "features/feature_file.hpp"

namespace segue {

// Opens the file anew for every call: any thread, but some milliseconds each.
AudioReader audio_reader(const std::filesystem::path& file);

}  // namespace segue
