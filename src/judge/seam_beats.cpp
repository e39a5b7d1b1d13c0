#include "judge/seam_beats.hpp"

#include <vector>

#include "analysis/beat_cues.hpp"
#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "analysis/spectrum_summary.hpp"
#include "render/blend_motion.hpp"

namespace segue {
namespace {

constexpr double kTwiceAsSlow = 1.7;
constexpr double kLeastPulse = 0.2;  // standard deviations, of three bands together

std::vector<float> log_mel_of(std::span<const float> mono) {
  std::vector<float> rows;
  LogMelExtractor().process(mono, rows);
  return rows;
}

HeardMusic hear(std::span<const float> mono, std::span<const float> rows, double tempo_bpm) {
  MusicListener listener;
  listener.add_audio(mono);
  listener.add_log_mel(rows);
  BlockLoudness blocks(LogMelGeometry::sample_rate, 1);
  blocks.add(mono);
  return listener.finish(blocks.momentary(), tempo_bpm);
}

// When they would come at the speed of the transition.
std::vector<Beat> at_its_speed(std::vector<Beat> beats, const Solo& solo, const Plan& plan,
                               std::size_t number, BlendEnd end) {
  const Transition& transition = plan.transitions[number];
  const BlendMotion motion(transition, end);
  const double middle = static_cast<double>(transition.after - transition.before) / 2;
  for (Beat& beat : beats) {
    const double moment = middle + (beat.seconds - solo.middle.count()) * plan.sample_rate;
    beat.seconds = solo.middle.count() + (motion.source_at(moment) - motion.source_at(middle)) /
                                             motion.side().tempo / plan.sample_rate;
  }
  return beats;
}

}  // namespace

HeardMusic hear_passage(std::span<const float> mono, double tempo_bpm) {
  return hear(mono, log_mel_of(mono), tempo_bpm);
}

std::optional<BeatLine> beats_of(const Solo& solo, const Plan& plan, std::size_t transition,
                                 BlendEnd end, Seconds around, double tempo_bpm) {
  const std::vector<float> rows = log_mel_of(solo.mono);
  const Blend& blend = plan.transitions[transition].blend;
  const double tempo = tempo_bpm * (end == BlendEnd::out ? blend.out : blend.in).tempo;
  const HeardMusic heard = hear(solo.mono, rows, tempo);
  if (!heard.traits.has_beat()) return std::nullopt;
  const std::vector<Beat>& beats = heard.music.beats;
  auto line = fit_beats(at_its_speed(beats, solo, plan, transition, end), solo.middle, around, around);
  const auto as_heard = fit_beats(beats, solo.middle, around, around);
  if (!line || !as_heard) return std::nullopt;
  SpectrumListener spectrum;
  spectrum.add(rows);
  const BeatCues cues(spectrum.finish(), {}, {});
  BeatLine where = *as_heard;
  if (line->period * tempo / 60 > kTwiceAsSlow) {
    line->period /= 2;
    where.period /= 2;
  }
  const Pulse pulse = pulse_of(cues, where, solo.middle - around, solo.middle + around);
  if (std::max(pulse.on, pulse.between) < kLeastPulse) return std::nullopt;
  if (pulse.is_double()) line->period /= 2;
  return line;
}

}  // namespace segue
