// Small text files, as a whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace segue {

inline constexpr std::size_t kLargestTextFile = 16 << 20;  // bytes

// All of it; also of a pipe. Throws Error(input) if it cannot be read or is larger than kLargestTextFile
// ("too large for a WHAT", and the remedy), Error(interrupted).
std::string read_text_file(const std::filesystem::path& file, const char* what = "text",
                           const char* remedy = "give a smaller one");

}  // namespace segue
