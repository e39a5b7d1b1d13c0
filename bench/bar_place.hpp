// A bar of a pool as a place where a track is left or entered.
#pragma once

#include <vector>

#include "library/audio_reader.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/meeting.hpp"

namespace segue {

// Left at the end of the bar, entered at its beginning; gain in dB.
inline MeetingPlace bar_place(const FragmentPool& pool, const std::vector<PlanSource>& sources,
                              std::size_t bar, bool leaves, double gain, Seconds room) {
  const PoolTrack& track = pool.tracks()[pool.fragments()[bar].track];
  const PlanSource& source = sources[pool.fragments()[bar].track];
  MeetingPlace at;
  at.features = track.features.get();
  at.audio = audio_reader(source.path);
  at.has_beat = track.track->record.traits.has_beat();
  at.at = to_seconds(leaves ? pool.pcm_end(bar) : pool.pcm_start(bar), source.sample_rate);
  at.length = to_seconds(source.pcm_frames, source.sample_rate);
  at.gain_db = gain;
  at.room = room;
  return at;
}

}  // namespace segue
