#include "media/ogg_pages.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace segue {
namespace {

constexpr std::size_t kFixedHeader = 27;  // bytes, before the segment table
constexpr std::size_t kLongestPage = 65307;

struct Page {
  bool begins_stream = false;
  std::uint32_t serial = 0;
  std::size_t size = 0;  // bytes
};

// RFC 3533, section 6: "OggS", version, flags at 5, serial number at 14, segment count at 26, then
// the segments' lengths.
std::optional<Page> page_at(const std::string& bytes, std::size_t at) {
  if (at + kFixedHeader > bytes.size() || bytes.compare(at, 4, "OggS") != 0) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[at + i]); };
  Page page;
  page.begins_stream = (byte(5) & 2) != 0;
  for (std::size_t i = 0; i < 4; ++i) page.serial |= static_cast<std::uint32_t>(byte(14 + i)) << (8 * i);
  const std::size_t segments = byte(26);
  page.size = kFixedHeader + segments;
  if (at + page.size > bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < segments; ++i) page.size += byte(kFixedHeader + i);
  return page;
}

std::string read_part(std::ifstream& in, std::streamoff from, std::size_t length) {
  std::string bytes(length, '\0');
  in.clear();
  in.seekg(from);
  in.read(bytes.data(), static_cast<std::streamsize>(length));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return bytes;
}

}  // namespace

bool is_chained_ogg(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return true;
  const auto size = static_cast<std::streamoff>(in.tellg());
  const std::string head = read_part(in, 0, kLongestPage);
  std::vector<std::uint32_t> announced;
  std::size_t at = 0;
  for (auto page = page_at(head, at); page && page->begins_stream; page = page_at(head, at)) {
    announced.push_back(page->serial);
    at += page->size;
  }
  const auto tail_size = static_cast<std::size_t>(std::min<std::streamoff>(size, 2 * kLongestPage));
  const std::string tail = read_part(in, size - static_cast<std::streamoff>(tail_size), tail_size);
  const std::size_t last = tail.rfind("OggS");
  const auto page = last != std::string::npos ? page_at(tail, last) : std::nullopt;
  return !page || std::find(announced.begin(), announced.end(), page->serial) == announced.end();
}

}  // namespace segue
