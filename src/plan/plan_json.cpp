// Plans as JSON. The keys of every object are sorted and numbers have the shortest digits that
// read back the same: one plan, one text.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "plan/json_fields.hpp"
#include "plan/plan.hpp"

namespace segue {
namespace {

using Json = nlohmann::json;

constexpr const char* kCrossfade = "equal_power_crossfade";
constexpr const char* kBlend = "blend";

Json json_of(const PlanSource& source) {
  return {{"track", source.track.hex()},          {"path", path_to_json(source.path)},
          {"sample_rate", source.sample_rate},    {"pcm_frames", source.pcm_frames},
          {"title", to_valid_utf8(source.title)}, {"artist", to_valid_utf8(source.artist)},
          {"tempo_bpm", source.tempo_bpm},        {"key", source.key}};
}

Json json_of(const SeamBounds& bounds) {
  Json cut = Json::object();
  for (const auto& [name, count] : bounds.cut) cut[name] = count;
  return {{"left", bounds.left}, {"cut", std::move(cut)}, {"relaxed", bounds.relaxed}};
}

Json json_of(const Placement& placement) {
  Json runners_up = Json::array();
  for (const RunnerUp& other : placement.runners_up) {
    runners_up.push_back({{"source", other.source}, {"start", other.start}, {"score", other.score}});
  }
  Json json = {{"source", placement.source},
               {"start", placement.start},
               {"length", placement.length},
               {"gain_db", placement.gain_db},
               {"known", placement.known},
               {"score", placement.score},
               {"why", to_valid_utf8(placement.why)},
               {"runners_up", std::move(runners_up)}};
  if (placement.inverted) json["inverted"] = true;
  if (placement.bounds) json["bounds"] = json_of(*placement.bounds);
  return json;
}

PlanSource source_of(const JsonFields& fields) {
  PlanSource source;
  source.track = fields.hash("track");
  source.path = path_from_json(fields.text("path"));
  if (source.path.native().find('\0') != std::string::npos)
    refuse_json(fields.name_of("path") + " is not a path");
  source.sample_rate = fields.small_integer("sample_rate");
  source.pcm_frames = fields.integer("pcm_frames");
  source.title = fields.text("title");
  source.artist = fields.text("artist");
  if (fields.has("tempo_bpm")) source.tempo_bpm = fields.number("tempo_bpm");
  if (fields.has("key")) source.key = fields.text("key");
  return source;
}

SeamBounds bounds_of(const JsonFields& fields) {
  SeamBounds bounds;
  bounds.left = fields.whole("left");
  const JsonFields cut = fields.object("cut");
  for (const std::string& name : cut.keys()) bounds.cut.emplace_back(name, cut.whole(name.c_str()));
  bounds.relaxed = fields.texts("relaxed");
  return bounds;
}

Placement placement_of(const JsonFields& fields) {
  Placement placement;
  placement.source = fields.whole("source");
  placement.start = fields.integer("start");
  placement.length = fields.integer("length");
  placement.gain_db = fields.number("gain_db");
  if (fields.has("inverted")) placement.inverted = fields.flag("inverted");
  placement.known = fields.flag("known");
  placement.score = fields.number("score");
  placement.why = fields.text("why");
  fields.for_each("runners_up", [&](const JsonFields& other) {
    placement.runners_up.push_back(
        {other.whole("source"), other.integer("start"), other.number("score")});
  });
  if (fields.has("bounds")) placement.bounds = bounds_of(fields.object("bounds"));
  return placement;
}

Json json_of(const BlendSide& side) {
  return {{"tempo", side.tempo},
          {"shift", side.shift},
          {"gain_db", side.gain_db},
          {"spectrum_db", side.spectrum_db},
          {"release", side.release}};
}

Json json_of(const Transition& transition) {
  Json json = {{"kind", transition.is_blend() ? kBlend : kCrossfade},
               {"before", transition.before},
               {"after", transition.after}};
  if (!transition.why.empty()) json["why"] = to_valid_utf8(transition.why);
  if (!transition.is_blend()) return json;
  const Blend& blend = transition.blend;
  json["low"] = {blend.low.begin, blend.low.end};
  json["mid"] = {blend.mid.begin, blend.mid.end};
  json["high"] = {blend.high.begin, blend.high.end};
  json["out"] = json_of(blend.out);
  json["in"] = json_of(blend.in);
  return json;
}

BlendSide side_of(const JsonFields& fields) {
  BlendSide side;
  side.tempo = fields.number("tempo");
  side.shift = fields.number("shift");
  side.gain_db = fields.number("gain_db");
  const std::vector<double> bands = fields.numbers("spectrum_db", BlendSide::bands);
  std::copy(bands.begin(), bands.end(), side.spectrum_db.begin());
  side.release = fields.integer("release");
  return side;
}

Transition transition_of(const JsonFields& fields) {
  const std::string kind = fields.text("kind");
  if (kind != kCrossfade && kind != kBlend) {
    refuse_json(fields.name_of("kind") + " is not a transition that segue knows");
  }
  Transition transition;
  transition.before = fields.integer("before");
  transition.after = fields.integer("after");
  if (fields.has("why")) transition.why = fields.text("why");
  if (kind == kCrossfade) return transition;
  transition.kind = TransitionKind::blend;
  const auto fade = [&](const char* band) {
    const std::vector<std::int64_t> times = fields.integers(band, 2);
    return BandFade{times[0], times[1]};
  };
  transition.blend.low = fade("low");
  transition.blend.mid = fade("mid");
  transition.blend.high = fade("high");
  transition.blend.out = side_of(fields.object("out"));
  transition.blend.in = side_of(fields.object("in"));
  return transition;
}

Json json_of(const Choosing& choosing) {
  return {{"beam", choosing.beam},
          {"groups", choosing.groups},
          {"edge_weight", choosing.edge_weight},
          {"critic_weight", choosing.critic_weight},
          {"critic_heard", choosing.critic_heard},
          {"critics", choosing.critics}};
}

Choosing choosing_of(const JsonFields& fields) {
  Choosing choosing;
  choosing.beam = fields.whole("beam");
  if (fields.has("groups")) choosing.groups = fields.whole("groups");
  choosing.edge_weight = fields.number("edge_weight");
  choosing.critic_weight = fields.number("critic_weight");
  choosing.critic_heard = fields.whole("critic_heard");
  choosing.critics = fields.texts("critics");
  return choosing;
}

}  // namespace

void to_json(Json& json, const Plan& plan) {
  json = {{"plan_version", Plan::version},
          {"segue_version", plan.segue_version},
          {"system", plan.system},
          {"model", plan.model},
          {"weights", plan.weights},
          {"choosing", json_of(plan.choosing)},
          {"analysis_version", plan.analysis_version},
          {"style", plan.style},
          {"segmentation", plan.segmentation},
          {"seed", plan.seed},
          {"sample_rate", plan.sample_rate},
          {"length", plan.length},
          {"target_lufs", plan.target_lufs},
          {"ceiling_dbtp", plan.ceiling_dbtp},
          {"sources", Json::array()},
          {"placements", Json::array()},
          {"transitions", Json::array()}};
  if (plan.tracks_to_choose > 0) json["tracks_to_choose"] = plan.tracks_to_choose;
  for (const PlanSource& source : plan.sources) json["sources"].push_back(json_of(source));
  for (const Placement& placement : plan.placements) json["placements"].push_back(json_of(placement));
  for (const Transition& transition : plan.transitions) {
    json["transitions"].push_back(json_of(transition));
  }
}

void from_json(const Json& json, Plan& plan) {
  const JsonFields fields(json, "");
  if (fields.integer("plan_version") < 1) refuse_json("'plan_version' is no version");
  if (fields.integer("plan_version") > Plan::version) {
    throw Error(ErrorKind::input, "is a plan from a newer segue", {}, "update segue");
  }
  plan = Plan();
  plan.segue_version = fields.text("segue_version");
  plan.system = fields.text("system");
  plan.model = fields.text("model");
  plan.weights = fields.text("weights");
  if (json.contains("choosing")) plan.choosing = choosing_of(fields.object("choosing"));
  plan.analysis_version = fields.small_integer("analysis_version");
  plan.style = fields.text("style");
  fields.object("segmentation");
  plan.segmentation = json["segmentation"].get<Segmentation>();
  plan.seed = fields.whole("seed");
  plan.sample_rate = fields.small_integer("sample_rate");
  plan.length = fields.integer("length");
  plan.target_lufs = fields.number("target_lufs");
  plan.ceiling_dbtp = fields.number("ceiling_dbtp");
  if (fields.has("tracks_to_choose")) plan.tracks_to_choose = fields.whole("tracks_to_choose");
  fields.for_each("sources", [&](auto& entry) { plan.sources.push_back(source_of(entry)); });
  fields.for_each("placements", [&](auto& entry) { plan.placements.push_back(placement_of(entry)); });
  fields.for_each("transitions", [&](auto& entry) { plan.transitions.push_back(transition_of(entry)); });
}

Plan Plan::read(const std::filesystem::path& file) {
  std::error_code code;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, code)) {
    throw Error(ErrorKind::input, "cannot be read", file, "check its name and that you may read it");
  }
  try {
    Plan plan = parse_json(in).get<Plan>();
    plan.validate(file);
    return plan;
  } catch (const Error& error) {
    if (!error.file().empty()) throw;
    throw Error(error.kind(), error.problem(), file, error.remedy());
  }
}

void Plan::write(const std::filesystem::path& file) const {
  write_text_file(file, Json(*this).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace segue
