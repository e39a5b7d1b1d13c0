#include "planning/crossfades.hpp"

#include <algorithm>

namespace segue {
namespace {

// Whole output frames that so much of a source lasts.
PcmFrame output_frames(PcmFrame frames, int source_rate, int sample_rate) {
  return frames / source_rate * sample_rate + frames % source_rate * sample_rate / source_rate;
}

}  // namespace

std::vector<Transition> fit_crossfades(const Plan& plan, Seconds duration) {
  const PcmFrame wanted = to_pcm_frames(duration, plan.sample_rate);
  std::vector<PcmFrame> seams = plan.seams();
  seams.push_back(plan.length);
  std::vector<Transition> transitions;
  for (std::size_t i = 0; i + 1 < plan.placements.size(); ++i) {
    const Placement& out = plan.placements[i];
    const Placement& in = plan.placements[i + 1];
    const PlanSource& out_source = plan.sources[out.source];
    const PlanSource& in_source = plan.sources[in.source];
    // Half of a placement belongs to the seam at each of its ends, all where there is only one.
    const bool is_first = i == 0;
    const bool is_last = i + 2 == plan.placements.size();
    const PcmFrame room_before = (seams[i + 1] - seams[i]) / (is_first ? 1 : 2);
    const PcmFrame room_after = (seams[i + 2] - seams[i + 1]) / (is_last ? 1 : 2);
    const PcmFrame most_before =
        std::min(room_before, output_frames(in.start, in_source.sample_rate, plan.sample_rate));
    const PcmFrame most_after =
        std::min(room_after, output_frames(out_source.pcm_frames - out.start - out.length,
                                           out_source.sample_rate, plan.sample_rate));
    Transition transition;
    transition.after = std::min(most_after, wanted - wanted / 2);
    transition.before = std::min(most_before, wanted - transition.after);
    transition.after = std::min(most_after, wanted - transition.before);
    transitions.push_back(transition);
  }
  return transitions;
}

}  // namespace segue
