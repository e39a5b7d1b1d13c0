#include "library/playlist.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/text_file.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

std::string extension_of(const fs::path& file) { return lower_ascii(file.extension().native()); }

// "scheme" of "scheme://rest" in lower case, or nothing.
std::optional<std::string> scheme_of(std::string_view entry) {
  const std::size_t colon = entry.find("://");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  const std::string_view scheme = entry.substr(0, colon);
  if (!std::all_of(scheme.begin(), scheme.end(), allowed)) return std::nullopt;
  return lower_ascii(scheme);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
                        hex_value(text[at + 2]) >= 0;
    out += escape ? static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2])) : text[at];
    if (escape) at += 2;
  }
  return out;
}

// The path of a file:// URL, without its host.
std::string path_of_url(std::string_view url) {
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string() : percent_decoded(rest.substr(slash));
}

}  // namespace

bool is_playlist(const fs::path& file) {
  const std::string extension = extension_of(file);
  return extension == ".m3u" || extension == ".m3u8" || extension == ".pls";
}

std::vector<std::string> read_playlist(const fs::path& file) {
  const std::string text = read_text_file(file, "playlist", "name its folder instead");
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  const bool pls = extension_of(file) == ".pls";
  std::vector<std::string> entries;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pls) {
      const std::size_t equals = line.find('=');
      const bool names_file = lower_ascii(trim(line)).starts_with("file") && equals != line.npos;
      line = names_file ? trim(line.substr(equals + 1)) : std::string_view();
    } else if (line.starts_with('#')) {
      continue;
    }
    if (!trim(line).empty()) entries.emplace_back(line);
  }
  return entries;
}

bool is_network_url(std::string_view entry) {
  const auto scheme = scheme_of(trim(entry));
  return scheme && *scheme != "file";
}

fs::path resolve_entry(std::string_view entry, const fs::path& folder) {
  std::vector<std::string> spellings = {std::string(entry), std::string(trim(entry))};
  if (scheme_of(spellings[1])) spellings = {path_of_url(spellings[1])};
  const std::size_t plain = spellings.size();
  for (std::size_t i = 0; i < plain; ++i) {
    std::string slashed = spellings[i];
    std::replace(slashed.begin(), slashed.end(), '\\', '/');
    spellings.push_back(utf8_from_latin1(spellings[i]));
    spellings.push_back(utf8_from_latin1(slashed));
    spellings.push_back(std::move(slashed));
  }
  for (const std::string& spelling : spellings) {
    std::error_code code;
    if (spelling.empty() || spelling.find('\0') != std::string::npos) continue;
    fs::path path = folder / spelling;
    if (fs::exists(path, code)) return path;
  }
  return {};
}

}  // namespace segue
