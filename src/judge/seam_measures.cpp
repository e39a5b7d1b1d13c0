#include "judge/seam_measures.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"
#include "judge/heard_recording.hpp"
#include "judge/seam_beats.hpp"
#include "library/fragment_loudness.hpp"
#include "output/companions.hpp"

namespace segue {
namespace {

constexpr Seconds kListened{16};  // on either side, for tempo and key
constexpr Seconds kLeastListened{6};
constexpr Seconds kBeatsAround{6};  // of a seam, that a line is laid through
constexpr Seconds kLoud{3};
constexpr Seconds kColour{2};
constexpr std::size_t kLeastCompared = 50;
constexpr double kSureOfKey = 0.1;
constexpr double kOneTempo = 0.03;
constexpr Seconds kAtOnce{1.5};
constexpr Seconds kCompared{2};
constexpr double kSameBlend = 4;  // dB

double in_octave(double ratio) { return ratio / std::exp2(std::round(std::log2(ratio))); }

// Between two grids of beats at a moment of both, in seconds; tempi may be an octave apart.
double between(const BeatLine& a, const BeatLine& b, double moment) {
  const double period = std::min(a.period, b.period);
  const double off = b.nearest(moment) - a.nearest(moment);
  return std::abs(off - std::round(off / period) * period);
}

class Measurer {
 public:
  Measurer(const HeardRecording& recording, const std::vector<SeamTime>& seams, const Plan* plan)
      : recording_(recording), seams_(seams), plan_(plan) {}

  SeamMeasure measure(std::size_t i) const {
    SeamMeasure found;
    found.time = seams_[i];
    const Seconds from = i == 0 ? Seconds(0) : seams_[i - 1].end;
    const Seconds to = i + 1 == seams_.size() ? recording_.duration() : seams_[i + 1].begin;
    const SeamTime& time = seams_[i];
    hear_sides(found, i, std::max(from, time.begin - kListened), std::min(to, time.end + kListened));
    if (time.begin - from >= kLoud && to - time.end >= kLoud) found.loudness_step = loudness_step(time);
    if (time.begin - from >= kColour && to - time.end >= kColour)
      found.spectral_jump = spectral_jump(time);
    if (plan_ != nullptr) {
      const Transition& transition = plan_->transitions[i];
      double most = 0;
      for (const BlendSide* side : {&transition.blend.out, &transition.blend.in})
        if (transition.is_blend()) most = std::max(most, std::abs(side->tempo - 1));
      found.stretch = most;
      between_tracks(i, found);
    } else {
      found.misalignment = across(time, from, to);
    }
    return found;
  }

 private:
  void hear_sides(SeamMeasure& found, std::size_t i, Seconds from, Seconds to) const {
    const auto hear = [&](Seconds begin, Seconds end, double known, std::optional<double>& tempo,
                          std::optional<Key>& key) {
      if (end - begin < kLeastListened) return;
      const HeardMusic heard = hear_passage(recording_.part(begin, end), known);
      if (heard.traits.has_beat()) tempo = heard.traits.tempo_bpm;
      if (heard.traits.key && heard.traits.key_confidence >= kSureOfKey) key = heard.traits.key;
    };
    const auto known = [&](std::size_t placement) { return plan_ != nullptr ? tempo_of(placement) : 0; };
    hear(from, found.time.begin, known(i), found.tempo_before, found.key_before);
    hear(found.time.end, to, known(i + 1), found.tempo_after, found.key_after);
    if (found.tempo_before && found.tempo_after)
      found.tempo_change = in_octave(*found.tempo_after / *found.tempo_before) - 1;
    if (plan_ != nullptr) {  // which knows them from the whole tracks
      const Blend& blend = plan_->transitions[i].blend;
      found.key_before = key_of(i, blend.out.shift);
      found.key_after = key_of(i + 1, blend.in.shift);
    }
    if (found.key_before && found.key_after)
      found.key_distance = key_distance(*found.key_before, *found.key_after);
  }

  // As it sounds in the transition, so many semitones higher.
  std::optional<Key> key_of(std::size_t placement, int semitones) const {
    std::optional<Key> key = parse_key(plan_->sources[plan_->placements[placement].source].key);
    if (key) key->tonic = (key->tonic + 12 + semitones) % 12;
    return key;
  }

  double tempo_of(std::size_t placement) const {
    return plan_->sources[plan_->placements[placement].source].tempo_bpm;
  }

  std::optional<double> loudness_step(const SeamTime& time) const {
    const auto loudness = [&](Seconds begin, Seconds end) {
      const FragmentSpan span{to_hops(begin), to_hops(end - begin)};
      return gated_loudness(blocks_inside(recording_.loudness, span));
    };
    if (time.begin < kLoud || time.end + kLoud > recording_.duration()) return std::nullopt;
    const double step = loudness(time.end, time.end + kLoud) - loudness(time.begin - kLoud, time.begin);
    return std::isfinite(step) ? std::optional(step) : std::nullopt;
  }

  // Mean spectrum of kColour from a moment on.
  std::vector<double> colour(Seconds begin) const {
    const Hop first = to_hops(begin) / HeardRecording::pooled,
              count = to_hops(kColour) / HeardRecording::pooled;
    std::vector<double> mean(kBands);
    const auto rows = static_cast<Hop>(recording_.spectra.size()) / kBands;
    for (Hop row = std::max<Hop>(0, first); row < std::min(rows, first + count); ++row)
      for (int band = 0; band < kBands; ++band)
        mean[static_cast<std::size_t>(band)] +=
            static_cast<double>(recording_.spectra[static_cast<std::size_t>(row * kBands + band)]) /
            static_cast<double>(count);
    return mean;
  }

  double jump(Seconds begin, Seconds end) const {
    const std::vector<double> a = colour(begin - kColour), b = colour(end);
    double sum = 0;
    for (std::size_t band = 0; band < kBands; ++band) sum += (a[band] - b[band]) * (a[band] - b[band]);
    return std::sqrt(sum / kBands);
  }

  std::optional<double> spectral_jump(const SeamTime& time) const {
    if (time.begin < kColour || time.end + kColour > recording_.duration()) return std::nullopt;
    const Seconds length = time.end - time.begin;
    const double here = jump(time.begin, time.end);
    std::size_t below = 0, all = 0;
    for (Seconds at = kColour; at + length + kColour <= recording_.duration(); at += Seconds(1)) {
      const bool inside = std::none_of(seams_.begin(), seams_.end(), [&](const SeamTime& seam) {
        return seam.begin < at + length + kColour && seam.end > at - kColour;
      });
      if (!inside) continue;
      ++all;
      below += jump(at, at + length) < here;
    }
    if (all < kLeastCompared) return std::nullopt;
    return 100 * static_cast<double>(below) / static_cast<double>(all);
  }

  // Each track by itself, as it is rendered.
  void between_tracks(std::size_t i, SeamMeasure& found) const {
    if (tempo_of(i) <= 0 || tempo_of(i + 1) <= 0) return;  // one of them is no track with a beat
    const Solo out = render_solo(*plan_, i, BlendEnd::out, kListened);
    const Solo in = render_solo(*plan_, i, BlendEnd::in, kListened);
    if (!is_recorded(i, out, in)) return;
    const Seconds half = std::max(kBeatsAround, (seams_[i].end - seams_[i].begin) / 2);
    const auto a = beats_of(out, *plan_, i, BlendEnd::out, half, tempo_of(i));
    const auto b = beats_of(in, *plan_, i, BlendEnd::in, half, tempo_of(i + 1));
    if (!a || !b) return;
    const BeatLine heard_out = *a;
    BeatLine moved = *b;
    // Beats of two tempi run against each other: as bad as can be, unless it is over at once.
    if (std::abs(in_octave(moved.period / heard_out.period) - 1) > kOneTempo) {
      if (seams_[i].end - seams_[i].begin > kAtOnce)
        found.misalignment = 500 * std::min(moved.period, heard_out.period);
      return;
    }
    moved.begin += (out.middle - in.middle).count();
    found.misalignment = 1000 * between(heard_out, moved, out.middle.count());
    const double shift = (seams_[i].middle() - out.middle).count();
    const auto told = [&](const BeatLine& line, std::vector<double>& beats) {
      const double first = line.nearest((out.middle - half).count());
      for (double at = first; at <= (out.middle + half).count(); at += line.period)
        beats.push_back(at + shift);
    };
    told(heard_out, found.beats_out);
    told(moved, found.beats_in);
  }

  // Whether both together are what the recording plays in the middle of transition i: by spectrograms,
  // as stretched waveforms hang on the rate at which they are rendered.
  bool is_recorded(std::size_t i, const Solo& out, const Solo& in) const {
    const PcmFrame size = to_pcm_frames(kCompared, HeardRecording::rate);
    std::vector<float> both(static_cast<std::size_t>(size));
    for (const Solo* solo : {&out, &in}) {
      const PcmFrame begin = to_pcm_frames(solo->middle - kCompared / 2, HeardRecording::rate);
      for (PcmFrame k = std::max<PcmFrame>(0, -begin); k < size; ++k) {
        const auto at = static_cast<std::size_t>(begin + k);
        if (at < solo->mono.size()) both[static_cast<std::size_t>(k)] += solo->mono[at];
      }
    }
    const Seconds begin = seams_[i].middle() - kCompared / 2;
    std::vector<float> rendered, recorded;
    LogMelExtractor().process(both, rendered);
    LogMelExtractor().process(recording_.part(begin, begin + kCompared), recorded);
    const std::size_t count = std::min(rendered.size(), recorded.size());
    if (count == 0) return true;
    double mean = 0, square = 0;  // dB
    for (std::size_t k = 0; k < count; ++k) {
      const double apart = 10 * static_cast<double>(rendered[k] - recorded[k]);
      mean += apart / static_cast<double>(count);
      square += apart * apart / static_cast<double>(count);
    }
    return square - mean * mean < kSameBlend * kSameBlend;
  }

  std::optional<double> across(const SeamTime& time, Seconds from, Seconds to) const {
    const Seconds begin = std::max(from, time.middle() - kListened);
    const Seconds end = std::min(to, time.middle() + kListened);
    if (time.middle() - begin < kLeastListened || end - time.middle() < kLeastListened)
      return std::nullopt;
    const HeardMusic heard = hear_passage(recording_.part(begin, end));
    if (!heard.traits.has_beat()) return std::nullopt;
    const Seconds middle = time.middle() - begin;
    const auto a = fit_beats(heard.music.beats, middle, kBeatsAround, Seconds(0));
    const auto b = fit_beats(heard.music.beats, middle, Seconds(0), kBeatsAround);
    if (!a || !b) return std::nullopt;
    return 1000 * between(*a, *b, middle.count());
  }

  const HeardRecording& recording_;
  const std::vector<SeamTime>& seams_;
  const Plan* plan_;
};

// Tracks in the order in which they sound.
template <typename Track>
void count_tracks(const std::vector<Track>& order, RecordingMeasures& measures) {
  std::set<Track> heard;
  measures.returns = 0;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i == 0 || order[i] != order[i - 1]) *measures.returns += !heard.insert(order[i]).second;
  measures.tracks = heard.size();
}

}  // namespace

RecordingMeasures measure_recording(const std::filesystem::path& file,
                                    const std::vector<SeamTime>& seams, const Plan* plan,
                                    std::size_t threads) {
  const HeardRecording recording = hear_recording(file);
  RecordingMeasures measures;
  measures.duration = recording.duration();
  measures.true_peak_dbtp = recording.true_peak;
  measures.integrated_lufs = recording.integrated;
  for (const SeamTime& seam : seams) {
    if (seam.middle() < recording.duration()) continue;
    throw Error(ErrorKind::input,
                "lasts " + format_time(recording.duration()) + ", but a track is said to begin at " +
                    format_time(seam.middle()),
                file, "mend the CUE sheet or label track beside it");
  }
  measures.seams.resize(seams.size());
  const Measurer measurer(recording, seams, plan);
  parallel_for(seams.size(), threads, [&](std::size_t i) { measures.seams[i] = measurer.measure(i); });
  if (plan != nullptr) {
    std::vector<std::size_t> order;
    for (const Placement& placement : plan->placements) order.push_back(placement.source);
    count_tracks(order, measures);
    if (plan->tracks_to_choose > 0) measures.tracks_to_choose = plan->tracks_to_choose;
    return measures;
  }
  std::vector<std::string> names;
  for (const SeamTime& seam : seams) {
    if (names.empty()) names.push_back(seam.out);
    names.push_back(seam.in);
  }
  if (!names.empty() && std::find(names.begin(), names.end(), "") == names.end())
    count_tracks(names, measures);
  return measures;
}

std::vector<SeamTime> seam_times(const Plan& plan) {
  const std::vector<PcmFrame> seams = plan.seams();
  std::vector<SeamTime> times;
  for (std::size_t i = 0; i < plan.transitions.size(); ++i) {
    const Transition& transition = plan.transitions[i];
    const auto title = [&](std::size_t placement) {
      return name_of(plan.sources[plan.placements[placement].source]);
    };
    times.push_back({to_seconds(seams[i + 1] - transition.before, plan.sample_rate),
                     to_seconds(seams[i + 1] + transition.after, plan.sample_rate), title(i),
                     title(i + 1)});
  }
  return times;
}

}  // namespace segue
