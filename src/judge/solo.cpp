#include "judge/solo.hpp"

#include <algorithm>
#include <cmath>

#include "features/geometry.hpp"
#include "planning/meeting.hpp"
#include "render/renderer.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr double kMuted = -60;  // dB

}  // namespace

Solo render_solo(const Plan& plan, std::size_t i, BlendEnd end, Seconds around) {
  Plan part;
  part.sample_rate = kRate;
  part.ceiling_dbtp = 0;
  Placement out = plan.placements[i], in = plan.placements[i + 1];
  part.sources = {plan.sources[out.source], plan.sources[in.source]};
  out.source = 0;
  in.source = 1;
  out.runners_up = in.runners_up = {};
  part.transitions = {at_rate(plan.transitions[i], plan.sample_rate, kRate)};
  // Rounded, it must not ask for a PCM frame more than the sources have.
  const auto covered = [](PcmFrame frames, const PlanSource& source, double tempo) {
    return static_cast<PcmFrame>(
        std::floor(static_cast<double>(frames) * kRate / source.sample_rate / tempo));
  };
  Transition& transition = part.transitions[0];
  transition.after =
      std::min(transition.after, covered(part.sources[0].pcm_frames - out.start - out.length,
                                         part.sources[0], transition.blend.out.tempo));
  transition.before =
      std::min(transition.before, covered(in.start, part.sources[1], transition.blend.in.tempo));
  for (BandFade* fade : {&transition.blend.low, &transition.blend.mid, &transition.blend.high}) {
    fade->begin = std::clamp(fade->begin, -transition.before, transition.after);
    fade->end = std::clamp(fade->end, fade->begin, transition.after);
  }
  // As much of both as the transition needs, and what plays around it.
  const auto played = [&](const BlendSide& side, PcmFrame sounding, PcmFrame reach) {
    return side.stretched() ? side.played(sounding) : static_cast<double>(reach);
  };
  const auto at_source = [&](double frames, const PlanSource& source) {
    return static_cast<PcmFrame>(frames * source.sample_rate / kRate) + 2;
  };
  const auto beyond = static_cast<double>(to_pcm_frames(around, kRate));
  const PcmFrame kept_out = std::min(
      out.length,
      at_source(played(transition.blend.out, transition.before, transition.reach_before()) + beyond,
                part.sources[0]));
  out.start += out.length - kept_out;
  out.length = kept_out;
  in.length = std::min(
      in.length,
      at_source(played(transition.blend.in, transition.after, transition.reach_after()) + beyond,
                part.sources[1]));
  (end == BlendEnd::out ? in : out).gain_db = kMuted;
  part.placements = {out, in};
  const PcmFrame seam = part.seams()[1];
  const Stretch head = part.head(1);
  part.length = seam + head.output + (in.length - head.source) * kRate / part.sources[1].sample_rate;
  part.length = std::max(part.length - 1, seam + transition.reach_after());
  Solo solo;
  solo.middle = to_seconds(seam + (transition.after - transition.before) / 2, kRate);
  Renderer renderer(part);
  std::vector<float> stereo(2 * 4096);
  while (const PcmFrame frames = renderer.read(stereo))
    for (PcmFrame k = 0; k < frames; ++k)
      solo.mono.push_back(
          (stereo[static_cast<std::size_t>(2 * k)] + stereo[static_cast<std::size_t>(2 * k + 1)]) / 2);
  return solo;
}

}  // namespace segue
