#include <algorithm>
#include <initializer_list>

#include "base/text.hpp"
#include "media/demuxer.hpp"

namespace segue {
namespace {

// Old ID3 and RIFF tags are in ISO 8859-1 where they are not UTF-8.
std::string clean(std::string_view text) { return std::string(trim(utf8_or_latin1(text))); }

// "2006-05-01" → "2006"; the first four digits that no other digit touches.
std::string year_in(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (auto at = text.begin(); at != text.end();) {
    at = std::find_if(at, text.end(), digit);
    const auto end = std::find_if_not(at, text.end(), digit);
    // "20060501" is a date as well
    if (end - at == 4 || end - at == 8) return std::string(at, at + 4);
    at = end;
  }
  return {};
}

class TagReader {
 public:
  TagReader(const AVDictionary* container, const AVDictionary* stream)
      : dictionaries_{container, stream} {}

  // The first of these keys that says something, whatever its case.
  std::string operator()(std::initializer_list<const char*> keys) const {
    for (const auto* dictionary : dictionaries_) {
      for (const char* key : keys) {
        const AVDictionaryEntry* entry = av_dict_get(dictionary, key, nullptr, 0);
        if (entry == nullptr) continue;
        if (std::string value = clean(entry->value); !value.empty()) return value;
      }
    }
    return {};
  }

 private:
  const AVDictionary* dictionaries_[2];
};

}  // namespace

Tags read_tags(const AVFormatContext& container, const AVStream& stream) {
  const TagReader tag(container.metadata, stream.metadata);
  Tags tags;
  tags.title = tag({"title"});
  tags.artist = tag({"artist", "author", "performer"});
  tags.album_artist = tag({"album_artist", "albumartist", "album artist"});
  tags.album = tag({"album"});
  tags.genre = tag({"genre"});
  tags.mood = tag({"mood", "TMOO"});
  tags.year = year_in(tag({"date", "year", "TDRC", "TYER", "TDOR", "originaldate", "TDRL"}));
  tags.licence = tag({"license", "licence", "WCOP", "WM/ProviderLicense", "copyright"});
  return tags;
}

}  // namespace segue
