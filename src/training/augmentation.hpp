// Changes of log-mel matrices that leave music music (augmentation) or make it an obviously
// wrong answer (the report's extreme cases). All are pure and take their randomness from outside.
#pragma once

#include "base/random.hpp"
#include "features/fragment_set.hpp"

namespace segue {

// Frames read at another speed: row i of the result lies at i·(frames-1)/(count-1) of the source,
// linearly interpolated. count ≥ 1.
LogMel resample_frames(const LogMel& source, Hop count);

// Adds `gain_db` to every band and a slope from -tilt_db (lowest band) to +tilt_db (highest).
void change_level(LogMel& fragment, double gain_db, double tilt_db);

// What transposing by `semitones` (up: positive) makes of the bands: each takes its value from where its
// centre came from, linearly interpolated on the mel scale; beyond the highest band its value stands.
void shift_pitch(LogMel& fragment, double semitones);

// Frames in opposite order: what the log-mel of the reversed audio is, to within the window's place
// on the hop grid.
LogMel reversed(const LogMel& fragment);

// Digital silence: the floor of the log-mel, log10(1e-7).
LogMel silence(Hop frames);

// Noise of random colour (white … brown) and level. Power in a band is a mean of exponentially
// distributed bins, alike in windows as far as they overlap.
LogMel noise(Hop frames, Random& random);

}  // namespace segue
