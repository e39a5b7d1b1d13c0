// Reading playlists. Internal to the library module.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace segue {

// Whether the name ends in .m3u, .m3u8 or .pls, in any case.
bool is_playlist(const std::filesystem::path& file);

// The entries as they are written, comments and #EXTINF left out: M3U and M3U8 (a line each), PLS
// (FileN=…). A byte order mark and CR, LF or CRLF are understood.
// Throws Error(input) if it cannot be read or is far too large for a playlist.
std::vector<std::string> read_playlist(const std::filesystem::path& file);

// Whether an entry is a URL of something that is not a local file ("http://…").
bool is_network_url(std::string_view entry);

// The file or folder an entry means, relative to `folder`: as written, as a file:// URL with
// %-escapes, with Windows' backslashes, or from Latin-1; the first that exists. Empty if none.
std::filesystem::path resolve_entry(std::string_view entry, const std::filesystem::path& folder);

}  // namespace segue
