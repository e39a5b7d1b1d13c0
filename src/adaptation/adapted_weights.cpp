#include "adaptation/adapted_weights.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/log.hpp"
#include "library/track_groups.hpp"
#include "library/training_set.hpp"
#include "model/plugin.hpp"
#include "model/registry.hpp"
#include "training/training_request.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

std::string key_of(const ContentHash& base, const Recipe& recipe, const Segmentation& segmentation,
                   const std::vector<LibraryTrack>& tracks) {
  std::set<TrackId> ids;  // whatever order and folders they came in
  for (const LibraryTrack& track : tracks) ids.insert(track.record.id);
  ContentHasher hasher;
  hasher.update(base.hex() + recipe.settings().dump() + segmentation.key());
  for (const TrackId& id : ids) hasher.update(id.hex());
  return hasher.digest().hex();
}

// Those that a manifest would not leave out.
std::vector<LibraryTrack> long_enough(Library& library, const std::vector<LibraryTrack>& tracks,
                                      const Segmentation& segmentation) {
  std::vector<LibraryTrack> some;
  for (const LibraryTrack& track : tracks) {
    if (library.fragments(track, segmentation).size() >= 3) some.push_back(track);
  }
  return some;
}

bool hold_two_songs(const std::vector<LibraryTrack>& tracks) {
  const std::vector<std::string> songs = groups_of(tracks, GroupBy::song);
  return std::any_of(songs.begin(), songs.end(),
                     [&](const std::string& song) { return song != songs.front(); });
}

}  // namespace

void require_adaptable(const std::string& model) {
  Recipe::adapting(ModelCard::read(card_path(find_weights_to_adapt(model))));
}

fs::path adapted_weights(const AdaptedWeightsConfig& config, Library& library,
                         const std::vector<LibraryTrack>& tracks) {
  TrainingRequest request;
  request.from = find_weights_to_adapt(config.model);
  const ModelCard base = ModelCard::read(card_path(request.from));
  request.recipe = Recipe::adapting(base);
  TrainingSetConfig cut;
  cut.segmentation = Segmentation::of_key(base.segmentation).value_or(Segmentation{});
  const std::vector<LibraryTrack> music = long_enough(library, tracks, cut.segmentation);
  if (!hold_two_songs(music)) {
    log_warning(
        "not adapted: this music holds no two songs of three fragments, one to learn from and one "
        "to measure by; " +
        base.name + " chooses as it is");
    return request.from;
  }

  request.folder = library.folder() / "adapted" /
                   key_of(hash_file(request.from), request.recipe, cut.segmentation, music);
  const fs::path weights = request.folder / (request.recipe.name() + ".safetensors");
  if (fs::exists(card_path(weights))) {  // written last
    log_info("adapted to this music before: " + weights.native());
    return weights;
  }
  request.manifest = make_manifest(library, music, cut);
  request.resume = true;
  request.threads = config.threads;
  request.command = config.command;
  const fs::path checkpoint = request.folder / "checkpoint.safetensors";
  std::error_code ignored;
  try {
    learning_plugin().train(request);
  } catch (const Error& error) {
    // Damaged, or the music was moved or tagged otherwise since, which draws other sides.
    if (error.kind() != ErrorKind::input || error.file() != checkpoint) throw;
    log_info("what was learnt before it was broken off does not fit any more; it begins again");
    fs::remove(checkpoint, ignored);
    learning_plugin().train(request);
  }
  fs::remove(checkpoint, ignored);  // three times the weights' size
  return weights;
}

}  // namespace segue
