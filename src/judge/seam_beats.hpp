// What is heard of the music in a passage of a recording, and how the beats of a track fall where it
// goes over into the next.
#pragma once

#include <optional>
#include <span>

#include "analysis/music_listener.hpp"
#include "judge/solo.hpp"
#include "planning/beat_line.hpp"

namespace segue {

// mono: at 22 050 Hz. tempo_bpm: of the whole track, as in MusicListener::finish(); 0: nobody knows.
HeardMusic hear_passage(std::span<const float> mono, double tempo_bpm = 0);

// The beats of one track of a transition as it is rendered, in the time of the rendering: a line through
// those up to `around` from the middle of the transition. Beats that come sooner or later because the
// speed is on its way to that of the transition, or back, count as if it had been there already. At the
// tempo that the track has as a whole (tempo_bpm > 0, before its speed is changed), or half or twice
// that; where as much begins half way between the beats as on them, either could be the beat, and the
// line goes through both. None where beats are not steady, or nothing begins on them there.
std::optional<BeatLine> beats_of(const Solo& solo, const Plan& plan, std::size_t transition,
                                 BlendEnd end, Seconds around, double tempo_bpm);

}  // namespace segue
