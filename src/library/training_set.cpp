#include "library/training_set.hpp"

#include <map>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "library/audio_reader.hpp"

namespace segue {
namespace {

std::string stem_of(const LibraryTrack& track) { return track.file.stem().native(); }

// The whole path: many collections call the last folder "music".
std::string group_of(const LibraryTrack& track) {
  const std::string& genre = track.record.tags.genre;
  return genre.empty() ? path_to_json(track.file.parent_path()) : genre;
}

void require_whole(const std::vector<LibraryTrack>& tracks, const std::vector<std::string>& groups,
                   const std::vector<std::optional<Side>>& sides, GroupBy by,
                   const std::filesystem::path& file) {
  std::map<std::string, std::size_t> first;  // track of a group
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!sides[i]) continue;
    const std::size_t other = first.emplace(groups[i], i).first->second;
    if (sides[other] == sides[i]) continue;
    const bool song = by == GroupBy::song;
    throw Error(ErrorKind::input,
                std::string("puts one ") + (song ? "song" : "artist") + " on two sides: " +
                    printable(tracks[other].file) + " and " + printable(tracks[i].file),
                file, song ? "name its variants on one side only" : "name all its tracks on one side");
  }
}

// The side of each track; none where a split file does not name it.
std::vector<std::optional<Side>> sides_of(const std::vector<LibraryTrack>& tracks,
                                          const TrainingSetConfig& config) {
  const std::vector<std::string> groups = groups_of(tracks, config.by);
  if (!config.split) {
    return sides_of_groups(groups, config.validation_share, config.test_share, config.seed);
  }
  const Split split = Split::read(*config.split);
  std::vector<std::optional<Side>> sides;
  sides.reserve(tracks.size());
  for (const LibraryTrack& track : tracks) sides.push_back(split.side_of(stem_of(track)));
  // An artist's tracks include all variants of a song.
  require_whole(tracks, groups, sides, config.by, *config.split);
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
  const std::vector<std::string> songs = groups_of(tracks, GroupBy::song);
  const std::vector<std::optional<Side>> sides = sides_of(tracks, config);
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
