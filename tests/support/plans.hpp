// Sources and plans that tests make.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "audio/decoder.hpp"
#include "plan/plan.hpp"
#include "support/temporary_folder.hpp"

namespace segue::test {

// A WAV file of 32-bit float, which decodes bit for bit.
inline void write_float_wav(const std::filesystem::path& file, const std::vector<float>& samples,
                            int sample_rate, int channels) {
  const auto bytes = static_cast<std::uint32_t>(samples.size() * sizeof(float));
  const auto rate = static_cast<std::uint32_t>(sample_rate);
  const auto frame = static_cast<std::uint32_t>(channels) * 4;
  std::string wav;
  const auto number = [&wav](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) wav += static_cast<char>(value >> 8 * i & 0xFF);
  };
  wav += "RIFF";
  number(36 + bytes, 4);
  wav += "WAVEfmt ";
  number(16, 4);
  number(3, 2);  // IEEE float
  number(static_cast<std::uint32_t>(channels), 2);
  number(rate, 4);
  number(rate * frame, 4);
  number(frame, 2);
  number(32, 2);
  wav += "data";
  number(bytes, 4);
  wav.append(reinterpret_cast<const char*>(samples.data()), bytes);
  write_bytes(file, wav);
}

// How a plan names a file. Decodes it once to count its PCM frames.
inline PlanSource source_of(const std::filesystem::path& file) {
  PlanSource source;
  AudioDecoder decoder = AudioDecoder::open(file, 2);
  std::vector<float> block(65536);
  while (const PcmFrame frames = decoder.read(block)) source.pcm_frames += frames;
  source.track = hash_audio_packets(file);
  source.path = file;
  source.sample_rate = decoder.format().sample_rate;
  source.title = file.stem().string();
  return source;
}

inline Placement placement_of(std::size_t source, PcmFrame start, PcmFrame length, double gain_db = 0) {
  Placement placement;
  placement.source = source;
  placement.start = start;
  placement.length = length;
  placement.gain_db = gain_db;
  return placement;
}

// The whole of its placements, with the same transition at every seam.
inline Plan plan_of(std::vector<PlanSource> sources, std::vector<Placement> placements, PcmFrame before,
                    PcmFrame after, int sample_rate = 44100) {
  Plan plan;
  plan.sample_rate = sample_rate;
  plan.sources = std::move(sources);
  plan.placements = std::move(placements);
  Transition transition;
  transition.before = before;
  transition.after = after;
  plan.transitions.assign(plan.placements.size() - 1, transition);
  const Placement& last = plan.placements.back();
  plan.length = plan.seams().back() + last.length * sample_rate / plan.sources[last.source].sample_rate;
  return plan;
}

}  // namespace segue::test
