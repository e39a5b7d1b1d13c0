// 128-bit content hashes (XXH3-128): track identities, weights, plans.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace segue {

struct ContentHash {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const ContentHash&) const = default;
  std::string hex() const;  // 32 lower-case digits
  static std::optional<ContentHash> from_hex(std::string_view text);
};

// A piece of music, whatever files hold it: the hash of its encoded audio packets.
using TrackId = ContentHash;

// Hashes what it is given in pieces; digest() may be asked at any time.
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(const ContentHasher&) = delete;
  ContentHasher& operator=(const ContentHasher&) = delete;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  ContentHash digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hash of a whole file. Throws Error(input) if it cannot be read.
ContentHash hash_file(const std::filesystem::path& file);

}  // namespace segue

template <>
struct std::hash<segue::ContentHash> {
  std::size_t operator()(const segue::ContentHash& value) const noexcept;
};
