#include "planning/meeting.hpp"

#include <algorithm>
#include <cmath>

#include "planning/blend_sketch.hpp"
#include "planning/seam_listener.hpp"
#include "planning/seam_preview.hpp"
#include "render/blend_sound.hpp"

namespace segue {
namespace {

constexpr Seconds kLeastFlank{1};  // that critics have an opinion of

PcmFrame frames_of(Seconds time) { return to_pcm_frames(time, Meeting::kRate); }

// Of a track where it plays alone: what may be heard there, of a faster one, left a bar earlier.
Seconds alone(Seconds longest) { return 1.25 * longest + 2 * kSeamFlank; }

}  // namespace

Seconds Proposal::duration() const {
  return to_seconds(transition.before + transition.after, Meeting::kRate);
}

Transition at_rate(const Transition& transition, int from, int to) {
  const auto scaled = [&](PcmFrame frames) {
    return static_cast<PcmFrame>(std::llround(static_cast<double>(frames) * to / from));
  };
  Transition other = transition;
  other.before = scaled(transition.before);
  other.after = scaled(transition.after);
  for (BandFade* fade : {&other.blend.low, &other.blend.mid, &other.blend.high}) {
    fade->begin = std::max(-other.before, scaled(fade->begin));
    fade->end = std::min(other.after, scaled(fade->end));
  }
  other.blend.out.release = scaled(other.blend.out.release);
  other.blend.in.release = scaled(other.blend.in.release);
  return other;
}

std::optional<SeamWindow> untouched(const MeetingPlace& place, Seconds kind) {
  const Seconds reach = kind / 2 + kSeamFlank;
  if (place.at < reach || place.at + reach > place.length) return std::nullopt;
  const PreviewSide side{place.features, to_hops(place.at), place.gain_db};
  return preview_seam(side, side, {Seconds(0), kind, reach, reach});
}

Meeting::Heard Meeting::listen(const MeetingPlace& place, Seconds back, Seconds on) {
  Heard heard;
  heard.place = place;
  heard.begin = frames_of(place.at - back);
  if (place.audio) heard.mono = place.audio(to_seconds(heard.begin, kRate), back + on, kRate);
  return heard;
}

Meeting::Meeting(const MeetingPlace& out, const MeetingPlace& in, Seconds longest)
    : longest_(longest),
      out_(listen(out, alone(longest), longest + kSeamFlank)),
      in_(listen(in, longest + kSeamFlank, alone(longest))),
      steady_(line_of(out_) && line_of(in_)) {}

std::vector<float> Meeting::part(const Heard& heard, PcmFrame begin, PcmFrame end) {
  std::vector<float> some(static_cast<std::size_t>(std::max<PcmFrame>(0, end - begin)));
  const auto size = static_cast<PcmFrame>(heard.mono.size());
  const PcmFrame from = std::clamp<PcmFrame>(begin - heard.begin, 0, size);
  const PcmFrame to = std::clamp<PcmFrame>(end - heard.begin, from, size);
  std::copy(heard.mono.begin() + from, heard.mono.begin() + to,
            some.begin() + (from + heard.begin - begin));
  return some;
}

std::vector<float> Meeting::sound(const Proposal& proposal, Seconds kind) const {
  const Transition& transition = proposal.transition;
  const PcmFrame length = seam_window_samples(kind);
  const PcmFrame begin = (transition.after - transition.before) / 2 - length / 2;  // from the seam
  std::vector<float> mono(static_cast<std::size_t>(length));
  const auto gain_of = [&](const MeetingPlace& place) {
    const bool turned = proposal.inverted && &place == &in_.place;
    return static_cast<float>((turned ? -1 : 1) * std::pow(10, place.gain_db / 20));
  };
  std::vector<float> sides[2];
  PcmRange parts[2];  // of what is made of each side: what is heard
  for (const BlendEnd end : {BlendEnd::out, BlendEnd::in}) {
    const bool out = end == BlendEnd::out;
    const Heard& heard = out ? out_ : in_;
    const BlendSide& side = out ? transition.blend.out : transition.blend.in;
    const PcmFrame at = frames_of(out ? proposal.out_at : proposal.in_at);
    // From the time of the output, where the source has its own speed, to the source's.
    PcmFrame shift = at;
    if (side.stretched() && out)
      shift += transition.reach_before() - std::llround(side.played(transition.before));
    if (side.stretched() && !out)
      shift += std::llround(side.played(transition.after)) - transition.reach_after();
    const PcmRange range = blend_range(transition, end);
    PcmRange& made = parts[out ? 0 : 1];
    made.begin = std::min(std::max(range.begin, begin), -transition.before);
    made.end = std::max(std::min(range.end, begin + length), transition.after);
    const PcmRange needs = blend_needs(transition, end, kRate, made);
    sides[out ? 0 : 1] =
        blend_side(transition, end, made, part(heard, needs.begin + shift, needs.end + shift), 1, kRate,
                   heard.place.gain_db);
    const PcmFrame from = out ? begin : range.end, to = out ? range.begin : begin + length;
    const std::vector<float> plain = part(heard, from + shift, std::max(from, to) + shift);
    for (std::size_t i = 0; i < plain.size(); ++i)
      mono[static_cast<std::size_t>(from - begin) + i] = plain[i] * gain_of(heard.place);
  }
  if (proposal.inverted)
    for (float& value : sides[1]) value = -value;
  even_out(transition,
           std::span(sides[0]).subspan(static_cast<std::size_t>(-transition.before - parts[0].begin)),
           sides[1], 1, kRate);
  for (std::size_t side = 0; side < 2; ++side) {
    const PcmRange& made = parts[side];
    for (PcmFrame t = std::max(made.begin, begin); t < std::min(made.end, begin + length); ++t)
      mono[static_cast<std::size_t>(t - begin)] += sides[side][static_cast<std::size_t>(t - made.begin)];
  }
  return mono;
}

// Where tracks play for a short while, the next seam is near.
std::pair<Seconds, Seconds> Meeting::flanks(const Proposal& proposal) const {
  const auto flank = [](const Heard& heard, PcmFrame sounding) {
    return std::clamp(heard.place.room - to_seconds(sounding, kRate), kLeastFlank, kSeamFlank);
  };
  return {flank(out_, proposal.transition.before), flank(in_, proposal.transition.after)};
}

SeamWindow Meeting::hear(const Proposal& proposal, Seconds kind) const {
  if (!has_audio()) return sketch(proposal, kind);
  return hear_window(sound(proposal, kind), flanks(proposal), proposal.duration(), kind);
}

SeamWindow Meeting::sketch(const Proposal& proposal, Seconds kind) const {
  return sketch_blend({out_.place.features, proposal.out_at, out_.place.gain_db},
                      {in_.place.features, proposal.in_at, in_.place.gain_db}, proposal.transition,
                      flanks(proposal), kind);
}

}  // namespace segue
