// How two tracks are made to fit: beats, tempi, phases, levels and spectra.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "analysis/block_loudness.hpp"
#include "library/fragment_loudness.hpp"
#include "planning/meeting.hpp"
#include "planning/spectral_levels.hpp"
#include "render/band_splitter.hpp"

namespace segue {
namespace {

constexpr Seconds kBeatsAlone{8};    // that a line is laid through, at least, where that end plays
constexpr Seconds kBeatsAround{6};   // on both sides, where that will not do
constexpr Seconds kLevelled{3};      // by whose loudness levels meet
constexpr Seconds kColoured{8};      // by whose spectrum
constexpr double kMostLevelled = 9;  // dB, of one track
constexpr double kMostColoured = 9;
constexpr double kOneTakesAll = 0.04;    // difference of tempi up to which one track gives way
constexpr int kOnsetHop = 64;            // PCM frames
constexpr double kBeatError = 0.015;     // s, of a line through beats
constexpr double kUnheardDrift = 0.004;  // s, between beats that are not stretched to meet
constexpr double kAlike = 0.5;           // correlation of waveforms from which phases are matched
constexpr int kPhaseReach = 60;          // PCM frames

// How much begins, every kOnsetHop samples: rises of log power in three bands.
std::vector<float> onsets_of(std::span<const float> mono) {
  constexpr double borders[] = {200, 2000};
  const std::size_t count = mono.size() / kOnsetHop;
  std::vector<float> strength(count);
  split_bands(mono, Meeting::kRate, borders, [&](std::size_t, std::span<const float> band) {
    double smooth = 0;
    std::vector<double> levels(count);
    for (std::size_t i = 0; i < count; ++i) {
      double power = 0;
      for (std::size_t k = i * kOnsetHop; k < (i + 1) * kOnsetHop; ++k)
        power += static_cast<double>(band[k]) * static_cast<double>(band[k]);
      smooth += .5 * (power / kOnsetHop - smooth);
      levels[i] = std::log10(smooth + 1e-6);
    }
    for (std::size_t i = 2; i < count; ++i)
      strength[i] += static_cast<float>(std::max(0.0, levels[i] - levels[i - 2]));
  });
  return strength;
}

double rounded(double db, double most) { return std::round(std::clamp(db, -most, most) * 100) / 100; }

bool gives(const BlendSide& side) {
  return to_seconds(side.release, Meeting::kRate) >= Meeting::kLeastRelease;
}

// Of a change, so much is left on average in the seconds that are levelled, as it is released.
double kept(const BlendSide& side) {
  const double fading = to_seconds(side.fading(), Meeting::kRate).count();
  return std::max(0.5, 1 - kLevelled.count() / 2 / std::max(fading, 1.0));
}

// Where the outgoing track is louder, each gives way by half, or by what the other cannot.
void share_levels(double louder, BlendSide& out, BlendSide& in) {
  const auto take = [](BlendSide& side, int sign, double some) {
    if (!gives(side)) return 0.0;
    const double had =
        std::exchange(side.gain_db, rounded(side.gain_db + sign * some / kept(side), kMostLevelled));
    return sign * (side.gain_db - had) * kept(side);
  };
  double left = louder - take(out, -1, gives(in) ? louder / 2 : louder);
  left -= take(in, 1, left);
  take(out, -1, left);
}

double loudness_of(const MeetingPlace& place, Seconds begin, Seconds end) {
  const FragmentSpan span{std::max<Hop>(0, to_hops(begin)), std::max<Hop>(1, to_hops(end - begin))};
  return place.gain_db + gated_loudness(blocks_inside(place.features->loudness(), span));
}

}  // namespace

std::optional<BeatLine> Meeting::line_of(const Heard& heard, Seconds moment, Seconds before,
                                         Seconds after) {
  if (!heard.place.cues) return std::nullopt;
  const std::vector<Beat>& beats = heard.place.features->music().beats;
  Seconds back = heard.end == BlendEnd::out ? std::max(before, kBeatsAlone) : before;
  Seconds on = heard.end == BlendEnd::in ? std::max(after, kBeatsAlone) : after;
  auto line = fit_beats(beats, moment, back, on);
  if (!line) {
    back = std::max(back, kBeatsAround);
    on = std::max(on, kBeatsAround);
    line = fit_beats(beats, moment, back, on);
  }
  if (!line) return std::nullopt;
  BeatLine local = *line;
  const PlaceCues& around = *heard.place.cues;
  local.begin -= around.begin.count();
  const Seconds there = moment - around.begin;
  if (pulse_of(around.cues, local, there - back, there + on).is_between()) {
    line->begin += line->period / 2;
    line->begin = line->nearest(moment.count());
  }
  return line;
}

const std::vector<float>& Meeting::onsets(bool out) const {
  std::vector<float>& some = onsets_[out ? 0 : 1];
  if (some.empty()) some = onsets_of(out ? out_.mono : in_.mono);
  return some;
}

std::optional<Meeting::Beats> Meeting::meet(const ProposalConfig& config, Seconds before, Seconds after,
                                            Seconds earlier) const {
  const auto out = line_of(out_, out_.place.at - earlier, before, after);
  const auto in = line_of(in_, in_.place.at, before, after);
  if (!out || !in) return std::nullopt;
  Beats beats{*out, *in};
  // Half and double tempo go together.
  double ratio = in->period / out->period;
  const double octave = std::exp2(std::round(std::log2(ratio)));
  ratio /= octave;
  const double apart = std::abs(std::log(ratio));
  const double longest = std::max({before, after, kBeatsAround}).count();
  if (apart > std::max(2 * std::log1p(config.most_stretch), kUnheardDrift / longest))
    return std::nullopt;
  const bool one = apart <= std::min(kOneTakesAll, std::log1p(config.most_stretch));
  beats.period = one ? out->period : out->period * std::sqrt(ratio);
  beats.out_tempo = one ? 1 : out->period / beats.period;
  beats.in_tempo = in->period / octave / beats.period;
  for (double* tempo : {&beats.out_tempo, &beats.in_tempo})
    if (std::abs(*tempo - 1) * longest < kUnheardDrift) *tempo = 1;
  return beats;
}

void Meeting::align(Proposal& proposal) const {
  const Transition& transition = proposal.transition;
  const double step = static_cast<double>(kOnsetHop) / kRate;
  const std::vector<float>&out_onsets = onsets(true), &in_onsets = onsets(false);
  const auto at = [](const std::vector<float>& strength, const Heard& heard, double seconds) {
    const double place = (seconds * kRate - static_cast<double>(heard.begin)) / kOnsetHop;
    const auto i = static_cast<std::ptrdiff_t>(std::floor(place));
    if (i < 0 || i + 1 >= static_cast<std::ptrdiff_t>(strength.size())) return 0.0;
    const double share = place - static_cast<double>(i);
    return (1 - share) * static_cast<double>(strength[static_cast<std::size_t>(i)]) +
           share * static_cast<double>(strength[static_cast<std::size_t>(i) + 1]);
  };
  // A short transition is aligned by what is around it.
  const double before = std::max(3.0, to_seconds(transition.before, kRate).count());
  const double after = std::max(3.0, to_seconds(transition.after, kRate).count());
  const int reach = static_cast<int>(kNudge / step);
  std::vector<double> alike(2 * static_cast<std::size_t>(reach) + 1);
  for (double t = -before; t < after; t += step) {
    const double out = at(out_onsets, out_, proposal.out_at.count() + t * transition.blend.out.tempo);
    if (out <= 0) continue;
    for (std::size_t i = 0; i < alike.size(); ++i) {
      const double late = (static_cast<double>(i) - reach) * step;
      alike[i] +=
          out * at(in_onsets, in_, proposal.in_at.count() + (t + late) * transition.blend.in.tempo);
    }
  }
  // Where beats were heard is known better than that it could be anywhere within reach.
  for (std::size_t i = 0; i < alike.size(); ++i) {
    const double late = (static_cast<double>(i) - reach) * step / kBeatError;
    alike[i] *= std::exp(-late * late / 2);
  }
  const auto best = std::max_element(alike.begin(), alike.end());
  const auto i = best - alike.begin();
  double lag = static_cast<double>(i - reach);
  if (*best <= 0) return;
  if (i > 0 && i + 1 < static_cast<std::ptrdiff_t>(alike.size())) {
    const double bend = best[-1] - 2 * best[0] + best[1];
    if (bend < 0) lag += .5 * (best[-1] - best[1]) / bend;
  }
  proposal.in_at =
      std::max(Seconds(0), proposal.in_at + Seconds(lag * step * transition.blend.in.tempo));
}

// Where both are the same material, as in loops and remixes, a fraction of a millisecond decides whether
// they add up or cancel. Where it may not move, it is turned over if that is better.
void Meeting::match_phase(Proposal& proposal, bool move) const {
  if (proposal.transition.blend.out.stretched() || proposal.transition.blend.in.stretched()) return;
  const PcmFrame half =
      std::max(frames_of(Seconds(1)), std::min(frames_of(Seconds(2)), proposal.transition.after));
  const PcmFrame out_at = frames_of(proposal.out_at), in_at = frames_of(proposal.in_at);
  const std::vector<float> out = part(out_, out_at - half, out_at + half);
  const std::vector<float> in = part(in_, in_at - half - kPhaseReach, in_at + half + kPhaseReach);
  double out_power = 1e-9, in_power = 1e-9;
  for (const float x : out) out_power += static_cast<double>(x) * static_cast<double>(x);
  for (std::size_t i = kPhaseReach; i < in.size() - kPhaseReach; ++i)
    in_power += static_cast<double>(in[i]) * static_cast<double>(in[i]);
  double most = 0, alike_most = 0;
  int best = 0;
  const int moves_by = move ? kPhaseReach : 0;
  for (int lag = kPhaseReach - moves_by; lag <= kPhaseReach + moves_by; ++lag) {
    double sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i)
      sum += static_cast<double>(out[i]) * static_cast<double>(in[i + static_cast<std::size_t>(lag)]);
    // Upright where that is about as good.
    const double alike = sum / std::sqrt(out_power * in_power);
    const double value = alike > 0 ? alike : -.9 * alike;
    if (value <= most) continue;
    most = value;
    alike_most = alike;
    best = lag - kPhaseReach;
  }
  if (most < kAlike) return;
  if (proposal.in_at + to_seconds(best, kRate) < Seconds(0)) return;
  proposal.in_at += to_seconds(best, kRate);
  proposal.inverted = alike_most < 0;
}

void Meeting::level(Proposal& proposal) const {
  Transition& transition = proposal.transition;
  BlendSide &out = transition.blend.out, &in = transition.blend.in;
  const Seconds out_end = proposal.out_at - to_seconds(transition.before, kRate) * out.tempo;
  const Seconds in_begin = proposal.in_at + to_seconds(transition.after, kRate) * in.tempo;
  const bool out_gives = gives(out), in_gives = gives(in);
  const double both = out_gives && in_gives ? .5 : 1;
  double louder = loudness_of(out_.place, out_end - kLevelled, out_end) -
                  loudness_of(in_.place, in_begin, in_begin + kLevelled);
  const BandLevels out_levels = band_levels(*out_.place.features, out_end - kColoured, out_end);
  const BandLevels in_levels = band_levels(*in_.place.features, in_begin, in_begin + kColoured);
  double mean = 0;
  for (std::size_t band = 0; band < BlendSide::bands; ++band)
    mean += (out_levels[band] - in_levels[band]) / BlendSide::bands;
  for (std::size_t band = 0; band < BlendSide::bands; ++band) {
    const double more = out_levels[band] - in_levels[band] - mean;  // that the outgoing one has
    if (out_gives) out.spectrum_db[band] = rounded(-both * more, kMostColoured);
    if (in_gives) in.spectrum_db[band] = rounded(both * more, kMostColoured);
  }
  // Other colours are louder or softer, which the gains make up for.
  const auto changed = [&](const BlendSide& side) {
    auto change = side.spectrum_db;
    for (double& band : change) band *= kept(side);
    return change;
  };
  if (out_gives) louder += louder_by(*out_.place.features, out_end - kLevelled, out_end, changed(out));
  if (in_gives) louder -= louder_by(*in_.place.features, in_begin, in_begin + kLevelled, changed(in));
  if (std::isfinite(louder)) {
    share_levels(louder, out, in);
    const auto taken = [](const BlendSide& side) { return gives(side) ? kept(side) * side.gain_db : 0; };
    proposal.step = std::abs(louder + taken(out) - taken(in));
  }
}

void Meeting::even_levels(Proposal& proposal) const {
  BlendSide &out = proposal.transition.blend.out, &in = proposal.transition.blend.in;
  if (!has_audio() || (!gives(out) && !gives(in))) return;
  // Just before the transition and just after it, where each track is heard alone.
  const auto loudness = [&](BlendEnd end) {
    const Heard& heard = end == BlendEnd::out ? out_ : in_;
    const Transition& transition = proposal.transition;
    const PcmFrame size = frames_of(kLevelled);
    const PcmRange alone = end == BlendEnd::out ? PcmRange{-transition.before - size, -transition.before}
                                                : PcmRange{transition.after, transition.after + size};
    const std::vector<float> middle = side_sound(
        proposal, end, alone, [&](PcmFrame from, PcmFrame to) { return part(heard, from, to); });
    std::vector<float> sides(middle.size());
    if (heard.place.sides)
      sides = side_sound(proposal, end, alone, [&](PcmFrame from, PcmFrame to) {
        return heard.place.sides(to_seconds(from, kRate), to_seconds(to - from, kRate), kRate);
      });
    std::vector<float> stereo;
    stereo.reserve(2 * middle.size());
    for (std::size_t i = 0; i < middle.size(); ++i) {
      stereo.push_back(middle[i] + sides[i]);
      stereo.push_back(middle[i] - sides[i]);
    }
    BlockLoudness blocks(kRate, 2);
    blocks.add(stereo);
    return blocks.integrated();
  };
  const double louder = loudness(BlendEnd::out) - loudness(BlendEnd::in);
  if (!std::isfinite(louder)) return;
  share_levels(louder, out, in);
}

int Meeting::key_shift() const {
  if (!out_.place.key || !in_.place.key || key_distance(*out_.place.key, *in_.place.key) <= 1) return 0;
  for (const int shift : {1, -1}) {
    Key key = *in_.place.key;
    key.tonic = (key.tonic + 12 + shift) % 12;
    if (key_distance(*out_.place.key, key) <= 1) return shift;
  }
  return 0;
}

}  // namespace segue
