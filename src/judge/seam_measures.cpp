#include "judge/seam_measures.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "analysis/music_listener.hpp"
#include "audio/decoder.hpp"
#include "audio/loudness.hpp"
#include "audio/resampler.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "judge/solo.hpp"
#include "library/fragment_loudness.hpp"
#include "planning/beat_line.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr int kBands = LogMelGeometry::bands;
constexpr Seconds kListened{16};       // on either side, for tempo and key
constexpr Seconds kLeastListened{6};
constexpr Seconds kBeatsAround{6};     // of a seam, that a line is laid through
constexpr Seconds kLoud{3};
constexpr Seconds kColour{2};
constexpr Hop kPooled = 8;             // frames of the spectrogram that are kept as one
constexpr std::size_t kLeastCompared = 50;
constexpr double kSureOfKey = 0.1;
constexpr double kTwiceAsSlow = 1.7;
constexpr double kOneTempo = 0.03;

// All of a recording that the measures need.
struct Recording {
  std::vector<float> mono;  // at kRate
  std::vector<float> loudness;
  std::vector<float> spectra;  // [n × 80], level taken away, one for kPooled frames
  double true_peak = 0;
  double integrated = 0;

  Seconds duration() const { return to_seconds(static_cast<PcmFrame>(mono.size()), kRate); }
  std::span<const float> part(Seconds begin, Seconds end) const {
    const auto size = static_cast<PcmFrame>(mono.size());
    const PcmFrame from = std::clamp<PcmFrame>(to_pcm_frames(begin, kRate), 0, size);
    const PcmFrame to = std::clamp<PcmFrame>(to_pcm_frames(end, kRate), from, size);
    return std::span(mono).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
  }
};

void add_spectra(Recording& recording) {
  LogMelExtractor extractor;
  std::vector<float> rows;
  constexpr std::size_t step = 1 << 16;
  const auto pool = [&] {
    const std::size_t whole = rows.size() / (kPooled * kBands);
    for (std::size_t i = 0; i < whole; ++i) {
      float mean[kBands] = {};
      for (std::size_t k = 0; k < kPooled * kBands; ++k)
        mean[k % kBands] += rows[i * kPooled * kBands + k] / static_cast<float>(kPooled);
      const float level = std::accumulate(mean, mean + kBands, 0.0f) / static_cast<float>(kBands);
      for (const float value : mean) recording.spectra.push_back(value - level);
    }
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(whole * kPooled * kBands));
  };
  for (std::size_t at = 0; at < recording.mono.size(); at += step) {
    extractor.process(std::span(recording.mono).subspan(at, std::min(step, recording.mono.size() - at)),
                      rows);
    pool();
  }
}

Recording read_recording(const std::filesystem::path& file) {
  Recording recording;
  AudioDecoder decoder = AudioDecoder::open(file, 2);
  const int rate = decoder.format().sample_rate;
  LoudnessMeter meter(rate, 2, LoudnessMeter::Measure::integrated_and_true_peak);
  BlockLoudness blocks(rate, 2);
  Resampler resampler(rate, kRate, 1);
  std::vector<float> stereo(2 * 16384), mono;
  while (const PcmFrame frames = decoder.read(stereo)) {
    throw_if_interrupted();
    const auto some = std::span(stereo).first(2 * static_cast<std::size_t>(frames));
    meter.add(some);
    blocks.add(some);
    mono.clear();
    for (std::size_t i = 0; i < some.size(); i += 2) mono.push_back((some[i] + some[i + 1]) / 2);
    resampler.process(mono, recording.mono);
  }
  resampler.finish(recording.mono);
  recording.true_peak = meter.true_peak();
  recording.integrated = meter.integrated();
  recording.loudness.assign(blocks.momentary().begin(), blocks.momentary().end());
  add_spectra(recording);
  return recording;
}

// `momentary` belongs to the samples.
HeardMusic listen(std::span<const float> mono) {
  MusicListener listener;
  listener.add_audio(mono);
  std::vector<float> rows;
  LogMelExtractor().process(mono, rows);
  listener.add_log_mel(rows);
  BlockLoudness blocks(kRate, 1);
  blocks.add(mono);
  return listener.finish(blocks.momentary());
}

double in_octave(double ratio) { return ratio / std::exp2(std::round(std::log2(ratio))); }

// Between two grids of beats at a moment of both, in seconds; tempi may be an octave apart.
double between(const BeatLine& a, const BeatLine& b, double moment) {
  const double period = std::min(a.period, b.period);
  const double off = b.nearest(moment) - a.nearest(moment);
  return std::abs(off - std::round(off / period) * period);
}

class Measurer {
 public:
  Measurer(const Recording& recording, const std::vector<SeamTime>& seams, const Plan* plan)
      : recording_(recording), seams_(seams), plan_(plan) {}

  SeamMeasure measure(std::size_t i) const {
    SeamMeasure found;
    found.time = seams_[i];
    const Seconds from = i == 0 ? Seconds(0) : seams_[i - 1].end;
    const Seconds to = i + 1 == seams_.size() ? recording_.duration() : seams_[i + 1].begin;
    const SeamTime& time = seams_[i];
    hear_sides(found, i, std::max(from, time.begin - kListened), std::min(to, time.end + kListened));
    found.loudness_step = loudness_step(time);
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
    const auto hear = [&](Seconds begin, Seconds end, std::optional<double>& tempo,
                          std::optional<Key>& key) {
      if (end - begin < kLeastListened) return;
      const HeardMusic heard = listen(recording_.part(begin, end));
      if (heard.traits.has_beat()) tempo = heard.traits.tempo_bpm;
      if (heard.traits.key && heard.traits.key_confidence >= kSureOfKey) key = heard.traits.key;
    };
    hear(from, found.time.begin, found.tempo_before, found.key_before);
    hear(found.time.end, to, found.tempo_after, found.key_after);
    if (found.tempo_before && found.tempo_after)
      found.tempo_change = in_octave(*found.tempo_after / *found.tempo_before) - 1;
    if (plan_ != nullptr) {  // which knows them from the whole tracks
      found.key_before = key_of(i);
      found.key_after = key_of(i + 1);
    }
    if (found.key_before && found.key_after)
      found.key_distance = key_distance(*found.key_before, *found.key_after);
  }

  std::optional<Key> key_of(std::size_t placement) const {
    return parse_key(plan_->sources[plan_->placements[placement].source].key);
  }

  std::optional<double> loudness_step(const SeamTime& time) const {
    const auto loudness = [&](Seconds begin, Seconds end) {
      const FragmentSpan span{to_hops(begin), to_hops(end - begin)};
      return gated_loudness(blocks_inside(recording_.loudness, span));
    };
    if (time.begin < kLoud || time.end + kLoud > recording_.duration()) return std::nullopt;
    const double step =
        loudness(time.end, time.end + kLoud) - loudness(time.begin - kLoud, time.begin);
    return std::isfinite(step) ? std::optional(step) : std::nullopt;
  }

  // Mean spectrum of kColour from a moment on.
  std::vector<double> colour(Seconds begin) const {
    const Hop first = to_hops(begin) / kPooled, count = to_hops(kColour) / kPooled;
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

  static std::optional<BeatLine> line_of(std::span<const float> mono, Seconds middle, Seconds before,
                                         Seconds after) {
    const HeardMusic heard = listen(mono);
    if (!heard.traits.has_beat()) return std::nullopt;
    return fit_beats(heard.music.beats, middle, before, after);
  }

  // Every second beat may have been heard as one; the plan knows the tempo from the whole track.
  BeatLine by_tempo(BeatLine line, std::size_t placement) const {
    const double tempo = plan_->sources[plan_->placements[placement].source].tempo_bpm;
    if (tempo > 0 && line.period * tempo / 60 > kTwiceAsSlow) line.period /= 2;
    return line;
  }

  // Each track by itself, as it is rendered.
  void between_tracks(std::size_t i, SeamMeasure& found) const {
    const Solo out = render_solo(*plan_, i, BlendEnd::out, kListened);
    const Solo in = render_solo(*plan_, i, BlendEnd::in, kListened);
    const Seconds half = std::max(kBeatsAround, (seams_[i].end - seams_[i].begin) / 2);
    const auto a = line_of(out.mono, out.middle, half, half);
    const auto b = line_of(in.mono, in.middle, half, half);
    if (!a || !b) return;
    const BeatLine heard_out = by_tempo(*a, i);
    BeatLine moved = by_tempo(*b, i + 1);
    // A grid of another tempo has no place on this one; mostly it is a third that was heard.
    if (std::abs(in_octave(moved.period / heard_out.period) - 1) > kOneTempo) return;
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

  std::optional<double> across(const SeamTime& time, Seconds from, Seconds to) const {
    const Seconds begin = std::max(from, time.middle() - kListened);
    const Seconds end = std::min(to, time.middle() + kListened);
    if (time.middle() - begin < kLeastListened || end - time.middle() < kLeastListened)
      return std::nullopt;
    const HeardMusic heard = listen(recording_.part(begin, end));
    if (!heard.traits.has_beat()) return std::nullopt;
    const Seconds middle = time.middle() - begin;
    const auto a = fit_beats(heard.music.beats, middle, kBeatsAround, Seconds(0));
    const auto b = fit_beats(heard.music.beats, middle, Seconds(0), kBeatsAround);
    if (!a || !b) return std::nullopt;
    return 1000 * between(*a, *b, middle.count());
  }

  const Recording& recording_;
  const std::vector<SeamTime>& seams_;
  const Plan* plan_;
};

}  // namespace

RecordingMeasures measure_recording(const std::filesystem::path& file, const std::vector<SeamTime>& seams,
                                    const Plan* plan, std::size_t threads) {
  const Recording recording = read_recording(file);
  RecordingMeasures measures;
  measures.duration = recording.duration();
  measures.true_peak_dbtp = recording.true_peak;
  measures.integrated_lufs = recording.integrated;
  measures.seams.resize(seams.size());
  const Measurer measurer(recording, seams, plan);
  parallel_for(seams.size(), threads, [&](std::size_t i) { measures.seams[i] = measurer.measure(i); });
  if (plan == nullptr) return measures;
  std::set<std::size_t> heard;
  std::size_t returns = 0;
  for (std::size_t i = 0; i < plan->placements.size(); ++i) {
    const std::size_t source = plan->placements[i].source;
    if (i > 0 && source == plan->placements[i - 1].source) continue;
    returns += !heard.insert(source).second;
  }
  measures.tracks = heard.size();
  measures.returns = returns;
  return measures;
}

std::vector<SeamTime> seam_times(const Plan& plan) {
  const std::vector<PcmFrame> seams = plan.seams();
  std::vector<SeamTime> times;
  for (std::size_t i = 0; i < plan.transitions.size(); ++i) {
    const Transition& transition = plan.transitions[i];
    const auto title = [&](std::size_t placement) {
      return plan.sources[plan.placements[placement].source].title;
    };
    times.push_back({to_seconds(seams[i + 1] - transition.before, plan.sample_rate),
                     to_seconds(seams[i + 1] + transition.after, plan.sample_rate), title(i), title(i + 1)});
  }
  return times;
}

MeasureSummary summarize(const RecordingMeasures& measures) {
  MeasureSummary summary;
  const auto add = [&](const char* name, double human, auto&& value, auto&& good) {
    std::size_t of = 0, count = 0;
    for (const SeamMeasure& seam : measures.seams) {
      const auto figure = value(seam);
      if (!figure) continue;
      ++of;
      count += good(*figure);
    }
    summary.shares.push_back(
        {name, of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of), of, human});
  };
  const auto within = [](double most) {
    return [most](auto figure) { return std::abs(static_cast<double>(figure)) <= most; };
  };
  add("own speed changed by at most 2 %", .650, [](auto& s) { return s.stretch; }, within(.02));
  add("own speed changed by at most 5 %", .861, [](auto& s) { return s.stretch; }, within(.05));
  add("own speed changed by at most 10 %", .945, [](auto& s) { return s.stretch; }, within(.10));
  add("tempo within 2 %", -1, [](auto& s) { return s.tempo_change; }, within(.02));
  add("tempo within 5 %", -1, [](auto& s) { return s.tempo_change; }, within(.05));
  add("tempo within 10 %", -1, [](auto& s) { return s.tempo_change; }, within(.10));
  add("beats within 20 ms", -1, [](auto& s) { return s.misalignment; }, within(20));
  add("beats within 40 ms", -1, [](auto& s) { return s.misalignment; }, within(40));
  add("keys a fifth apart or nearer", -1, [](auto& s) { return s.key_distance; }, within(1));
  add("loudness within 1 LU", -1, [](auto& s) { return s.loudness_step; }, within(1));
  add("loudness within 3 LU", -1, [](auto& s) { return s.loudness_step; }, within(3));
  add("spectral jump as inside tracks (below the 90th percentile)", -1,
      [](auto& s) { return s.spectral_jump; }, within(90));
  return summary;
}

void to_json(nlohmann::json& json, const RecordingMeasures& measures) {
  using Json = nlohmann::json;
  json = {{"duration", measures.duration.count()},
          {"true_peak_dbtp", measures.true_peak_dbtp},
          {"integrated_lufs", measures.integrated_lufs},
          {"seams", Json::array()},
          {"shares", Json::array()}};
  if (measures.tracks) json["tracks"] = *measures.tracks;
  if (measures.returns) json["returns"] = *measures.returns;
  for (const SeamMeasure& seam : measures.seams) {
    Json one = {{"begin", seam.time.begin.count()},
                {"end", seam.time.end.count()},
                {"out", seam.time.out},
                {"in", seam.time.in}};
    const auto put = [&](const char* name, const auto& value) {
      if (value) one[name] = *value;
    };
    put("tempo_before", seam.tempo_before);
    put("tempo_after", seam.tempo_after);
    put("tempo_change", seam.tempo_change);
    put("stretch", seam.stretch);
    put("misalignment_ms", seam.misalignment);
    put("key_distance", seam.key_distance);
    put("loudness_step", seam.loudness_step);
    put("spectral_jump", seam.spectral_jump);
    if (seam.key_before) one["key_before"] = name_of(*seam.key_before);
    if (seam.key_after) one["key_after"] = name_of(*seam.key_after);
    json["seams"].push_back(std::move(one));
  }
  for (const MeasureSummary::Share& share : summarize(measures).shares) {
    Json one = {{"name", share.name}, {"share", share.share}, {"of", share.of}};
    if (share.human >= 0) one["human"] = share.human;
    json["shares"].push_back(std::move(one));
  }
}

}  // namespace segue
