// ID3v2.4 tags for MP3 files. (libsndfile hands UTF-8 to LAME as Latin-1, and knows no licence.)
#pragma once

#include <string>

#include "audio/tags.hpp"

namespace segue {

// The bytes that stand before the first MPEG frame; empty if there is nothing to say.
std::string id3_tag(const Tags& tags, const std::string& comment);

}  // namespace segue
