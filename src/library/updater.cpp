#include "library/updater.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "analysis/fingerprint.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

constexpr double kMegabyte = 1e6;
constexpr Seconds kLengthTolerance{3};  // between doubles: silence at the ends differs
constexpr double kLengthToleranceShare = 0.02;

// Certainly not there: a folder that cannot be read proves nothing.
bool is_gone(const fs::path& path) {
  std::error_code code;
  return fs::status(path, code).type() == fs::file_type::not_found;
}

std::unordered_set<std::string> names_in(const fs::path& folder) {
  std::unordered_set<std::string> names;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    names.insert(it->path().filename().native());
  }
  return names;
}

// Concerns one file and leaves the others alone.
bool is_about_one_file(const Error& error) {
  return error.kind() == ErrorKind::input || error.kind() == ErrorKind::internal;
}

}  // namespace

bool read_file_status(const fs::path& path, FileRecord& record) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return false;
  record.path = path;
  record.size = info.st_size;
  record.mtime_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  return true;
}

TrackRecord record_of(const TrackAnalysis& analysis) {
  TrackRecord record;
  record.id = analysis.track;
  record.tags = analysis.tags;
  record.format = analysis.format;
  record.pcm_frames = analysis.pcm_frames;
  record.hops = analysis.hops;
  record.integrated_lufs = analysis.integrated_lufs;
  record.sample_peak = analysis.sample_peak;
  record.fingerprint = analysis.fingerprint;
  record.traits = analysis.traits;
  record.analysis_version = kAnalysisVersion;
  return record;
}

void remove_orphans(Library& library) {
  Catalog& catalog = library.catalog();
  std::vector<TrackId> orphans;
  catalog.together([&] {
    orphans = catalog.tracks_without_file();
    for (const TrackId& track : orphans) catalog.remove_track(track);
  });
  for (const TrackId& track : orphans) {
    std::error_code ignored;
    fs::remove(library.feature_path(track), ignored);
  }
}

UpdateReport Updater::run(const std::vector<fs::path>& paths) {
  MusicFiles music = find_music(paths);
  report_.files = music.files.size();
  report_.problems = std::move(music.problems);
  remove_stale_partials(library_.features_folder());
  remember_catalog();
  select(music.files);
  process_all();
  remove_gone(paths);
  remove_orphans(library_);
  put_first_in_front();
  std::stable_sort(report_.problems.begin(), report_.problems.end(),
                   [](auto& a, auto& b) { return a.file.native() < b.file.native(); });
  return std::move(report_);
}

void Updater::remember_catalog() {
  for (FileRecord& file : library_.catalog().files()) {
    std::string path = file.path.native();
    known_.emplace(std::move(path), std::move(file));
  }
  const std::unordered_set<std::string> features = names_in(library_.features_folder());
  for (const TrackRecord& track : library_.catalog().tracks()) {
    if (features.contains(library_.feature_path(track.id).filename().native())) {
      analysis_versions_.emplace(track.id, track.analysis_version);
    }
  }
}

void Updater::select(const std::vector<fs::path>& files) {
  for (const fs::path& path : files) {
    throw_if_interrupted();
    found_.push_back(path.native());
    FileRecord file;
    if (!read_file_status(path, file)) {
      report_.problems.push_back({path, Error(ErrorKind::input, "cannot be read", path).what()});
    } else if (is_unchanged(file)) {
      const std::string& error = known_.at(path.native()).error;
      if (error.empty()) {
        ++report_.unchanged;
      } else {
        report_.problems.push_back({path, error});
      }
    } else {
      candidates_.push_back(std::move(file));
    }
  }
  std::sort(found_.begin(), found_.end());
  // The longest last would leave the other cores idle at the end.
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](auto& a, auto& b) { return a.size > b.size; });
}

bool Updater::is_unchanged(const FileRecord& found) const {
  const auto known = known_.find(found.path.native());
  if (known == known_.end()) return false;
  const FileRecord& file = known->second;
  if (file.size != found.size || file.mtime_ns != found.mtime_ns) return false;
  if (!file.track) return !file.error.empty();
  const auto version = analysis_versions_.find(*file.track);
  return version != analysis_versions_.end() && version->second == kAnalysisVersion;
}

void Updater::process_all() {
  if (candidates_.empty()) return;
  double bytes = 0;
  for (const Candidate& file : candidates_) bytes += static_cast<double>(file.size);
  Progress progress("analyzing", bytes / kMegabyte, "MB");
  parallel_for(candidates_.size(), workers_, [&](std::size_t i) {
    const Candidate& file = candidates_[i];
    process(file);
    progress.advance(static_cast<double>(file.size) / kMegabyte, file.path.filename().native());
  });
}

void Updater::process(const Candidate& file) {
  std::optional<TrackId> id;
  bool leads = false;  // this call analyzes `id`; others wait for it
  const auto followers = [&] {
    return leads ? std::move(in_flight_.extract(*id).mapped()) : std::vector<Candidate>();
  };
  try {
    id = hash_audio_packets(file.path);
    std::optional<Tags> tags;
    if (library_.catalog().track(*id)) tags = AudioDecoder::open(file.path).tags();
    {
      const std::lock_guard lock(mutex_);
      if (adopt(file, *id, tags)) return;
      const auto [entry, first] = in_flight_.try_emplace(*id);
      if (!first) return entry->second.push_back(file);
      leads = true;
    }
    if (!complete(file, *id, tags)) {
      const TrackAnalysis analysis = analyze_file(file.path, *id, library_.features_folder());
      const std::lock_guard lock(mutex_);
      finish_analysis(file, analysis);
    }
    const std::lock_guard lock(mutex_);
    for (const Candidate& same : followers()) adopt(same, *id, std::nullopt);
  } catch (const Error& error) {
    if (!is_about_one_file(error)) throw;
    const std::lock_guard lock(mutex_);
    record_failure(file, error);
    for (const Candidate& same : followers()) record_failure(same, error);
  }
}

// Hears what an older segue did not; false if the track is new or its features are not there.
bool Updater::complete(const Candidate& file, const TrackId& id, const std::optional<Tags>& tags) {
  Catalog& catalog = library_.catalog();
  const std::optional<TrackRecord> track = catalog.track(id);
  if (!track || track->analysis_version < kOldestFeatures || track->analysis_version >= kAnalysisVersion)
    return false;
  std::shared_ptr<const FeatureFile> features;
  try {
    features = FeatureFile::open(library_.feature_path(id));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    return false;
  }
  if (features->track() != id || features->hops() != track->hops) return false;
  const MusicTraits traits = add_music(file.path, *features);
  const std::lock_guard lock(mutex_);
  catalog.together([&] { catalog.put_traits(id, traits, kAnalysisVersion); });
  ++report_.analyzed;
  report_.decoded += track->duration();
  return adopt(file, id, tags);
}

// Takes a file whose music is known and needs no decoding; false if it does.
bool Updater::adopt(const Candidate& file, const TrackId& id, const std::optional<Tags>& tags) {
  Catalog& catalog = library_.catalog();
  bool adopted = false;
  catalog.together([&] {
    const std::optional<TrackRecord> track = catalog.track(id);
    std::error_code code;
    adopted = track && track->analysis_version == kAnalysisVersion &&
              fs::exists(library_.feature_path(id), code);
    if (!adopted) return;
    const auto known = known_.find(file.path.native());
    const bool same_music = known != known_.end() && known->second.track == id;
    const bool same_file =
        same_music && known->second.size == file.size && known->second.mtime_ns == file.mtime_ns;
    bool moved = false;
    for (const fs::path& other : catalog.files_of(id)) {
      if (other == file.path || !is_gone(other)) continue;
      catalog.remove_file(other);
      moved_.insert(other.native());
      moved = true;
    }
    FileRecord record = file;
    record.track = id;
    catalog.put_file(record);
    if (tags && !same_file && (same_music || moved)) catalog.put_tags(id, *tags);
    if (same_file) {  // what an older segue did not hear was heard now
      return;
    } else if (same_music) {
      ++report_.retagged;
    } else if (known != known_.end()) {
      ++report_.changed;
    } else {
      ++(moved ? report_.moved : report_.doubles);
    }
  });
  return adopted;
}

void Updater::finish_analysis(const Candidate& file, const TrackAnalysis& analysis) {
  Catalog& catalog = library_.catalog();
  const TrackRecord track = record_of(analysis);
  std::optional<TrackId> leader;
  catalog.together([&] {
    leader = leader_of(track);
    catalog.put_track(track);
    FileRecord record = file;
    record.track = track.id;
    catalog.put_file(record);
    if (leader) catalog.put_leader(*leader, track.id);
  });
  ++report_.analyzed;
  report_.decoded += track.duration();
  report_.doubles += leader.has_value();
  const auto known = known_.find(file.path.native());
  report_.changed += known != known_.end() && known->second.track != track.id;
}

// Of a recording's tracks the one whose file comes first by path stands for it. Only now, as neither
// the order in which files were heard nor which copy of one was may decide.
void Updater::put_first_in_front() {
  Catalog& catalog = library_.catalog();
  catalog.together([&] {
    std::unordered_map<TrackId, TrackId> recordings;
    for (const TrackRecord& track : catalog.tracks()) {
      recordings.emplace(track.id, track.double_of.value_or(track.id));
    }
    std::unordered_set<TrackId> settled;
    for (const FileRecord& file : catalog.files()) {  // sorted by path
      if (!file.track) continue;
      const TrackId recording = recordings.at(*file.track);
      if (settled.insert(recording).second && *file.track != recording)
        catalog.put_leader(*file.track, recording);
    }
  });
}

// The track that stands for the recording which this one is too, if there is another.
std::optional<TrackId> Updater::leader_of(const TrackRecord& track) const {
  if (track.fingerprint.empty() || !std::isfinite(track.integrated_lufs)) return std::nullopt;
  const Seconds tolerance = std::max(kLengthTolerance, track.duration() * kLengthToleranceShare);
  std::optional<TrackId> leader;
  double best = kSameRecording;
  for (const TrackRecord& other : library_.catalog().tracks_of_length(track.duration(), tolerance)) {
    if (other.id == track.id || !std::isfinite(other.integrated_lufs)) continue;
    const double similarity = fingerprint_similarity(track.fingerprint, other.fingerprint);
    if (similarity < best || (leader && similarity == best)) continue;
    best = similarity;
    leader = other.double_of.value_or(other.id);
  }
  return leader == track.id ? std::nullopt : leader;
}

void Updater::record_failure(const Candidate& file, const Error& error) {
  const Error own(error.kind(), error.problem(), file.path, error.remedy());
  report_.problems.push_back({file.path, own.what()});
  // A defect of ours says nothing of the file, and a permission leaves no trace in it: such files
  // are tried again each time.
  if (error.kind() != ErrorKind::input || ::access(file.path.c_str(), R_OK) != 0) return;
  FileRecord record = file;
  record.error = own.what();
  library_.catalog().put_file(record);
}

void Updater::remove_gone(const std::vector<fs::path>& paths) {
  std::vector<std::string> folders;
  for (const fs::path& path : paths) {
    std::error_code code;
    const fs::path folder = fs::canonical(path, code);
    if (!code && fs::is_directory(folder, code)) folders.push_back((folder / "").native());
  }
  library_.catalog().together([&] {
    for (const auto& entry : known_) {
      const std::string& path = entry.first;
      const bool searched = std::any_of(folders.begin(), folders.end(),
                                        [&](auto& folder) { return path.starts_with(folder); });
      const bool missing = searched && !std::binary_search(found_.begin(), found_.end(), path) &&
                           !moved_.contains(path) && is_gone(path);
      if (!missing) continue;
      library_.catalog().remove_file(path);
      ++report_.removed;
    }
  });
}

}  // namespace segue
