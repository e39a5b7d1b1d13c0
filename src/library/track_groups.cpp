#include "library/track_groups.hpp"

#include <algorithm>
#include <map>

#include "base/disjoint_sets.hpp"
#include "base/text.hpp"
#include "features/split.hpp"

namespace segue {
std::vector<std::string> groups_of(const std::vector<LibraryTrack>& tracks, GroupBy by) {
  DisjointSets groups(tracks.size());
  std::map<std::string, std::size_t> seen;
  const auto join_by = [&](std::size_t i, const std::string& key) {
    groups.join(i, seen.emplace(key, i).first->second);
  };
  const auto stem = [&](std::size_t i) { return song_of(tracks[i].file.stem().native()); };
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const LibraryTrack& track = tracks[i];
    join_by(i, "stem/" + track.file.parent_path().native() + '/' + stem(i));
    const Tags& tags = track.record.tags;
    const std::string artist = lower_ascii(trim(tags.artist));
    if (!artist.empty() && !tags.title.empty()) {
      join_by(i, "tags/" + artist + '/' + song_of(tags.title));
    }
    if (!artist.empty() && by == GroupBy::artist) join_by(i, "artist/" + artist);
    join_by(i, "music/" + track.record.double_of.value_or(track.record.id).hex());
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const std::size_t leader = groups.leader_of(i);
    // Equal stems in different folders are different songs: the number keeps them apart.
    names.push_back(to_valid_utf8(stem(leader)) + "#" + std::to_string(leader));
  }
  return names;
}

std::vector<std::optional<Side>> sides_of_groups(const std::vector<std::string>& groups,
                                                 double validation_share, double test_share,
                                                 std::uint64_t seed) {
  std::vector<std::string> names = groups;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const Split split = Split::draw(names, validation_share, test_share, seed);
  std::vector<std::optional<Side>> sides;
  sides.reserve(groups.size());
  for (const std::string& group : groups) sides.push_back(split.side_of(group));
  return sides;
}

}  // namespace segue
