#include "judge/blend_listener.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "evaluation/seam_sets.hpp"
#include "library/audio_reader.hpp"
#include "planning/seam_listener.hpp"

namespace segue {
namespace {

constexpr Seconds kFlank = kSeamFlank + Seconds(0.4);  // of music beyond a transition
constexpr double kMostApart = 0.11;                    // logarithm of the ratio of two tempi

}  // namespace

BlendListener::BlendListener(const FragmentPool& pool, const std::vector<PlanSource>& sources,
                             Seconds kind)
    : pool_(pool), sources_(sources), kind_(kind), decoded_(new Decoded[sources.size()]) {}

bool BlendListener::may_follow(std::size_t from, std::size_t to) const {
  const auto traits = [&](std::size_t fragment) -> const MusicTraits& {
    return pool_.track_of(fragment).record.traits;
  };
  const MusicTraits &a = traits(from), &b = traits(to);
  if (kind_ < Seconds(4) || !a.has_beat() || !b.has_beat()) return true;
  const double octaves = std::log2(a.tempo_bpm / b.tempo_bpm);
  return std::abs(octaves - std::round(octaves)) * std::log(2) <= kMostApart;
}

MeetingPlace BlendListener::place(const JoinPlace& at, bool leaves, bool sketched) const {
  const PoolTrack& track = pool_.tracks()[at.source];
  const PlanSource& source = sources_[at.source];
  MeetingPlace place;
  place.features = track.features.get();
  if (!sketched) place.audio = audio(at.source);
  place.has_beat = track.track->record.traits.has_beat();
  place.at = to_seconds(at.at, source.sample_rate);
  place.length = to_seconds(source.pcm_frames, source.sample_rate);
  place.gain_db = at.gain_db;
  place.room = (leaves ? place.at : place.length - place.at) - kFlank;
  return place;
}

AudioReader BlendListener::audio(std::size_t source) const {
  return [this, source](Seconds start, Seconds length, int) {
    Decoded& decoded = decoded_[source];
    const PlanSource& played = sources_[source];
    std::call_once(decoded.once, [&] {
      decoded.mono = audio_reader(played.path)(
          Seconds(0), to_seconds(played.pcm_frames, played.sample_rate), Meeting::kRate);
    });
    const PcmFrame first = to_pcm_frames(start, Meeting::kRate);
    std::vector<float> some(static_cast<std::size_t>(to_pcm_frames(length, Meeting::kRate)));
    const auto size = static_cast<PcmFrame>(decoded.mono.size());
    const PcmFrame from = std::clamp<PcmFrame>(first, 0, size);
    const PcmFrame to = std::clamp<PcmFrame>(first + static_cast<PcmFrame>(some.size()), from, size);
    if (from < to)
      std::copy(decoded.mono.begin() + from, decoded.mono.begin() + to, some.begin() + (from - first));
    return some;
  };
}

SeamWindow BlendListener::untouched(const JoinPlace& at) const {
  const PlanSource& source = sources_[at.source];
  const Seconds length = to_seconds(seam_window_samples(kind_), Meeting::kRate);
  std::vector<float> mono =
      audio(at.source)(to_seconds(at.at, source.sample_rate) - length / 2, length, Meeting::kRate);
  mono.resize(static_cast<std::size_t>(seam_window_samples(kind_)));
  const auto gain = static_cast<float>(std::pow(10, at.gain_db / 20));
  for (float& value : mono) value *= gain;
  return hear_window(mono, {kSeamFlank, kSeamFlank}, kind_, kind_);
}

std::optional<SeamWindow> BlendListener::hear(const Join& join, std::uint64_t seed,
                                              bool sketched) const {
  if (join.continuous() && join.fade.count() == 0)
    return sketched ? segue::untouched(place(join.out, true, true), kind_) : untouched(join.out);
  const Meeting both(place(join.out, true, sketched), place(join.in, false, sketched), kind_);
  if (join.fade.count() == 0) {
    Proposal cut;
    cut.transition.kind = TransitionKind::blend;
    cut.out_at = to_seconds(join.out.at, sources_[join.out.source].sample_rate);
    cut.in_at = to_seconds(join.in.at, sources_[join.in.source].sample_rate);
    return both.hear(cut, kind_);
  }
  ProposalConfig config;
  config.lengths = {kind_};
  config.longest_plain = kind_;  // whatever is taken later
  if (join.continuous()) {
    config.leave_early = false;                                    // what goes on is not to jump
    config.most_jitter = std::numeric_limits<double>::infinity();  // its beats cannot fall apart
  }
  const auto ways = [&] {
    std::vector<Proposal> some = both.proposals(config);
    std::erase_if(some, [&](const Proposal& way) { return !covers(kind_, way.duration()); });
    return some;
  };
  Random random(seed);
  if (critics_ && !join.continuous() && random.below(4) == 0) {
    std::vector<SeamWindow> windows;
    for (const Proposal& way : ways()) windows.push_back(both.hear(way, kind_));
    if (windows.empty()) return std::nullopt;
    const std::vector<float> odds = critics_->odds(windows);
    return windows[static_cast<std::size_t>(std::min_element(odds.begin(), odds.end()) - odds.begin())];
  }
  std::vector<double> shares = config.shares;
  random.shuffle(std::span(shares));
  for (const double share : shares) {
    config.shares = {share};
    const std::vector<Proposal> some = ways();
    if (!some.empty()) return both.hear(some[random.below(some.size())], kind_);
  }
  return std::nullopt;
}

}  // namespace segue
