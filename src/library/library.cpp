#include "library/library.hpp"

#include <algorithm>
#include <unordered_map>

#include "analysis/analyzer.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/paths.hpp"
#include "features/cutting.hpp"
#include "library/audio_reader.hpp"
#include "library/fragment_loudness.hpp"
#include "library/updater.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

// The path as the catalog has it, whether the file still exists or not.
fs::path catalog_name(const fs::path& path) {
  std::error_code code;
  fs::path name = fs::weakly_canonical(fs::absolute(path, code), code);
  if (code) name = fs::absolute(path, code).lexically_normal();
  return name.has_filename() ? name : name.parent_path();
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  return file.native().starts_with((folder / "").native());
}

std::string sentence(const std::string& problem, const fs::path& file, const std::string& remedy) {
  return Error(ErrorKind::library, problem, file, remedy).what();
}

}  // namespace

Library::Library(const fs::path& folder) : folder_(folder) {
  make_folders(features_folder());
  catalog_ = open_sqlite_catalog(folder_ / "catalog.db");
}

fs::path Library::feature_path(const TrackId& track) const {
  return features_folder() / (track.hex() + ".safetensors");
}

UpdateReport Library::update(const std::vector<fs::path>& paths, std::size_t workers) {
  return Updater(*this, workers).run(paths);
}

std::vector<LibraryTrack> Library::tracks(const std::vector<fs::path>& paths) const {
  std::vector<fs::path> wanted;
  if (!paths.empty()) wanted = find_music(paths).files;
  std::unordered_map<TrackId, TrackRecord> records;
  std::unordered_map<TrackId, std::vector<TrackId>> recordings;  // by the id that stands for it
  for (TrackRecord& record : catalog_->tracks()) {
    const TrackId id = record.id;
    recordings[record.double_of.value_or(id)].push_back(id);
    records.emplace(id, std::move(record));
  }
  std::vector<LibraryTrack> tracks;
  std::unordered_map<TrackId, std::size_t> by_recording;  // position in `tracks`
  for (const FileRecord& file : catalog_->files()) {      // sorted by path
    const auto record = file.track ? records.find(*file.track) : records.end();
    if (record == records.end()) continue;
    const bool asked =
        paths.empty() || std::binary_search(wanted.begin(), wanted.end(), file.path,
                                            [](auto& a, auto& b) { return a.native() < b.native(); });
    if (!asked || !is_file(file.path)) continue;
    const TrackId recording = record->second.double_of.value_or(record->first);
    LibraryTrack track{record->second, file.path, feature_path(record->first), recordings.at(recording)};
    const auto [place, first] = by_recording.emplace(recording, tracks.size());
    if (first) {
      tracks.push_back(std::move(track));
    } else if (track.record.id == recording && tracks[place->second].record.id != recording) {
      tracks[place->second] = std::move(track);  // the one that stands for its doubles
    }
  }
  std::sort(tracks.begin(), tracks.end(),
            [](auto& a, auto& b) { return a.file.native() < b.file.native(); });
  return tracks;
}

std::shared_ptr<const FeatureFile> Library::features(const LibraryTrack& track) {
  try {
    auto features = FeatureFile::open(track.features, audio_reader(track.file));
    if (features->track() == track.record.id && features->hops() == track.record.hops) return features;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
  }
  if (hash_audio_packets(track.file) != track.record.id) {
    throw Error(ErrorKind::input, "is no longer the music that was analyzed", track.file,
                "run 'segue analyze' on it again");
  }
  const TrackAnalysis analysis = analyze_file(track.file, track.record.id, features_folder());
  TrackRecord record = record_of(analysis);
  record.double_of = track.record.double_of;
  catalog_->put_track(record);
  return FeatureFile::open(analysis.features, audio_reader(track.file));
}

std::vector<FragmentRecord> Library::fragments(const LibraryTrack& track,
                                               const Segmentation& segmentation) {
  std::vector<FragmentRecord> fragments = catalog_->fragments(track.record.id, segmentation);
  if (!fragments.empty()) return fragments;
  throw_if_interrupted();
  const auto features = this->features(track);
  for (const FragmentSpan& span : cut(*features, segmentation)) {
    fragments.push_back({span, gated_loudness(blocks_inside(features->loudness(), span))});
  }
  catalog_->put_fragments(track.record.id, segmentation, fragments);
  return fragments;
}

std::vector<FileProblem> Library::verify() {
  std::vector<FileProblem> problems;
  for (const std::string& problem : catalog_->check()) {
    const fs::path file = folder_ / "catalog.db";
    problems.push_back({file, sentence("is damaged (" + problem + ")", file,
                                       "move it away and analyze the music again")});
  }
  if (!problems.empty()) return problems;
  for (const TrackRecord& track : catalog_->tracks()) {
    throw_if_interrupted();
    const fs::path file = feature_path(track.id);
    if (!is_file(file)) continue;  // pruned; made again on demand
    try {
      const auto features = FeatureFile::open(file);
      if (features->track() == track.id && features->hops() == track.hops) continue;
      problems.push_back({file, sentence("belongs to other music", file, "analyze the music again")});
    } catch (const Error& error) {
      problems.push_back({file, error.what()});
    }
    std::error_code ignored;
    fs::remove(file, ignored);
  }
  for (const FileRecord& file : catalog_->files()) {
    FileRecord now;
    if (!read_file_status(file.path, now)) {
      problems.push_back(
          {file.path,
           sentence("is gone", file.path, "analyze its folder again, or use 'segue library remove'")});
    } else if (now.size != file.size || now.mtime_ns != file.mtime_ns) {
      problems.push_back({file.path, sentence("has changed", file.path, "analyze it again")});
    }
  }
  return problems;
}

std::size_t Library::remove(const fs::path& path) {
  const fs::path name = catalog_name(path);
  std::size_t count = 0;
  catalog_->together([&] {
    for (const FileRecord& file : catalog_->files()) {
      if (file.path != name && !lies_in(file.path, name)) continue;
      catalog_->remove_file(file.path);
      ++count;
    }
  });
  remove_orphans(*this);
  return count;
}

}  // namespace segue
