#include "planning/meeting.hpp"

#include <algorithm>
#include <cmath>

#include "planning/blend_sketch.hpp"
#include "planning/seam_listener.hpp"
#include "planning/seam_preview.hpp"
#include "render/blend_motion.hpp"

namespace segue {
namespace {

constexpr Seconds kLeastFlank{1};  // that critics have an opinion of

}  // namespace

Seconds Proposal::duration() const {
  return to_seconds(transition.before + transition.after, Meeting::kRate);
}

Seconds Proposal::leaves_at() const {
  const double more =
      transition.blend.out.played(transition.before) - static_cast<double>(transition.reach_before());
  return out_at - Seconds(more / Meeting::kRate);
}

Seconds Proposal::lengthens() const {
  const double more =
      transition.blend.in.played(transition.after) - static_cast<double>(transition.reach_after());
  return leaves_at() - in_at - Seconds(more / Meeting::kRate);
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

std::pair<Seconds, Seconds> Meeting::around(BlendEnd end, Seconds longest) {
  // Where it plays alone, what may be heard there, of a faster one, left a bar earlier.
  const Seconds alone = 1.25 * longest + 2 * kSeamFlank, joined = longest + kSeamFlank;
  return end == BlendEnd::out ? std::pair{alone, joined} : std::pair{joined, alone};
}

std::shared_ptr<const PlaceCues> Meeting::cues_at(const MeetingPlace& place, BlendEnd end,
                                                  Seconds longest) {
  if (!place.has_beat) return nullptr;
  const auto [back, on] = around(end, longest);
  const FeatureFile& features = *place.features;
  const FrameRange range{std::clamp<Hop>(to_hops(place.at - back), 0, features.frames()),
                         std::clamp<Hop>(to_hops(place.at + on), 0, features.frames())};
  std::vector<float> rows(static_cast<std::size_t>(range.size() * LogMelGeometry::bands));
  features.read_log_mel(range, rows);
  SpectrumListener spectrum;
  spectrum.add(rows);
  return std::make_shared<const PlaceCues>(
      PlaceCues{BeatCues(spectrum.finish(), {}, {}), hops_to_seconds(range.begin)});
}

Meeting::Heard Meeting::listen(const MeetingPlace& place, BlendEnd end, Seconds longest) {
  const auto [back, on] = around(end, longest);
  Heard heard;
  heard.place = place;
  heard.end = end;
  if (!place.cues) heard.place.cues = cues_at(place, end, longest);
  heard.begin = frames_of(place.at - back);
  if (place.audio) heard.mono = place.audio(to_seconds(heard.begin, kRate), back + on, kRate);
  return heard;
}

Meeting::Meeting(const MeetingPlace& out, const MeetingPlace& in, Seconds longest)
    : longest_(longest),
      out_(listen(out, BlendEnd::out, longest)),
      in_(listen(in, BlendEnd::in, longest)),
      steady_(line_of(out_, out.at, Seconds(0), Seconds(0)) &&
              line_of(in_, in.at, Seconds(0), Seconds(0))) {}

std::vector<float> Meeting::part(const Heard& heard, PcmFrame begin, PcmFrame end) {
  std::vector<float> some(static_cast<std::size_t>(std::max<PcmFrame>(0, end - begin)));
  const auto size = static_cast<PcmFrame>(heard.mono.size());
  const PcmFrame from = std::clamp<PcmFrame>(begin - heard.begin, 0, size);
  const PcmFrame to = std::clamp<PcmFrame>(end - heard.begin, from, size);
  if (from == to) return some;  // nothing is heard there
  std::copy(heard.mono.begin() + from, heard.mono.begin() + to,
            some.begin() + (from + heard.begin - begin));
  return some;
}

std::vector<float> Meeting::side_sound(const Proposal& proposal, BlendEnd end, const PcmRange& range,
                                       const TrackPart& track) const {
  const Transition& transition = proposal.transition;
  const bool out = end == BlendEnd::out;
  const double gain_db = (out ? out_ : in_).place.gain_db;
  const PcmFrame shift = frames_of(out ? proposal.out_at : proposal.in_at) +
                         std::llround(BlendMotion(transition, end).source_shift());
  const PcmRange all = blend_range(transition, end);
  const PcmRange blended{std::max(all.begin, range.begin), std::min(all.end, range.end)};
  std::vector<float> sound;
  if (blended.size() > 0) {
    const PcmRange needs = blend_needs(transition, end, kRate, blended);
    sound = blend_side(transition, end, blended, track(needs.begin + shift, needs.end + shift), 1, kRate,
                       gain_db);
  }
  const PcmRange beside = out ? PcmRange{range.begin, blended.begin} : PcmRange{blended.end, range.end};
  std::vector<float> plain;
  if (beside.size() > 0) plain = track(beside.begin + shift, beside.end + shift);
  const auto gain = static_cast<float>(std::pow(10, gain_db / 20));
  for (float& value : plain) value *= gain;
  sound.insert(out ? sound.begin() : sound.end(), plain.begin(), plain.end());
  if (!out && proposal.inverted)
    for (float& value : sound) value = -value;
  return sound;
}

std::vector<float> Meeting::sound(const Proposal& proposal, Seconds kind) const {
  const Transition& transition = proposal.transition;
  const PcmFrame length = seam_window_samples(kind);
  const PcmFrame begin = (transition.after - transition.before) / 2 - length / 2;  // from the seam
  const PcmRange ranges[] = {{std::min(begin, -transition.before), transition.after},
                             {-transition.before, std::max(begin + length, transition.after)}};
  std::vector<float> sides[2];
  for (const BlendEnd end : {BlendEnd::out, BlendEnd::in}) {
    const bool out = end == BlendEnd::out;
    const Heard& heard = out ? out_ : in_;
    sides[out ? 0 : 1] = side_sound(proposal, end, ranges[out ? 0 : 1],
                                    [&](PcmFrame from, PcmFrame to) { return part(heard, from, to); });
  }
  even_out(transition,
           std::span(sides[0]).subspan(static_cast<std::size_t>(-transition.before - ranges[0].begin)),
           sides[1], 1, kRate);
  std::vector<float> mono(static_cast<std::size_t>(length));
  for (std::size_t side = 0; side < 2; ++side) {
    const PcmRange& range = ranges[side];
    for (PcmFrame t = std::max(range.begin, begin); t < std::min(range.end, begin + length); ++t)
      mono[static_cast<std::size_t>(t - begin)] +=
          sides[side][static_cast<std::size_t>(t - range.begin)];
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
  if (!has_audio()) return sketch(proposal, kind).window;
  return hear_window(sound(proposal, kind), flanks(proposal), proposal.duration(), kind);
}

BlendSketch Meeting::sketch(const Proposal& proposal, Seconds kind) const {
  return sketch_blend({out_.place.features, proposal.out_at, out_.place.gain_db},
                      {in_.place.features, proposal.in_at, in_.place.gain_db}, proposal.transition,
                      flanks(proposal), kind);
}

}  // namespace segue
