#include "judge/judge_joins.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "judge/join_chooser.hpp"
#include "judge/medley.hpp"
#include "model/registry.hpp"

namespace segue {
namespace {

HeardSeams hear_joins(const std::vector<PlanSource>& sources, const std::vector<Join>& joins,
                      const DetectorSet& detectors, std::size_t threads) {
  HeardSeams heard;
  heard.windows = hear({sources, joins}, detectors.transition, threads);
  for (const Join& join : joins) heard.groups.push_back(join.out.source);
  return heard;
}

void refuse_known(const std::vector<LibraryTrack>& tracks, const DetectorSet& detectors) {
  for (const LibraryTrack& track : tracks) {
    if (!detectors.knows_any(track.recording)) continue;
    throw Error(ErrorKind::input,
                "has been heard by the detectors, so that their figures would mean little", track.file,
                "leave it out, or say --allow-known");
  }
}

}  // namespace

Verdict judge_joins(const std::vector<std::string>& systems, Library& library,
                    const std::vector<LibraryTrack>& tracks, const JudgeConfig& config) {
  const DetectorSet detectors = find_detectors(config.fade, config.detectors);
  if (!config.allow_known) refuse_known(tracks, detectors);
  MixConfig cutting;
  cutting.segmentation = config.segmentation;
  cutting.seed = config.seed;
  const FragmentPool pool(cutting, library, tracks);
  const std::vector<PlanSource> sources = sources_of(pool);
  JoinConfig choosing;
  choosing.count = config.count;
  choosing.fade = config.fade;
  choosing.kind = detectors.transition;
  choosing.seed = config.seed;
  choosing.threads = config.threads;
  const auto choices_of = [&](const std::string& system) {
    JoinConfig own = choosing;
    std::string name = system;
    const auto also = [&](std::string_view what) {
      const bool asked = name.ends_with(what);
      if (asked) name.resize(name.size() - what.size());
      return asked;
    };
    for (int i = 0; i < 2; ++i) {  // in either order
      if (also("+critic")) own.critics = require_critics(config.fade, config.critics);
      if (also("+edge")) own.edge_weight = config.edge_weight;
    }
    const std::unique_ptr<SuccessorModel> model = load_model(name);
    detectors.warn_unless_heard(model->card().name);
    return choose_joins(pool, *model, own);
  };
  const auto heard = [&](const std::vector<Join>& joins) {
    return hear_joins(sources, joins, detectors, config.threads);
  };

  const std::vector<Join> random = choices_of("random");
  std::vector<Join> hard = random;
  for (Join& join : hard) join.fade = Seconds(0);
  ControlSeams controls;
  controls.hard_cuts = heard(hard);
  controls.passages = heard(continuous_passages(sources, random));
  controls.faded = heard(continuations(sources, random, config.fade));
  controls.untouched = heard(continuations(sources, random, Seconds(0)));
  Judge judge(detectors, controls, pool.tracks().size(), config.fade, config.seed);
  judge.hear("random", heard(random), controls.passages);
  for (const std::string& system : systems) {
    if (system == "random") continue;
    if (system == "true") {
      judge.hear(system, controls.faded, controls.untouched);
      continue;
    }
    const std::vector<Join> joins = choices_of(system);
    judge.hear(system, heard(joins), heard(continuous_passages(sources, joins)));
  }
  return judge.verdict();
}

}  // namespace segue
