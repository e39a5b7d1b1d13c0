// Ways in which one track can go over into another.
#include <algorithm>
#include <cmath>

#include "planning/meeting.hpp"

namespace segue {
namespace {

constexpr Seconds kLongestOffBeat{4};
constexpr Seconds kEdge{0.1};    // of a track that is left alone
constexpr Seconds kSpare{0.3};   // of the room, so that rounding finds some
constexpr Seconds kStaged{0.5};  // in less no band is heard to come first
constexpr Seconds kOutRelease{16};

// The same with what is above the low end going over ahead of the seam, or behind it; the low end,
// unless it is swapped at the seam, on the other side of it.
Proposal one_after_the_other(Proposal proposal, bool swap, bool low_last) {
  const BandFade ahead{-proposal.transition.before, 0}, behind{0, proposal.transition.after};
  Blend& blend = proposal.transition.blend;
  blend.mid = blend.high = low_last ? ahead : behind;
  if (!swap) blend.low = low_last ? behind : ahead;
  return proposal;
}

}  // namespace

std::optional<Proposal> Meeting::propose(const ProposalConfig& config, Seconds length, double share,
                                         bool swap) const {
  Proposal proposal;
  proposal.out_at = out_.place.at;
  proposal.in_at = in_.place.at;
  Transition& transition = proposal.transition;
  transition.kind = TransitionKind::blend;
  Blend& blend = transition.blend;
  Seconds before = share * length, after = length - before;
  const bool cut = length < kLongestOffBeat;  // for which whole beats are too much
  // What is over before the transition is left sooner.
  const bool may_leave = after > Seconds(0) && config.move && config.leave_early;
  const auto lacking = [&](Seconds at, double tempo) {
    return may_leave ? std::max(Seconds(0), at + after * tempo + kEdge - out_.place.length) : Seconds(0);
  };
  const auto met = config.move ? meet(config, before, after, lacking(proposal.out_at, 1)) : std::nullopt;
  const bool meets = met.has_value();
  // Side by side, loose beats would fall apart.
  if (meets && !cut && std::max(met->out.jitter, met->in.jitter) > config.most_jitter)
    return std::nullopt;
  const Beats beats = met.value_or(Beats{});
  if (meets) {
    blend.out.tempo = beats.out_tempo;
    blend.in.tempo = beats.in_tempo;
    if (!cut) {  // whole beats, a power of two
      const double count =
          std::exp2(std::floor(std::log2(std::min(64.0, length.count() / beats.period))));
      if (count < 2) return std::nullopt;
      before = Seconds(share * count * beats.period);
      after = Seconds((1 - share) * count * beats.period);
    }
  }
  // To the downbeat, so that bars meet; where none is near enough, to a beat. Where tempi cannot meet,
  // the beat goes on at least where one gives way to the other.
  const auto to_bar = [&](const Heard& heard, const std::optional<BeatLine>& line, Seconds& at) {
    if (!config.move || !line) return false;
    // Leaves what aligning may take, and what a short fade needs.
    const bool leaves = heard.end == BlendEnd::out;
    const Seconds ahead = cut && !leaves ? before + kEdge : Seconds(0);
    const Seconds behind = cut && leaves ? 1.1 * after + kEdge : Seconds(0);
    const double first = ahead.count() + kNudge + 0.01;
    const double last = (heard.place.length - behind).count();
    const std::vector<Beat>& heard_beats = heard.place.features->music().beats;
    const double bar = beats_in_bar(heard_beats) * line->period;
    const double wanted = std::max(first, std::min(heard.place.at.count(), last));
    const auto downbeat = nearest_downbeat(heard_beats, wanted, bar + kNudge, first, last);
    const double step = downbeat ? bar : line->period;
    double nearest = line->nearest(downbeat.value_or(heard.place.at.count()));
    if (nearest < first) nearest += step * std::ceil((first - nearest) / step);
    if (nearest > last) nearest -= step * std::ceil((nearest - last) / step);
    at = Seconds(nearest);
    return true;
  };
  const bool out_on =
      to_bar(out_, meets ? beats.out : line_of(out_, out_.place.at, before, after), proposal.out_at);
  const bool in_on =
      to_bar(in_, meets ? beats.in : line_of(in_, in_.place.at, before, after), proposal.in_at);
  if (const Seconds lack = lacking(proposal.out_at, blend.out.tempo); lack > Seconds(0)) {
    const double bar =
        meets ? beats_in_bar(out_.place.features->music().beats) * beats.out.period : 1e-3;
    proposal.out_at -= Seconds(std::ceil(lack.count() / bar) * bar);
  }
  // Room is counted in time of the source and of the mix, whichever passes faster.
  const auto left = [](const Heard& heard, Seconds moved_to, double tempo, Seconds sounding) {
    const Seconds moved = std::max(moved_to - heard.place.at, heard.place.at - moved_to);
    return (heard.place.room - kSpare - moved) / std::max(1.0, tempo) - sounding;
  };
  const Seconds out_left = left(out_, proposal.out_at, blend.out.tempo, before);
  const Seconds in_left = left(in_, proposal.in_at, blend.in.tempo, after);
  if (out_left < Seconds(0) || in_left < Seconds(0)) return std::nullopt;
  const auto release = [&](Seconds wanted, Seconds room) {
    const Seconds some = std::min(wanted, room - kSpare);
    return some >= kLeastRelease ? frames_of(some) : 0;
  };
  blend.out.release = release(std::min(kOutRelease, config.most_release), out_left);
  blend.in.release = release(config.most_release, in_left);
  // What cannot be given back is not taken.
  if (blend.out.release == 0) blend.out.tempo = 1;
  if (blend.in.release == 0) blend.in.tempo = 1;
  proposal.on_beat =
      meets && out_on && in_on && beats.out_tempo == blend.out.tempo && beats.in_tempo == blend.in.tempo;
  if (!proposal.on_beat) blend.out.tempo = blend.in.tempo = 1;  // would serve nothing
  if ((after > Seconds(0) && after * blend.out.tempo + kEdge > out_.place.length - proposal.out_at) ||
      (before > Seconds(0) && before * blend.in.tempo + kEdge > proposal.in_at))
    return std::nullopt;
  transition.before = frames_of(before);
  transition.after = frames_of(after);
  if (!proposal.on_beat && length > config.longest_plain) return std::nullopt;
  // Beats do not run against each other for longer than a bar or so, though none be steady here: in the
  // middle of the transition they may be.
  if (!proposal.on_beat && length > kLongestOffBeat && out_.place.has_beat && in_.place.has_beat)
    return std::nullopt;
  blend.low = blend.mid = blend.high = {-transition.before, transition.after};
  if (swap && !cut) {
    const Seconds beat(meets ? beats.period : 0.5);
    const PcmFrame half = frames_of(beat / 2);
    blend.low = {std::max(-half, -transition.before), std::min(half, transition.after)};
    if (share == 1) blend.low.begin = std::max(-2 * half, -transition.before);
    if (share == 0) blend.low.end = std::min(2 * half, transition.after);
  }
  if (has_audio()) {
    if (proposal.on_beat) align(proposal);
    match_phase(proposal, config.move);
  }
  level(proposal);
  return proposal;
}

std::vector<Proposal> Meeting::proposals(const ProposalConfig& config) const {
  std::vector<Proposal> all;
  for (const Seconds length : config.lengths) {
    const bool cut = length < kLongestOffBeat;
    std::size_t found = 0;  // of this length
    for (const double share : config.shares) {
      if (cut && found > 0) continue;  // where it lies makes no difference
      if (length > kLongBlend && share != .5) continue;
      // Without a beat nothing is swapped, and of the short ones it makes no difference. With one, the
      // seam in the middle is tried both ways.
      const bool swaps = steady_ && length > kLongestOffBeat;
      for (const bool swap : {true, false}) {
        if (swap ? !swaps : swaps && share != .5) continue;
        auto proposal = propose(config, length, share, swap);
        if (!proposal) continue;
        all.push_back(*proposal);
        ++found;
        if (length >= kStaged && share == .5 && swap == swaps) {
          for (const bool low_last : {true, false})
            all.push_back(one_after_the_other(*proposal, swap, low_last));
        }
        const int shift = config.shift && !cut ? key_shift() : 0;
        if (shift == 0 || proposal->transition.blend.in.release == 0) continue;
        proposal->transition.blend.in.shift = shift;
        all.push_back(std::move(*proposal));
      }
    }
  }
  if (all.empty()) {
    // A fade as short as the sound at hand asks for.
    const auto some = [](Seconds most, Seconds room) {
      return std::max<PcmFrame>(0,
                                frames_of(std::min({Seconds(0.05), most - Seconds(0.001), room / 2})));
    };
    Proposal proposal;
    proposal.out_at = out_.place.at;
    proposal.in_at = in_.place.at;
    proposal.transition.before = some(in_.place.at, out_.place.room);
    proposal.transition.after = some(out_.place.length - out_.place.at, in_.place.room);
    all.push_back(proposal);
  }
  return all;
}

}  // namespace segue
