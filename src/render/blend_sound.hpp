// A blend becomes sound: both sources at the speed, pitch, level and spectrum that it gives them, faded
// band by band. Works on samples alone, at any rate, so that alternatives can be heard without
// rendering.
#pragma once

#include <span>
#include <vector>

#include "render/blend_motion.hpp"

namespace segue {

// PCM frames [begin, end).
struct PcmRange {
  PcmFrame begin = 0;
  PcmFrame end = 0;

  PcmFrame size() const { return end - begin; }
};

// Where one source of a blend sounds otherwise than by itself, in output PCM frames from the seam: its
// release too.
PcmRange blend_range(const Transition& transition, BlendEnd end);

// What a part of that, or all of it, needs of the source: PCM frames at the output's rate, counted so
// that where the source has its own speed again (at the far end of the release), its time is the
// output's. Some of it may lie outside the source, where it counts as silent.
PcmRange blend_needs(const Transition& transition, BlendEnd end, int sample_rate, const PcmRange& part);

// source: what blend_needs() asks for, interleaved. Gives that part of blend_range(), interleaved, at so
// much gain beside what the blend says. At the far end of the release it is the source sample by sample,
// where the gain is 0 dB. A part sounds as the same part of all does, in other phases where it is
// stretched, and but for where filters and windows settle at its ends.
std::vector<float> blend_side(const Transition& transition, BlendEnd end, const PcmRange& part,
                              std::span<const float> source, int channels, int sample_rate,
                              double gain_db);

// Both sides, from the beginning of the transition on: their powers are to add up while both sound.
// Where the material is alike, it would gain up to 3 dB, or cancel: both are made softer or louder by up
// to 3 dB, slowly (within some 0.4 s), as far as their correlation exceeds what unlike music has by
// chance.
void even_out(const Transition& transition, std::span<float> out, std::span<float> in, int channels,
              int sample_rate);

}  // namespace segue
