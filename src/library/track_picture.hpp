// One track as a picture for people: how it sounds and what is heard in it, over time.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "library/library.hpp"
#include "library/waveform.hpp"

namespace segue {

inline constexpr std::size_t kPictureColumns = 1116;  // of the waveform: one a pixel

// SVG: lanes above each other along one axis of time. Waveform, beats, energy, brightness, loudness and
// local tempo, before bands that show the sections. Where too much lies together for the eye, lines
// are means and beats are thinned out, and it says so; however long the track, it is below 300 kB.
// Throws Error(input) if the features hold no music (see FeatureFile).
std::string track_svg(const LibraryTrack& track, const FeatureFile& features,
                      std::span<const Peak> waveform);

}  // namespace segue
