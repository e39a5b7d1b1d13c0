#include "audio/chapters.hpp"

#include <chapterframe.h>
#include <flacfile.h>
#include <id3v2tag.h>
#include <mpegfile.h>
#include <opusfile.h>
#include <tableofcontentsframe.h>
#include <textidentificationframe.h>
#include <vorbisfile.h>
#include <xiphcomment.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "audio/encoder.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

// TagLib does not tell when a disk is full, so there must be room for all that it may add.
constexpr std::uintmax_t kMostPadding = 2 << 20;  // bytes: it leaves room for later tags
constexpr std::uintmax_t kMostBeside = 128;       // bytes a chapter, beside its title
constexpr unsigned int kNoOffset = 0xFFFFFFFF;    // times count, not places in the file

TagLib::String text_of(const std::string& text) { return {to_valid_utf8(text), TagLib::String::UTF8}; }

unsigned int milliseconds(Seconds time) {
  return static_cast<unsigned int>(std::lround(1000 * time.count()));
}

void add_comments(TagLib::Ogg::XiphComment& comment, const std::vector<Chapter>& chapters) {
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    char name[32];
    char time[32];
    const unsigned int at = milliseconds(chapters[i].begin);
    std::snprintf(name, sizeof name, "CHAPTER%03zu", i + 1);
    std::snprintf(time, sizeof time, "%02u:%02u:%02u.%03u", at / 3600000, at / 60000 % 60,
                  at / 1000 % 60, at % 1000);
    comment.addField(name, TagLib::String(time));
    comment.addField(std::string(name) + "NAME", text_of(chapters[i].title));
  }
}

void add_frames(TagLib::ID3v2::Tag& tag, const std::vector<Chapter>& chapters) {
  TagLib::ByteVectorList names;
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const std::string number = "chp" + std::to_string(i);
    const TagLib::ByteVector name(number.c_str(), static_cast<unsigned int>(number.size()));
    names.append(name);
    auto* chapter = new TagLib::ID3v2::ChapterFrame(name, milliseconds(chapters[i].begin),
                                                    milliseconds(chapters[i].end), kNoOffset, kNoOffset);
    auto* title = new TagLib::ID3v2::TextIdentificationFrame("TIT2", TagLib::String::UTF8);
    title->setText(text_of(chapters[i].title));
    chapter->addEmbeddedFrame(title);
    tag.addFrame(chapter);  // which owns it from now on
  }
  auto* contents = new TagLib::ID3v2::TableOfContentsFrame("toc", names);
  contents->setIsTopLevel(true);
  contents->setIsOrdered(true);
  tag.addFrame(contents);
}

template <typename File>
bool comment_in(const char* name, const std::vector<Chapter>& chapters) {
  File file(name, false);
  if (!file.isValid()) return false;
  add_comments(*file.tag(), chapters);
  return file.save();
}

bool write(const char* name, Container container, const std::vector<Chapter>& chapters) {
  switch (container) {
    case Container::wav:
      break;
    case Container::flac: {
      TagLib::FLAC::File file(name, false);
      if (!file.isValid()) return false;
      add_comments(*file.xiphComment(true), chapters);
      return file.save();
    }
    case Container::ogg_vorbis:
      return comment_in<TagLib::Ogg::Vorbis::File>(name, chapters);
    case Container::ogg_opus:
      return comment_in<TagLib::Ogg::Opus::File>(name, chapters);
    case Container::mp3: {
      TagLib::MPEG::File file(name, false);
      if (!file.isValid()) return false;
      add_frames(*file.ID3v2Tag(true), chapters);
      return file.save(TagLib::MPEG::File::ID3v2, TagLib::File::StripNone);
    }
  }
  return false;
}

}  // namespace

std::size_t most_chapters(Container container) {
  if (container == Container::wav) return 0;
  return container == Container::mp3 ? 255 : 999;
}

bool write_chapters(const std::filesystem::path& file, Container container,
                    const std::vector<Chapter>& chapters) {
  std::uintmax_t most = kMostPadding;
  for (const Chapter& chapter : chapters) most += kMostBeside + chapter.title.size();
  std::error_code code;
  const auto space = std::filesystem::space(file, code);
  if (!code && space.available < most) return false;
  return write(file.c_str(), container, chapters);
}

}  // namespace segue
