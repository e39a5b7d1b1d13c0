// What a file says of its music. UTF-8; empty where it says nothing.
#pragma once

#include <string>

namespace segue {

struct Tags {
  std::string title, artist, album_artist, album, genre, mood, year, licence;
  bool operator==(const Tags&) const = default;
};

}  // namespace segue
