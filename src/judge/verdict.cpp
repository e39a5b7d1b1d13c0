#include "judge/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "evaluation/auc.hpp"

namespace segue {
namespace {

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

nlohmann::json pair(const Interval& interval) {
  return nlohmann::json::array({number(interval.low), number(interval.high)});
}

void require_enough(const HeardSeams& seams, const std::string& what) {
  if (seams.windows.size() >= Judge::least) return;
  throw Error(ErrorKind::input,
              "too little to judge: " + std::to_string(seams.windows.size()) + " " + what +
                  ", at least " + std::to_string(Judge::least) + " are needed",
              {}, "give more or longer music");
}

}  // namespace

bool Verdict::valid() const {
  return std::any_of(controls.begin(), controls.end(),
                     [](const auto& control) { return control.valid(); });
}

void to_json(nlohmann::json& json, const Verdict& verdict) {
  json = {{"fade_s", verdict.fade.count()},
          {"kind", verdict.kind},
          {"valid", verdict.valid()},
          {"n_tracks", verdict.n_tracks},
          {"detectors", nlohmann::json::array()},
          {"figures", nlohmann::json::array()}};
  for (const DetectorControl& control : verdict.controls) {
    json["detectors"].push_back({{"detector", control.detector},
                                 {"auc_hard_cuts", number(control.hard_cuts)},
                                 {"auc_continuation", number(control.continuation)},
                                 {"valid", control.valid()}});
  }
  for (const SeamFigure& figure : verdict.figures) {
    nlohmann::json entry = {{"joins", figure.joins},          {"auc", nullptr},
                            {"interval", {nullptr, nullptr}}, {"detector", nullptr},
                            {"n_joins", figure.n_joins},      {"n_passages", figure.n_passages}};
    if (figure.strongest) {
      entry["auc"] = number(figure.strongest->auc);
      entry["interval"] = pair(figure.strongest->interval);
      entry["detector"] = figure.strongest->detector;
    }
    for (const DetectorFigure& each : figure.detectors)
      entry["by_detector"][each.detector] = {{"auc", number(each.auc)},
                                             {"interval", pair(each.interval)}};
    json["figures"].push_back(std::move(entry));
  }
}

Judge::Judge(const DetectorSet& detectors, const ControlSeams& controls, std::size_t tracks,
             Seconds fade, std::uint64_t seed)
    : detectors_(detectors), seed_(seed) {
  require_enough(controls.hard_cuts, "hard cuts");
  require_enough(controls.passages, "continuous passages");
  require_enough(controls.faded, "continuations");
  require_enough(controls.untouched, "continuous passages");
  verdict_.fade = fade;
  verdict_.kind = kind_name(detectors.transition);
  verdict_.n_tracks = tracks;
  const auto hard_cuts = scores(controls.hard_cuts);
  const auto passages = scores(controls.passages);
  const auto faded = scores(controls.faded);
  const auto untouched = scores(controls.untouched);
  for (std::size_t d = 0; d < hard_cuts.size(); ++d)
    verdict_.controls.push_back(
        {name_of(d), auc(hard_cuts[d], passages[d]), auc(faded[d], untouched[d])});
}

std::string Judge::name_of(std::size_t detector) const {
  return detector < detectors_.detectors.size() ? detectors_.detectors[detector]->card().system
                                                : "together";
}

std::vector<std::vector<float>> Judge::scores(const HeardSeams& seams) const {
  std::vector<std::vector<float>> scores;
  std::vector<float> together(seams.windows.size());
  for (const auto& detector : detectors_.detectors) {
    scores.push_back(detector->score(seams.windows));
    for (std::size_t i = 0; i < together.size(); ++i)
      together[i] += scores.back()[i] / static_cast<float>(detectors_.detectors.size());
  }
  scores.push_back(std::move(together));
  return scores;
}

std::vector<double> Judge::hear(const std::string& what, const HeardSeams& joins,
                                const HeardSeams& passages) {
  require_enough(joins, "joins");
  require_enough(passages, "continuous passages");
  SeamFigure figure{what, joins.windows.size(), passages.windows.size(), {}, {}};
  const auto joined = scores(joins);
  const auto continuous = scores(passages);
  std::vector<double> heard;
  std::size_t groups = 0;
  for (const HeardSeams* seams : {&joins, &passages})
    for (const std::size_t group : seams->groups) groups = std::max(groups, group + 1);
  for (std::size_t d = 0; d < joined.size(); ++d) {
    std::vector<GroupedScore> grouped;
    for (std::size_t i = 0; i < joined[d].size(); ++i)
      grouped.push_back({joined[d][i], true, joins.groups[i]});
    for (std::size_t i = 0; i < continuous[d].size(); ++i)
      grouped.push_back({continuous[d][i], false, passages.groups[i]});
    figure.detectors.push_back(
        {name_of(d), auc(joined[d], continuous[d]), auc_interval(std::move(grouped), groups, seed_)});
    if (!verdict_.controls[d].valid()) continue;
    if (figure.strongest && figure.detectors.back().auc <= figure.strongest->auc) continue;
    figure.strongest = figure.detectors.back();
    heard.clear();
    for (const float score : joined[d]) heard.push_back(auc(std::span(&score, 1), continuous[d]));
  }
  verdict_.figures.push_back(std::move(figure));
  return heard;
}

}  // namespace segue
