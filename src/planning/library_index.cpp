#include "planning/library_index.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "analysis/analyzer.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "base/progress.hpp"
#include "base/safetensors.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kAtOnce = 512;  // fragments heard between two signs of progress
constexpr std::size_t kAsked = 4;     // entries that are heard again, to be sure
constexpr std::size_t kHash = sizeof(TrackId{}.bytes);
constexpr std::int64_t kMostId = std::numeric_limits<std::int64_t>::max();
constexpr const char* kEnding = ".safetensors";

std::string megabytes(std::size_t bytes) { return std::to_string((bytes + 500000) / 1000000) + " MB"; }

template <class T>
std::vector<T> numbers(const SafetensorsFile& file, const char* name, DType type) {
  const TensorView& tensor = file.tensor(name, type);
  std::vector<T> values(static_cast<std::size_t>(tensor.count()));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

}  // namespace

std::vector<std::size_t> all_of(const FragmentPool& pool) {
  std::vector<std::size_t> all(pool.fragments().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

LibraryIndex::LibraryIndex(Library& library, const FragmentPool& pool, const IndexKey& key,
                           ScoringSession& session, std::size_t exact)
    : LibraryIndex(library, pool, all_of(pool), key, session, exact) {}

LibraryIndex::LibraryIndex(Library& library, const FragmentPool& pool, std::vector<std::size_t> wanted,
                           const IndexKey& key, ScoringSession& session, std::size_t exact)
    : library_(library),
      pool_(pool),
      wanted_(std::move(wanted)),
      key_(key),
      session_(session),
      file_(file_of(library, key)),
      exact_(exact),
      index_(session.embedding_size(), exact) {
  if (!read()) {
    index_ = FragmentIndex(session.embedding_size(), exact);
    tracks_.clear();
  }
  bool changed = forget_tracks();
  try {
    changed |= hear_new();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) write();
    throw;
  }
  if (changed) write();
  log_detail("index: " + std::to_string(index_.size()) + " fragments, " + megabytes(index_.bytes()) +
             (index_.exact() ? ", searched exactly" : "") + ", " + file_.native());
  keep_latest();
  std::vector<std::int64_t> ids;
  for (const std::size_t i : wanted_) {
    ids.push_back(find(i)->id);
    fragment_of_[ids.back()] = i;
  }
  // Where the music asked for is a small part of a very large library, the rest would be in the way; and
  // what can be compared exactly is, so that a plan does not depend on what else was heard before.
  if (!index_.exact() && (ids.size() <= exact || ids.size() < index_.size() / 2))
    index_ = index_.subset(ids);
}

fs::path LibraryIndex::file_of(const Library& library, const IndexKey& key) {
  ContentHasher hasher;
  hasher.update(key.weights.hex() + " " + key.segmentation + " " + std::to_string(key.guard));
  return library.folder() / "index" / (hasher.digest().hex() + kEnding);
}

// What the file is of; the analysis has a version of its own.
std::string LibraryIndex::about() const {
  return nlohmann::json{{"weights", key_.weights.hex()},
                        {"segmentation", key_.segmentation},
                        {"guard", key_.guard},
                        {"analysis_version", kAnalysisVersion}}
      .dump();
}

// Whether there is a sound file.
bool LibraryIndex::read() {
  std::error_code code;
  if (!fs::exists(file_, code)) return false;
  try {
    const SafetensorsFile file = SafetensorsFile::open(file_);
    auto [index, what] = FragmentIndex::read(file, exact_);
    const auto ids = numbers<std::uint8_t>(file, "tracks", DType::u8);
    const auto counts = numbers<std::int64_t>(file, "counts", DType::i64);
    const auto starts = numbers<std::int64_t>(file, "starts", DType::i64);
    const auto fragments = numbers<std::int64_t>(file, "fragments", DType::i64);
    const auto require = [&](bool sound) {
      if (!sound) throw Error(ErrorKind::input, "does not fit together", file_, "it is made again");
    };
    require(what == about() && index.dimension() == session_.embedding_size());
    require(ids.size() == counts.size() * kHash && starts.size() == fragments.size() &&
            fragments.size() == index.size());
    std::size_t next = 0;
    for (std::size_t t = 0; t < counts.size(); ++t) {
      TrackId track;
      std::memcpy(track.bytes.data(), ids.data() + t * kHash, kHash);
      require(counts[t] > 0 && static_cast<std::size_t>(counts[t]) <= starts.size() - next);
      std::vector<Known>& known = tracks_[track];
      require(known.empty());
      for (const std::size_t end = next + static_cast<std::size_t>(counts[t]); next < end; ++next) {
        require(index.contains(fragments[next]));
        require(known.empty() || known.back().start < starts[next]);
        known.push_back({starts[next], fragments[next]});
      }
    }
    require(next == starts.size());
    index_ = std::move(index);
    if (says_what_the_network_says()) return true;
    log_detail("the index no longer fits the network and is made again: " + file_.native());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;  // the file is as good as before
    log_detail("the index is made again: " + std::string(error.what()));
  }
  return false;
}

// Evenly over the pool, as far as it is known.
bool LibraryIndex::says_what_the_network_says() const {
  std::size_t asked = 0;
  const std::size_t step = std::max<std::size_t>(1, wanted_.size() / kAsked);
  for (std::size_t at = 0; at < wanted_.size() && asked < kAsked; at += step, ++asked) {
    const std::size_t i = wanted_[at];
    const Known* known = find(i);
    if (known == nullptr) continue;
    const std::vector<float> entry = session_.entries(std::span(&i, 1));
    double power = 0;
    for (const float number : entry) power += number * number;
    if (!(index_.distance(known->id, entry) <= 1e-5 * power + 1e-9)) return false;
  }
  return true;
}

// Forgets tracks that the library does not have; whether there were any.
bool LibraryIndex::forget_tracks() {
  std::set<TrackId> there;
  for (const PoolTrack& track : pool_.tracks()) there.insert(track.track->record.id);
  std::vector<std::int64_t> gone;
  for (auto track = tracks_.begin(); track != tracks_.end();) {
    if (there.count(track->first) > 0 || library_.catalog().track(track->first)) {
      ++track;
      continue;
    }
    for (const Known& known : track->second) gone.push_back(known.id);
    track = tracks_.erase(track);
  }
  index_.remove(gone);
  return !gone.empty();
}

// Adds what of the pool is not there; whether there was anything.
bool LibraryIndex::hear_new() {
  std::vector<std::size_t> fresh;
  for (const std::size_t i : wanted_) {
    if (find(i) == nullptr) fresh.push_back(i);
  }
  if (fresh.empty()) return false;
  Progress progress("hearing", static_cast<double>(fresh.size()), "fragments");
  for (std::size_t first = 0; first < fresh.size(); first += kAtOnce) {
    throw_if_interrupted();
    const auto some = std::span(fresh).subspan(first, std::min(kAtOnce, fresh.size() - first));
    const std::vector<float> entries = session_.entries(some);
    std::vector<std::int64_t> ids;
    for (const std::size_t i : some) {
      const TrackId& track = pool_.track_of(i).record.id;
      const Hop start = pool_.fragments()[i].span.start;
      std::vector<Known>& known = tracks_[track];
      std::int64_t id = id_of(track, start);
      while (index_.contains(id) || std::find(ids.begin(), ids.end(), id) != ids.end())
        id = (id + 1) & kMostId;
      ids.push_back(id);
      known.insert(std::upper_bound(known.begin(), known.end(), start,
                                    [](Hop at, const Known& one) { return at < one.start; }),
                   {start, id});
    }
    index_.add(ids, entries);
    progress.advance(static_cast<double>(some.size()));
  }
  return true;
}

std::int64_t LibraryIndex::id_of(const TrackId& track, Hop start) {
  ContentHasher hasher;
  hasher.update(std::as_bytes(std::span(track.bytes)));
  hasher.update(std::as_bytes(std::span(&start, 1)));
  std::int64_t id = 0;
  std::memcpy(&id, hasher.digest().bytes.data(), sizeof id);
  return id & kMostId;
}

const LibraryIndex::Known* LibraryIndex::find(std::size_t fragment) const {
  const auto track = tracks_.find(pool_.track_of(fragment).record.id);
  if (track == tracks_.end()) return nullptr;
  const Hop start = pool_.fragments()[fragment].span.start;
  const auto place = std::lower_bound(track->second.begin(), track->second.end(), start,
                                      [](const Known& one, Hop at) { return one.start < at; });
  return place != track->second.end() && place->start == start ? &*place : nullptr;
}

std::vector<std::size_t> LibraryIndex::nearest(std::span<const float> exit, std::size_t count,
                                               const std::function<bool(std::size_t)>& allowed) const {
  std::vector<std::size_t> fragments;
  for (const IndexHit& hit : index_.search(exit, count, [&](std::int64_t id) {
         const auto fragment = fragment_of_.find(id);
         return fragment != fragment_of_.end() && allowed(fragment->second);
       }))
    fragments.push_back(fragment_of_.at(hit.id));
  std::sort(fragments.begin(), fragments.end());
  return fragments;
}

float LibraryIndex::distance(std::span<const float> exit, std::size_t fragment) const {
  return index_.distance(find(fragment)->id, exit);
}

void LibraryIndex::write() const {
  std::vector<std::uint8_t> ids;
  std::vector<std::int64_t> counts, starts, fragments;
  for (const auto& [track, known] : tracks_) {
    ids.insert(ids.end(), track.bytes.begin(), track.bytes.end());
    counts.push_back(static_cast<std::int64_t>(known.size()));
    for (const Known& one : known) {
      starts.push_back(one.start);
      fragments.push_back(one.id);
    }
  }
  const auto length = [](const auto& values) { return static_cast<std::int64_t>(values.size()); };
  const NamedTensor beside[] = {
      {"tracks", DType::u8, {length(counts), std::int64_t{kHash}}, std::as_bytes(std::span(ids))},
      {"counts", DType::i64, {length(counts)}, std::as_bytes(std::span(counts))},
      {"starts", DType::i64, {length(starts)}, std::as_bytes(std::span(starts))},
      {"fragments", DType::i64, {length(fragments)}, std::as_bytes(std::span(fragments))},
  };
  try {
    make_folders(file_.parent_path());
    remove_stale_partials(file_.parent_path());
    index_.write(file_, about(), beside);
  } catch (const Error& error) {
    log_warning("the index is not kept: " + std::string(error.what()));
  }
}

// The one in use is the latest. What others remove meanwhile is gone.
void LibraryIndex::keep_latest() const {
  std::error_code code;
  fs::last_write_time(file_, fs::file_time_type::clock::now(), code);
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  for (fs::directory_iterator it(file_.parent_path(), code), end; !code && it != end;
       it.increment(code)) {
    if (it->path().extension() == kEnding) files.emplace_back(it->last_write_time(code), it->path());
  }
  std::sort(files.rbegin(), files.rend());
  for (std::size_t i = kKept; i < files.size(); ++i) fs::remove(files[i].second, code);
}

}  // namespace segue
