#include "library/dataset_split.hpp"

#include <map>
#include <set>
#include <unordered_map>

#include "base/error.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

std::vector<LibraryTrack> tracks_in(const std::vector<DescribedTrack>& described) {
  std::vector<LibraryTrack> tracks;
  tracks.reserve(described.size());
  for (const DescribedTrack& track : described) tracks.push_back(track.track);
  return tracks;
}

// Groups of which members stand on different sides.
std::set<std::string> torn_groups(const std::vector<std::string>& groups,
                                  const std::vector<DescribedTrack>& tracks) {
  std::map<std::string, Side> sides;
  std::set<std::string> torn;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!tracks[i].side || groups[i].empty()) continue;
    if (sides.emplace(groups[i], *tracks[i].side).first->second != *tracks[i].side)
      torn.insert(groups[i]);
  }
  return torn;
}

void put(DatasetSplit& split, const DescribedTrack& track, Side side) {
  split.split.add(side, to_valid_utf8(track.track.file.stem().native()));
  ++(side == Side::train ? split.train : side == Side::validation ? split.validation : split.test);
}

}  // namespace

void require_own_names(const Dataset& dataset) {
  std::unordered_map<std::string, const DatasetFile*> seen;
  for (const DatasetFile& file : dataset.files) {
    const std::string stem = file.file.stem().native();
    const DatasetFile* other = seen.emplace(stem, &file).first->second;
    if (other == &file) continue;
    throw Error(ErrorKind::input,
                "shares its name '" + printable(std::string_view(stem)) + "' with " +
                    printable(other->file) + ", and a split tells files by their names",
                file.file, "rename one of them, or import without --split");
  }
}

DatasetSplit published_split(const std::vector<DescribedTrack>& tracks) {
  const std::vector<std::string> songs = groups_of(tracks_in(tracks), GroupBy::song);
  std::vector<std::string> artists;
  std::map<std::string, std::string> as_written;
  for (const DescribedTrack& track : tracks) {
    const std::string& artist = track.track.record.tags.artist;
    artists.push_back(lower_ascii(trim(artist)));
    as_written.emplace(artists.back(), artist);
  }
  const std::set<std::string> torn_songs = torn_groups(songs, tracks);
  DatasetSplit result;
  for (const std::string& artist : torn_groups(artists, tracks)) {
    result.torn_artists.push_back(as_written.at(artist));
  }
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    result.without_artist += artists[i].empty();
    if (!tracks[i].side) {
      ++result.unnamed;
    } else if (torn_songs.contains(songs[i])) {
      ++result.left_out;
    } else {
      put(result, tracks[i], *tracks[i].side);
    }
  }
  return result;
}

DatasetSplit drawn_split(const std::vector<DescribedTrack>& tracks, GroupBy by, double validation_share,
                         double test_share, std::uint64_t seed) {
  const std::vector<std::string> groups = groups_of(tracks_in(tracks), by);
  const auto sides = sides_of_groups(groups, validation_share, test_share, seed);
  DatasetSplit result;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    result.without_artist += tracks[i].track.record.tags.artist.empty();
    put(result, tracks[i], *sides[i]);
  }
  return result;
}

}  // namespace segue
