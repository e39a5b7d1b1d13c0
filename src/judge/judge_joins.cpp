#include "judge/judge_joins.hpp"

#include <map>
#include <memory>
#include <set>

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

// What a system's name asks for: NAME[+critic][+edge], in either order.
struct Chooser {
  std::unique_ptr<SuccessorModel> model;
  JoinConfig config;
};

Chooser chooser_of(std::string name, const JoinConfig& common, const JudgeConfig& config) {
  Chooser chooser{nullptr, common};
  const auto also = [&](std::string_view what) {
    const bool asked = name.ends_with(what);
    if (asked) name.resize(name.size() - what.size());
    return asked;
  };
  for (int i = 0; i < 2; ++i) {
    if (also("+critic")) chooser.config.critics = require_critics(config.fade, config.critics);
    if (also("+edge")) chooser.config.edge_weight = config.edge_weight;
  }
  chooser.model = load_model(name);
  return chooser;
}

}  // namespace

Verdict judge_joins(const std::vector<std::string>& systems, Library& library,
                    const std::vector<LibraryTrack>& tracks, const JudgeConfig& config) {
  const DetectorSet detectors = find_detectors(config.fade, config.detectors);
  if (!config.allow_known) refuse_known(tracks, detectors);
  JoinConfig common;
  common.count = config.count;
  common.fade = config.fade;
  common.kind = detectors.transition;
  common.seed = config.seed;
  common.threads = config.threads;
  // What is not there is told before anything is heard.
  std::set<std::string> names(systems.begin(), systems.end());
  names.insert("random");
  names.erase("true");
  std::map<std::string, Chooser> choosers;
  for (const std::string& name : names) choosers.emplace(name, chooser_of(name, common, config));
  MixConfig cutting;
  cutting.segmentation = config.segmentation;
  cutting.seed = config.seed;
  const FragmentPool pool(cutting, library, tracks);
  const std::vector<PlanSource> sources = sources_of(pool);
  const auto choices_of = [&](const std::string& system) {
    const Chooser& chooser = choosers.at(system);
    detectors.warn_unless_heard(chooser.model->card().name);
    return choose_joins(pool, *chooser.model, chooser.config);
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
