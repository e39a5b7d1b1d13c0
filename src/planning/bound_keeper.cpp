#include "planning/bound_keeper.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/disjoint_sets.hpp"
#include "base/error.hpp"
#include "base/statistics.hpp"
#include "features/cutting.hpp"

namespace segue {
namespace {

constexpr double kEnergyReach = 0.2;      // of ranks, from the curve
constexpr double kSureOfKey = 0.5;        // confidence
constexpr Seconds kShortestRun{4};        // that is better than no mix
constexpr Hop kNearPhrase = 2;            // hops between a fragment and the phrase that it begins
constexpr Hop kTimbreStep = 16;           // frames between those that are read of a track's sound
constexpr double kLeastDeviation = 3e-5;  // of what tells tracks apart, decibels
constexpr std::array<const char*, kBounds> kNames = {"include", "tempo",   "mood",   "like",
                                                     "heard",   "length",  "repeat", "artist",
                                                     "metre",   "stretch", "key",    "energy"};

std::size_t index_of(Bound bound) { return static_cast<std::size_t>(bound); }

std::string artist_of(const LibraryTrack& track) {
  const Tags& tags = track.record.tags;
  return tags.artist.empty() ? tags.album_artist : tags.artist;
}

bool only_tempi(const Relaxed& relaxed) {
  for (const Bound bound : {Bound::repeat, Bound::key, Bound::energy, Bound::length})
    if (relaxed[index_of(bound)]) return false;
  return true;
}

double energy_after(const FeatureFile& features, Hop start, Seconds length) {
  const auto& energy = features.music().energy;
  const auto begin = static_cast<std::size_t>(hops_to_seconds(start).count());
  const std::size_t end = std::min(energy.size(), begin + static_cast<std::size_t>(length.count()));
  if (begin >= end) return 0;
  return std::accumulate(energy.begin() + static_cast<std::ptrdiff_t>(begin),
                         energy.begin() + static_cast<std::ptrdiff_t>(end), 0.0) /
         static_cast<double>(end - begin);
}

// Mean and spread of each band over the track.
std::vector<double> timbre_of(const FeatureFile& features) {
  std::vector<double> timbre(2 * kBands);
  std::vector<float> row(kBands);
  double count = 0;
  for (Hop frame = 0; frame < features.frames(); frame += kTimbreStep, ++count) {
    features.read_log_mel({frame, frame + 1}, row);
    for (std::size_t band = 0; band < kBands; ++band) {
      timbre[band] += row[band];
      timbre[kBands + band] += static_cast<double>(row[band]) * row[band];
    }
  }
  for (std::size_t band = 0; band < kBands && count > 0; ++band) {
    timbre[band] /= count;
    timbre[kBands + band] =
        std::sqrt(std::max(0.0, timbre[kBands + band] / count - timbre[band] * timbre[band]));
  }
  return timbre;
}

}  // namespace

const char* name_of(Bound bound) noexcept { return kNames[index_of(bound)]; }

BoundKeeper::BoundKeeper(const MixConfig& config, const FragmentPool& pool)
    : config_(config), bounds_(config.bounds), pool_(pool) {
  const auto& fragments = pool.fragments();
  stretch_ends_.resize(fragments.size());
  length_to_end_.resize(fragments.size());
  for (std::size_t i = fragments.size(); i-- > 0;) {
    const bool goes_on = i + 1 < fragments.size() && fragments[i + 1].track == fragments[i].track &&
                         fragments[i + 1].position == fragments[i].position + 1;
    stretch_ends_[i] = goes_on ? stretch_ends_[i + 1] : i;
    length_to_end_[i] = fragments[i].span.length + (goes_on ? length_to_end_[i + 1] : 0);
  }
  const auto require_there = [&](const TrackId& id) {
    const bool there = std::any_of(pool.tracks().begin(), pool.tracks().end(),
                                   [&](const PoolTrack& track) { return track.track->is(id); });
    if (!there)
      throw Error(ErrorKind::usage, "a track that must be heard is not among the music, or is silent",
                  {}, "give it with the music");
  };
  for (const TrackId& id : bounds_.include) require_there(id);
  if (bounds_.end) require_there(*bounds_.end);
  for (const PoolTrack& track : pool.tracks()) artists_.push_back(artist_of(*track.track));
  relaxations_ = relaxations();
  find_entries();
  rank_energies();
  if (bounds_.like) find_alike();
}

void BoundKeeper::find_entries() {
  const Segmentation phrases = Segmentation::parse("phrases");
  for (const PoolTrack& track : pool_.tracks()) {
    // A track without beats is cut otherwise.
    if (!config_.segmentation.by_beats() || track.features->music().beats.empty()) {
      for (std::size_t i = 0; i < track.count; ++i) entries_.push_back(track.first + i);
      continue;
    }
    std::vector<Hop> starts;
    for (const FragmentSpan& span : cut(*track.features, phrases)) starts.push_back(span.start);
    std::size_t next = 0;
    for (std::size_t i = track.first; i < track.first + track.count; ++i) {
      const Hop start = pool_.fragments()[i].span.start;
      while (next < starts.size() && starts[next] < start - kNearPhrase) ++next;
      const bool begins = next < starts.size() && std::abs(starts[next] - start) <= kNearPhrase;
      if (begins || i == track.first) entries_.push_back(i);
    }
  }
}

void BoundKeeper::rank_energies() {
  std::vector<double> energies;
  for (const std::size_t entry : entries_) {
    const PoolTrack& track = pool_.tracks()[track_of(entry)];
    energies.push_back(
        energy_after(*track.features, pool_.fragments()[entry].span.start, bounds_.least));
  }
  std::vector<double> sorted = energies;
  std::sort(sorted.begin(), sorted.end());
  const auto last = static_cast<double>(std::max<std::size_t>(1, sorted.size() - 1));
  for (const double energy : energies) {
    const auto [first, end] = std::equal_range(sorted.begin(), sorted.end(), energy);
    energies_.emplace_back(static_cast<double>(first - sorted.begin()) / last,
                           static_cast<double>(end - sorted.begin() - 1) / last);
  }
  std::vector<double> of_tracks;
  for (std::size_t track = 0; track < pool_.tracks().size(); ++track)
    of_tracks.push_back(traits(track).energy);
  std::sort(of_tracks.begin(), of_tracks.end());
  if (!of_tracks.empty())
    middle_energy_ = (of_tracks[(of_tracks.size() - 1) / 2] + of_tracks[of_tracks.size() / 2]) / 2;
}

void BoundKeeper::find_alike() {
  const auto& tracks = pool_.tracks();
  std::vector<std::vector<double>> timbres;
  std::size_t wanted = tracks.size();
  for (std::size_t t = 0; t < tracks.size(); ++t) {
    timbres.push_back(timbre_of(*tracks[t].features));
    if (tracks[t].track->is(*bounds_.like)) wanted = t;
  }
  if (wanted == tracks.size())
    throw Error(ErrorKind::usage, "the track to stay near is not among the music", {},
                "give it with the music");
  std::vector<double> distances(tracks.size());
  for (std::size_t k = 0; k < timbres.front().size(); ++k) {
    const double deviation =
        mean_and_deviation(timbres, [k](const auto& timbre) { return timbre[k]; }).deviation;
    if (deviation < kLeastDeviation) continue;
    for (std::size_t t = 0; t < tracks.size(); ++t) {
      const double off = (timbres[t][k] - timbres[wanted][k]) / deviation;
      distances[t] += off * off;
    }
  }
  std::vector<double> sorted = distances;
  std::sort(sorted.begin(), sorted.end());
  const auto kept =
      static_cast<std::size_t>(std::ceil(bounds_.like_share * static_cast<double>(tracks.size())));
  const double furthest = sorted[std::clamp<std::size_t>(kept, 1, tracks.size()) - 1];
  for (const double distance : distances) alike_.push_back(distance <= furthest);
}

Seconds BoundKeeper::seconds_of(std::size_t first, std::size_t last) const {
  return hops_to_seconds(pool_.fragments()[last].span.end() - pool_.fragments()[first].span.start);
}

// What concerns a track by itself.
bool BoundKeeper::plays(std::size_t track, Bound& cut_by) const {
  const MusicTraits& heard = traits(track);
  if (bounds_.tempo) {
    cut_by = Bound::tempo;
    if (!heard.has_beat() || heard.tempo_bpm < bounds_.tempo->first ||
        heard.tempo_bpm > bounds_.tempo->second)
      return false;
  }
  if (bounds_.mood) {
    cut_by = Bound::mood;
    const double energy = heard.energy - middle_energy_;
    const bool wrong_mode = bounds_.mood->mode != 0 && heard.valence * bounds_.mood->mode <= 0;
    if (energy * bounds_.mood->energy < 0 || wrong_mode) return false;
  }
  cut_by = Bound::like;
  return alike_.empty() || alike_[track];
}

double BoundKeeper::tempo_change(std::size_t a, std::size_t b) const {
  if (!traits(a).has_beat() || !traits(b).has_beat()) return 0;
  double octaves = std::log2(traits(b).tempo_bpm / traits(a).tempo_bpm);
  if (std::abs(octaves) <= 1.5) octaves -= std::round(octaves);
  return std::exp2(std::abs(octaves)) - 1;
}

bool BoundKeeper::fit_together(std::size_t a, std::size_t b) const {
  if (traits(a).beats_per_bar != traits(b).beats_per_bar) return false;
  return tempo_change(a, b) <= bounds_.stretch;
}

double BoundKeeper::key_clash(std::size_t a, std::size_t b) const {
  const MusicTraits& one = traits(a);
  const MusicTraits& other = traits(b);
  if (bounds_.key == KeyRule::off || !one.key || !other.key) return 0;
  const int distance = key_distance(*one.key, *other.key);
  const bool near_allowed = bounds_.key == KeyRule::near || one.key->minor != other.key->minor;
  if (distance == 0 || (distance == 1 && near_allowed)) return 0;
  return std::min(1.0, std::min(one.key_confidence, other.key_confidence) / kSureOfKey);
}

// Which of the bounds between `heard` and `energy` cuts a track.
BoundKeeper::Cut BoundKeeper::cut_by_history(std::size_t track, std::span<const PlayedRun> history,
                                             Seconds now, const Relaxed& relaxed) const {
  const auto holds = [&](Bound bound) { return !relaxed[index_of(bound)]; };
  const bool by_artist = bounds_.artist_apart.count() > 0 && !artists_[track].empty();
  Cut cut;
  for (const PlayedRun& run : history) {
    const std::size_t other = track_of(run.first);
    if (holds(Bound::repeat) && other == track &&
        (!bounds_.no_repeat || now - run.end < *bounds_.no_repeat))
      return Bound::repeat;
    if (by_artist && now - run.end < bounds_.artist_apart && artists_[other] == artists_[track])
      cut = Bound::artist;
  }
  if (cut || history.empty()) return cut;
  const std::size_t playing = track_of(history.back().first);
  if (holds(Bound::metre) && traits(playing).beats_per_bar != traits(track).beats_per_bar)
    return Bound::metre;
  if (holds(Bound::stretch) && tempo_change(playing, track) > bounds_.stretch) return Bound::stretch;
  if (holds(Bound::key) && key_clash(playing, track) == 1) return Bound::key;
  return {};
}

std::vector<BoundKeeper::TrackCuts> BoundKeeper::cuts_of_tracks(std::span<const PlayedRun> history,
                                                                Seconds now, const Relaxed& relaxed,
                                                                const Eligible& eligible) const {
  std::vector<TrackCuts> cuts(pool_.tracks().size());
  for (std::size_t track = 0; track < cuts.size(); ++track) {
    Bound cut_by{};
    if (eligible && !eligible(track)) {
      cuts[track].before = Bound::include;
    } else if (!plays(track, cut_by)) {
      cuts[track].before = cut_by;
    } else {
      cuts[track].after = cut_by_history(track, history, now, relaxed);
    }
  }
  for (const PlayedRun& run : history) cuts[track_of(run.first)].played.push_back(&run);
  return cuts;
}

BoundKeeper::Cut BoundKeeper::cut_of(std::size_t entry, const TrackCuts& track,
                                     std::span<const PlayedRun> history, Seconds now,
                                     const Relaxed& relaxed) const {
  if (track.before) return track.before;
  const auto holds = [&](Bound bound) { return !relaxed[index_of(bound)]; };
  const std::size_t fragment = entries_[entry];
  const Hop start = pool_.fragments()[fragment].span.start;
  const Seconds usual = holds(Bound::length) ? bounds_.least : std::min(bounds_.least, kShortestRun);
  const Seconds least = std::min(usual, config_.length - now);
  for (const PlayedRun* run : track.played) {
    // What has been heard is not heard again, and the track that plays does not jump.
    const bool plays_now = run == &history.back();
    const Seconds until_heard = hops_to_seconds(pool_.fragments()[run->first].span.start - start);
    const bool after = start >= pool_.fragments()[run->last].span.end();
    if (plays_now || (!after && until_heard < least)) return Bound::heard;
  }
  // What is left while the next track comes in sounds on, where the track is long enough for that.
  const Seconds sounds = config_.blends && holds(Bound::length) ? usual + kSoundsOn : usual;
  const Hop all = length_to_end_[pool_.tracks()[track_of(fragment)].first];
  const Seconds needed = std::min({sounds, config_.length - now, std::max(least, hops_to_seconds(all))});
  if (hops_to_seconds(length_to_end_[fragment]) < needed) return Bound::length;
  if (track.after) return track.after;
  if (holds(Bound::energy) && !bounds_.energy.points.empty()) {
    const double wanted = bounds_.energy.at(now / config_.length);
    const auto [least_energy, most_energy] = energies_[entry];
    if (wanted < least_energy - kEnergyReach || wanted > most_energy + kEnergyReach)
      return Bound::energy;
  }
  return {};
}

std::vector<Relaxed> BoundKeeper::relaxations() const {
  const auto with = [&](std::initializer_list<Bound> bounds) {
    Relaxed relaxed{};
    for (const Bound bound : bounds) {
      const bool is_set = (bound == Bound::key && bounds_.key_is_set) ||
                          (bound == Bound::stretch && bounds_.stretch_is_set) ||
                          (bound == Bound::repeat && bounds_.no_repeat) ||
                          (bound == Bound::length && bounds_.seconds_are_set) ||
                          (bound == Bound::key && bounds_.key == KeyRule::off) ||
                          (bound == Bound::energy && bounds_.energy.points.empty());
      relaxed[index_of(bound)] = !is_set;
    }
    return relaxed;
  };
  // Tempo gives way before keys: where tempi cannot meet, a transition is short; a wrong key is heard.
  std::vector<Relaxed> steps = {
      with({}),
      with({Bound::metre, Bound::stretch}),
      with({Bound::metre, Bound::stretch, Bound::energy}),
      with({Bound::key}),
      with({Bound::key, Bound::energy}),
      with({Bound::key, Bound::metre, Bound::stretch}),
      with({Bound::key, Bound::metre, Bound::stretch, Bound::energy}),
      with({Bound::repeat}),
      with({Bound::repeat, Bound::metre, Bound::stretch}),
      with({Bound::repeat, Bound::metre, Bound::stretch, Bound::energy}),
      with({Bound::repeat, Bound::key}),
      with({Bound::repeat, Bound::key, Bound::energy}),
      with({Bound::repeat, Bound::key, Bound::metre, Bound::stretch}),
      with({Bound::repeat, Bound::key, Bound::metre, Bound::stretch, Bound::energy}),
      with({Bound::repeat, Bound::key, Bound::metre, Bound::stretch, Bound::energy, Bound::length})};
  std::vector<Relaxed> different;
  for (const Relaxed& step : steps)
    if (std::find(different.begin(), different.end(), step) == different.end())
      different.push_back(step);
  return different;
}

std::size_t BoundKeeper::tracks_left(const Allowed& allowed) const {
  std::size_t count = 0;
  std::optional<std::size_t> last;  // entries go by tracks
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    if (allowed.entries[entry] == 0) continue;
    const std::size_t track = track_of(entries_[entry]);
    count += track != last;
    last = track;
  }
  return count;
}

Allowed BoundKeeper::allowed(std::span<const PlayedRun> history, Seconds now, const Eligible& eligible,
                             bool keys_give_way) const {
  Allowed allowed;
  for (std::size_t step = 0; step < relaxations_.size(); ++step) {
    const Relaxed& relaxed = relaxations_[step];
    if (keys_give_way && (!relaxed[index_of(Bound::key)] || relaxed[index_of(Bound::energy)] ||
                          relaxed[index_of(Bound::repeat)]))
      continue;
    allowed = {std::vector<std::uint8_t>(entries_.size()), 0, {}, relaxed};
    const std::vector<TrackCuts> tracks = cuts_of_tracks(history, now, relaxed, eligible);
    for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
      const Cut cut = cut_of(entry, tracks[track_of(entries_[entry])], history, now, relaxed);
      allowed.entries[entry] = !cut;
      allowed.count += !cut;
      if (cut) ++allowed.cut[index_of(*cut)];
    }
    // Tempi give way not only where they leave nothing.
    const bool few = step == 0 && !history.empty() && relaxations_.size() > 1 &&
                     only_tempi(relaxations_[1]) && tracks_left(allowed) < bounds_.fewest;
    if (allowed.count > 0 && !few) break;
  }
  return allowed;
}

std::vector<std::vector<std::size_t>> BoundKeeper::groups() const {
  const std::size_t count = pool_.tracks().size();
  DisjointSets sets(count);
  Bound ignored{};
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = a + 1; b < count; ++b)
      if (plays(a, ignored) && plays(b, ignored) && fit_together(a, b)) sets.join(a, b);
  std::vector<std::vector<std::size_t>> members(count);
  for (std::size_t track = 0; track < count; ++track)
    if (plays(track, ignored)) members[sets.leader_of(track)].push_back(track);
  std::erase_if(members, [](auto& tracks) { return tracks.empty(); });
  std::stable_sort(members.begin(), members.end(), [](auto& a, auto& b) { return a.size() > b.size(); });
  return members;
}

}  // namespace segue
