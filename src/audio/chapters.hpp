// Chapter marks in audio files, through TagLib.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace segue {

enum class Container;

struct Chapter {
  Seconds begin{0};  // from the beginning of the audio; kept to a millisecond
  Seconds end{0};    // which MP3 alone holds
  std::string title;
};

// How many a file of this kind can hold; 0 for WAV. (Vorbis comments number them with three digits, an
// ID3v2 table of contents counts them in one byte.)
std::size_t most_chapters(Container container);

// Adds them to a whole file: as Vorbis comments (CHAPTER001=00:00:00.000, CHAPTER001NAME=…) in FLAC, Ogg
// Vorbis and Opus, as CHAP and CTOC frames (ID3v2 chapter frame addendum 1.0) in MP3. Other tags stay.
// At most most_chapters(). False where they could not be written, or the disk has no room for them: the
// file is damaged then, or as it was.
[[nodiscard]] bool write_chapters(const std::filesystem::path& file, Container container,
                                  const std::vector<Chapter>& chapters);

}  // namespace segue
