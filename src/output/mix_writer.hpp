// Where a mix goes: an audio file.
#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "audio/encoder.hpp"
#include "plan/plan.hpp"
#include "render/renderer.hpp"

namespace segue {

struct MixReport {
  double integrated_lufs = 0;  // of the result, measured
  double true_peak_dbtp = 0;
  PcmFrame pcm_frames = 0;
};

// Renders a plan into a file; shows progress; the file appears only when whole. Lossy coding adds to
// peaks: what is decoded is measured, and where it exceeds the plan's ceiling the mix is rendered again
// with a lower one, so that it holds for listeners, too. The rate is the
// plan's, in stereo, whatever `encoding` says: Opus needs a plan at 48 kHz.
// Throws what Renderer, AudioEncoder and EncodingConfig::validate() throw; Error(interrupted) soon
// after an interrupt.
MixReport write_mix(const Plan& plan, const std::filesystem::path& target, EncodingConfig encoding);

// Renders to the end and writes it all, without commit(). heard: every block, interleaved, once it is
// written. Throws what Renderer::read() and AudioEncoder::write() throw; Error(interrupted).
void write_all(Renderer& renderer, AudioEncoder& encoder,
               const std::function<void(std::span<const float>)>& heard);

}  // namespace segue
