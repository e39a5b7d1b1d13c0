#include "planning/fragment_pool.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace segue {
namespace {

constexpr double kSilence = -60;  // LUFS; what is softer is no candidate

TrackId recording_of(const LibraryTrack& track) {
  return track.record.double_of.value_or(track.record.id);
}

std::uint64_t tie_of(std::uint64_t seed, const TrackId& track, Hop start) {
  std::array<std::uint64_t, 2> numbers = {seed, static_cast<std::uint64_t>(start)};
  ContentHasher hasher;
  hasher.update(std::as_bytes(std::span(numbers)));
  hasher.update(std::as_bytes(std::span(track.bytes)));
  std::uint64_t tie = 0;
  std::memcpy(&tie, hasher.digest().bytes.data(), sizeof tie);
  return tie;
}

// One track for each recording, by id: the one that the mix shall start with, else the one that
// stands for its doubles, else the first by id.
std::map<TrackId, const LibraryTrack*> one_of_each(const std::vector<LibraryTrack>& tracks,
                                                   const std::optional<StartPoint>& start) {
  const auto rank = [&](const LibraryTrack& track) {
    const bool starts = start && track.record.id == start->track;
    return std::make_tuple(!starts, track.record.double_of.has_value(), track.record.id);
  };
  std::map<TrackId, const LibraryTrack*> by_recording;
  for (const LibraryTrack& track : tracks) {
    const auto [place, first] = by_recording.emplace(recording_of(track), &track);
    if (!first && rank(track) < rank(*place->second)) place->second = &track;
  }
  return by_recording;
}

}  // namespace

FragmentPool::FragmentPool(const MixConfig& config, Library& library,
                           const std::vector<LibraryTrack>& tracks) {
  for (const auto& [recording, track] : one_of_each(tracks, config.start)) {
    throw_if_interrupted();
    add(*track, config, library);
  }
}

void FragmentPool::add(const LibraryTrack& track, const MixConfig& config, Library& library) {
  const std::vector<FragmentRecord> cut = library.fragments(track, config.segmentation);
  PoolTrack entry{&track, nullptr, fragments_.size(), 0};
  std::size_t number = 0;
  for (std::size_t position = 0; position < cut.size(); ++position) {
    const auto& [span, loudness] = cut[position];
    if (!(loudness >= kSilence)) continue;
    if (entry.count++ == 0) {
      entry.features = library.features(track);
      number = set_.add_track(entry.features);
    }
    set_.add(number, span);
    fragments_.push_back(
        {tracks_.size(), position, span, loudness, tie_of(config.seed, track.record.id, span.start)});
  }
  if (entry.count > 0) tracks_.push_back(std::move(entry));
}

bool FragmentPool::adjacent(std::size_t a, std::size_t b) const {
  const PoolFragment& one = fragments_[a];
  const PoolFragment& other = fragments_[b];
  return one.track == other.track &&
         (one.position + 1 == other.position || other.position + 1 == one.position);
}

PcmFrame FragmentPool::pcm_start(std::size_t fragment) const {
  return hop_to_pcm(fragments_[fragment].span.start, track_of(fragment).record.format.sample_rate);
}

PcmFrame FragmentPool::pcm_end(std::size_t fragment) const {
  const TrackRecord& track = track_of(fragment).record;
  // Hops are counted at 22 050 Hz, so the last may round to a frame beyond the source.
  return std::min(hop_to_pcm(fragments_[fragment].span.end(), track.format.sample_rate),
                  track.pcm_frames);
}

std::size_t FragmentPool::at(const StartPoint& start) const {
  const auto track = std::find_if(tracks_.begin(), tracks_.end(),
                                  [&](auto& entry) { return entry.track->record.id == start.track; });
  if (track == tracks_.end()) {
    throw Error(
        ErrorKind::usage,
        "the track to start with is not among the music, or is silent or too short for a fragment", {},
        "start with another");
  }
  const double hop = start.at.count() * LogMelGeometry::sample_rate / LogMelGeometry::hop_length;
  for (std::size_t i = track->first; i < track->first + track->count; ++i) {
    const FragmentSpan& span = fragments_[i].span;
    if (hop >= static_cast<double>(span.start) && hop < static_cast<double>(span.end())) return i;
  }
  throw Error(ErrorKind::usage, "has no sounding fragment at " + format_time(start.at),
              track->track->file, "start at another moment");
}

}  // namespace segue
