#include "library/training_set.hpp"

#include <algorithm>
#include <map>
#include <set>

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

void require_whole(const std::vector<LibraryTrack>& tracks,
                   const std::vector<std::optional<Side>>& sides, const TrainingSetConfig& config,
                   const std::string& who) {
  const bool song = config.by == GroupBy::song;
  const std::vector<std::string> groups = groups_of(tracks, config.by);
  std::map<std::string, std::size_t> first;  // track of a group
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!sides[i]) continue;
    const std::size_t other = first.emplace(groups[i], i).first->second;
    if (sides[other] == sides[i]) continue;
    throw Error(ErrorKind::input,
                std::string("puts one ") + (song ? "song" : "artist") + " on two sides: " +
                    printable(tracks[other].file) + " and " + printable(tracks[i].file),
                who,
                who == "--also" ? "leave it out of one of both"
                : song          ? "name its variants on one side only"
                                : "name all its tracks on one side");
  }
}

// The side of each track; none where a split file does not name it.
std::vector<std::optional<Side>> sides_of(const std::vector<LibraryTrack>& tracks,
                                          const TrainingSetConfig& config) {
  if (!config.split) {
    return sides_of_groups(groups_of(tracks, config.by), config.validation_share, config.test_share,
                           config.seed);
  }
  const Split split = Split::read(*config.split);
  std::vector<std::optional<Side>> sides;
  sides.reserve(tracks.size());
  for (const LibraryTrack& track : tracks)
    sides.push_back(split.side_of(track.record.id, stem_of(track)));
  return sides;
}

}  // namespace

void TrainingSetConfig::validate() const {
  if (!(validation_share > 0) || !(test_share >= 0) || !(validation_share + test_share < 1)) {
    throw Error(ErrorKind::usage, "the shares for validation and test leave nothing to learn from", {},
                "choose a validation share above 0 and a sum below 1");
  }
}

Manifest make_manifest(Library& library, std::vector<LibraryTrack> tracks,
                       const TrainingSetConfig& config, const std::vector<LibraryTrack>& also) {
  config.validate();
  // What is to teach is dealt to no other side.
  std::set<TrackId> teaching;
  for (const LibraryTrack& track : also) teaching.insert(track.record.id);
  std::erase_if(tracks, [&](const LibraryTrack& track) { return teaching.contains(track.record.id); });
  std::vector<std::optional<Side>> sides = sides_of(tracks, config);
  // An artist's tracks include all variants of a song.
  if (config.split) require_whole(tracks, sides, config, config.split->native());
  tracks.insert(tracks.end(), also.begin(), also.end());
  sides.resize(tracks.size(), Side::train);
  if (!also.empty()) require_whole(tracks, sides, config, "--also");
  const std::vector<std::string> songs = groups_of(tracks, GroupBy::song);
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
