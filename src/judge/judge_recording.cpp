#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "audio/decoder.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "judge/join_chooser.hpp"
#include "judge/judge_joins.hpp"
#include "judge/medley.hpp"
#include "judge/rendering_check.hpp"
#include "planning/meeting.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

std::string format_seconds(Seconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", time.count());
  return text;
}

constexpr Seconds kSameMoment{0.001};
constexpr Seconds kLeastHeard{0.7};  // of music on either side of a transition
constexpr std::size_t kLeastPlanted = 100, kMostAttempts = 50;  // hard cuts, and tries for each

// A seam of the recording, and the join that it is.
struct RecordedSeam {
  Join join;          // its sources are those of all recordings
  Seconds middle{0};  // of its transition
  std::size_t recording = 0;
};

// Music that is heard of each seam ends where the next transition begins.
std::vector<RecordedSeam> seams_of(const Plan& plan, std::size_t recording,
                                   const std::vector<std::size_t>& numbers) {
  const std::vector<PcmFrame> begins = plan.seams();
  const auto seconds = [&](PcmFrame frames) { return to_seconds(frames, plan.sample_rate); };
  std::vector<RecordedSeam> seams;
  for (std::size_t i = 0; i < plan.transitions.size(); ++i) {
    const Transition& transition = plan.transitions[i];
    const PcmFrame seam = begins[i + 1];
    const PcmFrame previous = i == 0 ? 0 : begins[i] + plan.transitions[i - 1].after;
    const PcmFrame next =
        i + 1 == plan.transitions.size() ? plan.length : begins[i + 2] - plan.transitions[i + 1].before;
    const Placement& out = plan.placements[i];
    const Placement& in = plan.placements[i + 1];
    RecordedSeam entry;
    entry.recording = recording;
    entry.join.out = {numbers[out.source], out.start + out.length, out.gain_db};
    entry.join.in = {numbers[in.source], in.start, in.gain_db};
    entry.join.fade = seconds(transition.before + transition.after);
    if (transition.is_blend()) {
      entry.join.blend = at_rate(transition, plan.sample_rate, LogMelGeometry::sample_rate);
      // Beside it, other places meet: what fitted these two does not fit those.
      entry.join.blend->blend.out = entry.join.blend->blend.in = {};
    }
    entry.join.before = std::min(kSeamFlank, seconds(seam - transition.before - previous));
    entry.join.after = std::min(kSeamFlank, seconds(next - seam - transition.after));
    entry.middle = seconds(seam) + seconds(transition.after - transition.before) / 2;
    if (entry.join.before >= kLeastHeard && entry.join.after >= kLeastHeard) seams.push_back(entry);
  }
  return seams;
}

// Shortens what is heard to what the sources have around these places. False if too little is left.
bool fit(const std::vector<PlanSource>& sources, Join& join) {
  const auto back = [&](const JoinPlace& place) {
    return to_seconds(place.at, sources[place.source].sample_rate) - 2 * kMargin;
  };
  const auto on = [&](const JoinPlace& place) {
    const PlanSource& source = sources[place.source];
    return to_seconds(source.pcm_frames - place.at, source.sample_rate) - 2 * kMargin;
  };
  // Less than all shortens the window to the transition and what is heard beside it.
  constexpr Seconds little_less{0.01};
  if (back(join.out) < join.ahead())
    join.before = std::min(kSeamFlank - little_less, back(join.out) - join.lead());
  if (on(join.in) < join.beyond())
    join.after = std::min(kSeamFlank - little_less, on(join.in) - join.tail());
  return join.before >= kLeastHeard && join.after >= kLeastHeard && back(join.in) >= join.lead() &&
         on(join.out) >= join.tail();
}

// The same places, joined at random with those of other sources.
std::vector<Join> shuffled(const std::vector<PlanSource>& sources, const std::vector<Join>& joins,
                           std::uint64_t seed) {
  Random random(seed);
  std::vector<Join> made;
  for (const Join& join : joins) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const Join& other = joins[random.below(joins.size())];
      if (sources[other.in.source].track == sources[join.out.source].track) continue;
      Join one = join;
      one.in = other.in;
      one.after = other.after;
      if (!fit(sources, one)) continue;
      made.push_back(one);
      break;
    }
  }
  return made;
}

// Hard cuts between places drawn from these sources, at the levels at which the recordings play them: a
// mix leaves and enters tracks where even those may go unheard.
std::vector<Join> drawn_cuts(const std::vector<PlanSource>& sources, const std::vector<Join>& joins,
                             std::size_t count, std::uint64_t seed) {
  std::vector<JoinPlace> played;
  for (const Join& join : joins) played.insert(played.end(), {join.out, join.in});
  Random random(derive_seed(seed, 1));
  const auto draw = [&] {
    JoinPlace place = played[random.below(played.size())];
    place.at = static_cast<PcmFrame>(
        random.below(static_cast<std::uint64_t>(sources[place.source].pcm_frames)));
    return place;
  };
  std::vector<Join> cuts;
  for (std::size_t attempt = 0; cuts.size() < count && attempt < kMostAttempts * count; ++attempt) {
    Join cut = joins[random.below(joins.size())];  // as much is heard around it as around a seam
    cut.out = draw();
    cut.in = draw();
    cut.fade = Seconds(0);
    cut.blend.reset();
    if (sources[cut.out.source].track != sources[cut.in.source].track && fit(sources, cut))
      cuts.push_back(cut);
  }
  return cuts;
}

// How a recording was written, as far as it can be heard.
EncodingConfig encoding_of(const fs::path& file, int sample_rate) {
  EncodingConfig encoding;
  encoding.sample_rate = sample_rate;
  try {
    encoding.container = EncodingConfig::container_for(file);
  } catch (const Error&) {
    log_warning(printable(file) +
                ": this format is not written here, so the passages beside it are FLAC");
  }
  return encoding;
}

Seconds usual_fade(const std::vector<RecordedSeam>& seams) {
  std::vector<Seconds> fades;
  fades.reserve(seams.size());
  for (const RecordedSeam& seam : seams) fades.push_back(seam.join.fade);
  const auto middle = fades.begin() + static_cast<std::ptrdiff_t>(fades.size() / 2);
  std::nth_element(fades.begin(), middle, fades.end());
  return *middle;
}

// None if there is too little music around the seams to hear others beside them.
std::optional<Verdict> judge_kind(const std::vector<Recording>& recordings,
                                  const std::vector<PlanSource>& sources,
                                  const std::vector<RecordedSeam>& seams, const DetectorSet& detectors,
                                  const JudgeConfig& config, std::vector<RecordingVerdict::Seam>& told) {
  std::vector<Join> joins;
  joins.reserve(seams.size());
  for (const RecordedSeam& seam : seams) joins.push_back(seam.join);
  const Seconds fade = usual_fade(seams);
  std::vector<Join> fitting;  // with music around them in their sources
  for (Join join : joins)
    if (fit(sources, join)) fitting.push_back(join);

  // Everything that is heard beside the recording, in one file of its kind.
  JoinList beside{sources, {}};
  std::vector<std::size_t> ends;
  const auto add = [&](const std::vector<Join>& some) {
    beside.joins.insert(beside.joins.end(), some.begin(), some.end());
    ends.push_back(beside.joins.size());
  };
  const std::vector<Join> random = shuffled(sources, joins, config.seed);
  std::vector<Join> hard = random;
  for (Join& join : hard) {
    join.fade = Seconds(0);
    join.blend.reset();
  }
  std::erase_if(hard, [&](Join& join) { return !fit(sources, join); });
  const std::vector<Join> planted =
      drawn_cuts(sources, joins, std::max(joins.size(), kLeastPlanted), config.seed);
  std::vector<Join> faded = planted;  // passages beside them, half of them as of the seams
  for (Join& join : faded) join.fade = fade;
  add(planted);
  add(continuous_passages(sources, faded));
  add(continuations(sources, fitting, fade));
  add(continuations(sources, fitting, Seconds(0)));
  add(hard);
  add(continuous_passages(sources, random));
  add(random);
  add(continuous_passages(sources, fitting));
  std::vector<SeamWindow> windows;
  if (!beside.joins.empty()) {
    const fs::path& file = recordings.front().file;
    const EncodingConfig encoding = encoding_of(file, recordings.front().plan.sample_rate);
    const bool flac = encoding.container == Container::flac;
    windows = hear_encoded(beside, detectors.transition, encoding,
                           flac ? ".flac" : file.extension().string(), config.threads);
  }
  const auto part = [&](std::size_t number) {
    HeardSeams heard;
    for (std::size_t i = number == 0 ? 0 : ends[number - 1]; i < ends[number]; ++i) {
      heard.windows.push_back(windows[i]);
      heard.groups.push_back(beside.joins[i].out.source);
    }
    return heard;
  };
  for (std::size_t number = 0; number < ends.size(); ++number)
    if (part(number).windows.size() < Judge::least) return std::nullopt;
  Judge judge(detectors, {part(0), part(1), part(2), part(3)}, sources.size(), fade, config.seed);
  judge.hear("hard cuts", part(4), part(5));
  judge.hear("random", part(6), part(5));
  HeardSeams recorded;
  std::vector<RecordingVerdict::Seam> own_seams;
  for (std::size_t r = 0; r < recordings.size(); ++r) {
    std::vector<Join> own;
    std::vector<Seconds> middles;
    for (const RecordedSeam& seam : seams) {
      if (seam.recording != r) continue;
      own.push_back(seam.join);
      middles.push_back(seam.middle);
      own_seams.push_back({r, seam.middle, 0});
      recorded.groups.push_back(seam.join.out.source);
    }
    for (SeamWindow& window :
         hear_file(recordings[r].file, own, middles, detectors.transition, config.threads))
      recorded.windows.push_back(std::move(window));
  }
  const std::vector<double> shares = judge.hear("file", recorded, part(7));
  for (std::size_t i = 0; i < shares.size(); ++i) {
    own_seams[i].heard = shares[i];
    told.push_back(own_seams[i]);
  }
  return judge.verdict();
}

// The sources of all plans, each once, and what those of each are called among them.
struct AllSources {
  std::vector<PlanSource> sources;
  std::vector<std::vector<std::size_t>> numbers;  // by recording

  explicit AllSources(const std::vector<Recording>& recordings) {
    std::map<TrackId, std::size_t> known;
    for (const Recording& recording : recordings) {
      numbers.emplace_back();
      for (const PlanSource& source : recording.plan.sources) {
        const auto [place, first] = known.emplace(source.track, sources.size());
        if (first) sources.push_back(source);
        numbers.back().push_back(place->second);
      }
    }
  }
};

void refuse_known(const Plan& plan, const DetectorSet& detectors, const JudgeConfig& config) {
  for (const Placement& placement : plan.placements) {
    const PlanSource& source = plan.sources[placement.source];
    const TrackId ids[] = {source.track};
    if (config.allow_known || !detectors.knows_any(ids)) continue;
    throw Error(ErrorKind::input,
                "has been heard by the detectors, so that their figures would mean little", source.path,
                "judge a mix without it, or say --allow-known");
  }
}

}  // namespace

std::optional<double> RecordingVerdict::heard_at(std::size_t recording, Seconds middle) const {
  const auto seam = std::find_if(heard.begin(), heard.end(), [&](const Seam& one) {
    return one.recording == recording && std::abs((one.middle - middle).count()) < kSameMoment.count();
  });
  return seam == heard.end() ? std::nullopt : std::optional(seam->heard);
}

RecordingVerdict judge_recordings(const std::vector<Recording>& recordings, const JudgeConfig& config) {
  const AllSources all(recordings);
  std::vector<RecordedSeam> seams;
  RecordingVerdict result;
  for (std::size_t r = 0; r < recordings.size(); ++r) {
    require_rendering_of(recordings[r].plan, recordings[r].file);
    for (RecordedSeam& seam : seams_of(recordings[r].plan, r, all.numbers[r]))
      seams.push_back(std::move(seam));
    result.seams += recordings[r].plan.transitions.size();
  }
  std::map<fs::path, std::vector<RecordedSeam>> kinds;  // by the folder of their detectors
  for (RecordedSeam& seam : seams) {
    const auto place = locate_detectors(seam.join.fade, config.detectors);
    if (!place) continue;
    seam.join.kind = place->transition;
    kinds[place->folder].push_back(seam);
  }
  if (kinds.empty() && seams.size() >= Judge::least) {
    result.unjudged = result.seams;
    result.why_not =
        "no detectors have learnt transitions of " + format_seconds(seams[seams.size() / 2].join.fade);
    return result;
  }
  std::size_t judged = 0, most = 0;
  bool scarce = false;
  for (const auto& [folder, of_kind] : kinds) {
    most = std::max(most, of_kind.size());
    if (of_kind.size() < Judge::least) continue;
    const DetectorSet detectors = find_detectors(usual_fade(of_kind), config.detectors);
    for (const Recording& recording : recordings) {
      refuse_known(recording.plan, detectors, config);
      detectors.warn_unless_heard(recording.plan.model);
    }
    auto verdict = judge_kind(recordings, all.sources, of_kind, detectors, config, result.heard);
    if (!verdict) {
      scarce = true;
      continue;
    }
    result.kinds.push_back(std::move(*verdict));
    judged += of_kind.size();
  }
  result.unjudged = result.seams - judged;
  if (result.kinds.empty()) {
    const std::string needed = "at least " + std::to_string(Judge::least) + " are needed";
    const bool crowded = result.seams >= Judge::least && seams.size() < Judge::least;
    result.why_not =
        scarce    ? "there is too little music around the seams to hear random joins and continuations "
                    "beside them"
        : crowded ? "the seams lie too close together: " + std::to_string(seams.size()) +
                        " have 0.7 s of music on either side, " + needed
                  : "there are too few seams: " + std::to_string(most) + " of one kind, " + needed;
  }
  return result;
}

}  // namespace segue
