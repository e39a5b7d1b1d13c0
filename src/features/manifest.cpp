#include "features/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/committed_file.hpp"
#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "features/split.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTracksHeader = "song_id,track,name,song,group,side,features,licence";
constexpr const char* kFragmentsHeader = "fragment,track,start,length,position,song_id,label";
constexpr const char* kRemedy = "write it with 'segue train --manifest DIR'";
constexpr Side kSides[] = {Side::train, Side::validation, Side::test};

// A table of the manifest, which has exactly the columns that it should.
class ManifestTable {
 public:
  ManifestTable(const fs::path& file, std::string_view header) : csv_(file, kRemedy) {
    std::vector<std::string> columns;
    if (!csv_.next(columns)) {
      throw Error(ErrorKind::input, "is empty", file, kRemedy);
    }
    if (columns != split_csv(header)) {
      throw Error(ErrorKind::input,
                  "lacks a column; its first line is not '" + std::string(header) + "'", file,
                  "write it again");
    }
    columns_ = columns.size();
  }

  bool next(std::vector<std::string>& fields) {
    if (!csv_.next(fields)) return false;
    if (fields.size() != columns_) refuse("has another number of fields");
    return true;
  }

  std::int64_t number(const std::string& text) const {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || value < 0) {
      refuse("has '" + printable(std::string_view(text)) + "' where a count belongs");
    }
    return value;
  }

  TrackId track(const std::string& text) const {
    const auto id = ContentHash::from_hex(text);
    if (!id) refuse("has no track id of 32 hex digits");
    return *id;
  }

  [[noreturn]] void refuse(const std::string& what) const { csv_.refuse(what); }

 private:
  CsvReader csv_;
  std::size_t columns_ = 0;
};

std::map<std::string, std::size_t> song_numbers(const std::vector<ManifestTrack>& tracks) {
  std::map<std::string, std::size_t> numbers;
  for (const ManifestTrack& track : tracks) numbers.emplace(track.song, numbers.size());
  return numbers;
}

std::string fragments_csv(const Manifest& manifest, Side side) {
  const auto songs = song_numbers(manifest.tracks);
  std::ostringstream out;
  out << kFragmentsHeader << '\n';
  std::size_t label = 0;
  for (const ManifestTrack& track : manifest.tracks) {
    if (track.side != side) continue;
    const std::string id = track.id.hex();
    for (std::size_t i = 0; i < track.fragments.size(); ++i) {
      const FragmentSpan& span = track.fragments[i];
      out << id << ':' << i << ',' << id << ',' << span.start << ',' << span.length << ',' << i << ','
          << songs.at(track.song) << ',' << ++label << '\n';
    }
  }
  return out.str();
}

void read_fragments(const fs::path& file, Side side, Manifest& manifest) {
  std::map<TrackId, ManifestTrack*> by_id;
  for (ManifestTrack& track : manifest.tracks) {
    if (track.side == side) by_id.emplace(track.id, &track);
  }
  ManifestTable csv(file, kFragmentsHeader);
  for (std::vector<std::string> fields; csv.next(fields);) {
    const auto found = by_id.find(csv.track(fields[1]));
    if (found == by_id.end()) csv.refuse("names a track that tracks.csv does not have on this side");
    std::vector<FragmentSpan>& fragments = found->second->fragments;
    const FragmentSpan span{csv.number(fields[2]), csv.number(fields[3])};
    if (csv.number(fields[4]) != static_cast<std::int64_t>(fragments.size()) ||
        (!fragments.empty() && span.start < fragments.back().end())) {
      csv.refuse("is out of order");
    }
    if (!fragments.empty() && span.start > fragments.back().end()) {
      csv.refuse("leaves a gap: the next fragment would not be what follows");
    }
    if (visible_frames(span).size() < 1) csv.refuse("is too short a fragment");
    fragments.push_back(span);
  }
}

fs::path fragments_file(const fs::path& folder, Side side) {
  return folder / (std::string(name_of(side)) + ".csv");
}

}  // namespace

const char* name_of(Side side) noexcept {
  switch (side) {
    case Side::train:
      return "train";
    case Side::validation:
      return "val";
    case Side::test:
      return "test";
  }
  return "";
}

std::size_t Manifest::count(Side side) const {
  return static_cast<std::size_t>(
      std::count_if(tracks.begin(), tracks.end(), [&](auto& track) { return track.side == side; }));
}

FragmentSet Manifest::fragments(Side side) const {
  FragmentSet set;
  for (const ManifestTrack& track : tracks) {
    if (track.side != side) continue;
    const std::size_t number = set.add_track(FeatureFile::open(track.features, track.audio));
    for (const FragmentSpan& span : track.fragments) set.add(number, span);
  }
  return set;
}

void Manifest::write(const fs::path& folder) const {
  const auto songs = song_numbers(tracks);
  std::ostringstream out;
  out << kTracksHeader << '\n';
  for (const ManifestTrack& track : tracks) {
    out << songs.at(track.song) << ',' << track.id.hex() << ','
        << csv_field(printable(std::string_view(track.name))) << ','
        << csv_field(printable(std::string_view(track.song))) << ','
        << csv_field(printable(std::string_view(track.group))) << ',' << name_of(track.side) << ','
        << csv_field(path_to_json(track.features)) << ','
        << csv_field(printable(std::string_view(track.licence))) << '\n';
  }
  for (const Side side : kSides) {
    const fs::path file = fragments_file(folder, side);
    if (side == Side::test && count(side) == 0) {
      std::error_code ignored;
      fs::remove(file, ignored);  // of an earlier run
      continue;
    }
    write_text_file(file, fragments_csv(*this, side));
  }
  write_text_file(folder / "segmentation.txt", segmentation + "\n");
  Split::of(*this).write(folder / "split.json", "The sides of the manifest beside it.");
  write_text_file(folder / "tracks.csv", out.str());
}

Manifest Manifest::read(const fs::path& folder) {
  Manifest manifest;
  std::error_code code;
  std::set<TrackId> ids;
  std::map<std::string, Side> song_sides;
  ManifestTable csv(folder / "tracks.csv", kTracksHeader);
  for (std::vector<std::string> fields; csv.next(fields);) {
    ManifestTrack track;
    track.id = csv.track(fields[1]);
    track.name = fields[2];
    track.song = fields[3];
    track.group = fields[4];
    const auto side = std::find_if(std::begin(kSides), std::end(kSides),
                                   [&](Side s) { return fields[5] == name_of(s); });
    if (side == std::end(kSides)) csv.refuse("has a side other than train, val or test");
    track.side = *side;
    track.features = path_from_json(fields[6]);
    if (track.features.is_relative()) track.features = folder / track.features;
    // On another machine the feature files may lie beside the manifest.
    const fs::path beside = folder / "features" / track.features.filename();
    if (!fs::exists(track.features, code) && fs::exists(beside, code)) track.features = beside;
    if (!ids.insert(track.id).second) csv.refuse("names a track twice");
    if (song_sides.emplace(track.song, track.side).first->second != track.side) {
      csv.refuse("puts one song on two sides");
    }
    track.licence = fields[7];
    manifest.tracks.push_back(std::move(track));
  }
  for (const Side side : kSides) {
    if (manifest.count(side) > 0) read_fragments(fragments_file(folder, side), side, manifest);
  }
  std::ifstream(folder / "segmentation.txt") >> manifest.segmentation;
  return manifest;
}

}  // namespace segue
