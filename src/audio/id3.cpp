#include "audio/id3.hpp"

#include <cstddef>

#include "base/text.hpp"

namespace segue {
namespace {

constexpr char kUtf8 = 3;  // text encoding byte

// Sizes have seven bits a byte, so that they never look like an MPEG frame's start.
std::string synchsafe(std::size_t size) {
  std::string bytes;
  for (int shift = 21; shift >= 0; shift -= 7) bytes += static_cast<char>(size >> shift & 0x7F);
  return bytes;
}

void add_frame(std::string& frames, const char* id, const std::string& before, const std::string& text) {
  if (text.empty()) return;
  const std::string body = kUtf8 + before + to_valid_utf8(text);
  frames += id + synchsafe(body.size()) + std::string(2, '\0') + body;
}

}  // namespace

std::string id3_tag(const Tags& tags, const std::string& comment) {
  std::string frames;
  add_frame(frames, "TIT2", "", tags.title);
  add_frame(frames, "TPE1", "", tags.artist);
  add_frame(frames, "TPE2", "", tags.album_artist);
  add_frame(frames, "TALB", "", tags.album);
  add_frame(frames, "TCON", "", tags.genre);
  add_frame(frames, "TMOO", "", tags.mood);
  add_frame(frames, "TDRC", "", tags.year);
  add_frame(frames, "TCOP", "", tags.licence);
  add_frame(frames, "COMM", std::string("eng\0", 4), comment);  // language, no short description
  if (frames.empty()) return {};
  return "ID3" + std::string("\4\0\0", 3) + synchsafe(frames.size()) + frames;
}

}  // namespace segue
