// The audio of a track for networks that hear it.
#pragma once

#include <filesystem>

#include "features/feature_file.hpp"

namespace segue {

// Of a stereo signal the mean of left and right, or half of what left has more; mono has no sides.
enum class AudioSignal { middle, sides };

// Opens the file anew for every call: any thread, but some milliseconds each.
AudioReader audio_reader(const std::filesystem::path& file, AudioSignal signal = AudioSignal::middle);

}  // namespace segue
