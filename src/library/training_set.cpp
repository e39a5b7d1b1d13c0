#include "library/training_set.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "library/audio_reader.hpp"

namespace segue {
namespace {

// Disjoint sets of tracks (Tarjan's union-find, path halving).
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0u); }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  // The smaller number leads, so that names come out the same in every run.
  void join(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

std::string stem_of(const LibraryTrack& track) { return track.file.stem().native(); }

// The song each track belongs to, by the name of the first track of its group.
std::vector<std::string> songs_of(const std::vector<LibraryTrack>& tracks) {
  Groups groups(tracks.size());
  std::map<std::string, std::size_t> seen;
  const auto join_by = [&](std::size_t i, const std::string& key) {
    groups.join(i, seen.emplace(key, i).first->second);
  };
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const LibraryTrack& track = tracks[i];
    join_by(i, "stem/" + track.file.parent_path().native() + '/' + song_of(stem_of(track)));
    const Tags& tags = track.record.tags;
    if (!tags.artist.empty() && !tags.title.empty()) {
      join_by(i, "tags/" + lower_ascii(tags.artist) + '/' + song_of(tags.title));
    }
    join_by(i, "music/" + track.record.double_of.value_or(track.record.id).hex());
  }
  std::vector<std::string> songs;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const std::size_t leader = groups.find(i);
    // Equal stems in different folders are different songs: the number keeps them apart.
    songs.push_back(to_valid_utf8(song_of(stem_of(tracks[leader]))) + "#" + std::to_string(leader));
  }
  return songs;
}

// The whole path: many collections call the last folder "music".
std::string group_of(const LibraryTrack& track) {
  const std::string& genre = track.record.tags.genre;
  return genre.empty() ? path_to_json(track.file.parent_path()) : genre;
}

void require_songs_whole(const std::vector<LibraryTrack>& tracks, const std::vector<std::string>& songs,
                         const std::vector<std::optional<Side>>& sides,
                         const std::filesystem::path& file) {
  std::map<std::string, std::size_t> first;  // track of a song
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!sides[i]) continue;
    const std::size_t other = first.emplace(songs[i], i).first->second;
    if (sides[other] == sides[i]) continue;
    throw Error(ErrorKind::input,
                "puts one song on two sides: " + printable(tracks[other].file) + " and " +
                    printable(tracks[i].file),
                file, "name its variants on one side only");
  }
}

// The side of each track; none where a split file does not name it.
std::vector<std::optional<Side>> sides_of(const std::vector<LibraryTrack>& tracks,
                                          const std::vector<std::string>& songs,
                                          const TrainingSetConfig& config) {
  std::vector<std::optional<Side>> sides;
  if (config.split) {
    const Split split = Split::read(*config.split);
    for (const LibraryTrack& track : tracks) sides.push_back(split.side_of(stem_of(track)));
    require_songs_whole(tracks, songs, sides, *config.split);
    return sides;
  }
  std::vector<std::string> names = songs;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const Split split = Split::draw(names, config.validation_share, config.test_share, config.seed);
  for (const std::string& song : songs) sides.push_back(split.side_of(song));
  return sides;
}

}  // namespace

void TrainingSetConfig::validate() const {
  if (!(validation_share > 0) || !(test_share >= 0) || !(validation_share + test_share < 1)) {
    throw Error(ErrorKind::usage, "the shares for validation and test leave nothing to learn from", {},
                "choose a validation share above 0 and a sum below 1");
  }
}

Manifest make_manifest(Library& library, const std::vector<LibraryTrack>& tracks,
                       const TrainingSetConfig& config) {
  config.validate();
  const std::vector<std::string> songs = songs_of(tracks);
  const std::vector<std::optional<Side>> sides = sides_of(tracks, songs, config);
  Manifest manifest;
  manifest.segmentation = config.segmentation.key();
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!sides[i]) continue;
    ManifestTrack track{tracks[i].record.id,
                        to_valid_utf8(stem_of(tracks[i])),
                        songs[i],
                        group_of(tracks[i]),
                        *sides[i],
                        tracks[i].features,
                        {},
                        tracks[i].record.tags.licence,
                        audio_reader(tracks[i].file)};
    for (const FragmentRecord& fragment : library.fragments(tracks[i], config.segmentation)) {
      track.fragments.push_back(fragment.span);
    }
    if (track.fragments.size() >= 3) {
      manifest.tracks.push_back(std::move(track));
    } else {
      log_info("left out: " + printable(tracks[i].file) + " is shorter than three fragments");
    }
  }
  if (manifest.count(Side::train) == 0) {
    throw Error(ErrorKind::input, "no track to learn from has three fragments",
                config.split.value_or(""),
                "give more or longer music, a shorter --fragment, or another --split");
  }
  return manifest;
}

}  // namespace segue
