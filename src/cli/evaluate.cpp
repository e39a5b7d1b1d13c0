// segue evaluate: how well a network tells the true next fragment from others.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/targets.hpp"
#include "evaluation/ranking_test.hpp"
#include "evaluation/transition_test.hpp"
#include "library/training_set.hpp"
#include "model/registry.hpp"

namespace segue::cli {
namespace {

struct EvaluateFlags {
  std::vector<std::string> music;
  std::string model = kDefaultModel;
  std::string fragment = "3";
  std::string split;
  std::string predictions;
  int guard_ms = 0;
  bool allow_known = false;
  bool no_waveform = false;
};

// Tracks that are measured together.
struct Group {
  FragmentSet fragments;
  std::vector<fs::path> files;  // by number of track
  bool measurable = false;      // a track is long enough
};

// Tracks the network has seen tell what it remembers, others what it learned.
struct Groups {
  Group unknown, known;
  std::size_t without_beat = 0;  // tracks left out, where cuts are at beats
};

// The test side of a split, or everything.
Groups groups_of(const EvaluateFlags& options, const Context& context, const ModelCard& card) {
  Library library(context.library_folder);
  const std::vector<fs::path> music = to_paths(options.music);
  if (!music.empty()) update_library(library, music);
  const Segmentation segmentation = Segmentation::parse(options.fragment, context.seed);
  std::optional<Split> split;
  if (!options.split.empty()) split = Split::read(options.split);
  Groups groups;
  for (const LibraryTrack& track : library.tracks(music)) {
    if (split && split->side_of(track.record.id, track.file.stem()) != Side::test) continue;
    if (segmentation.by_beats() && !track.record.traits.has_beat()) {
      ++groups.without_beat;
      continue;
    }
    const bool known = card.knows_any(track.recording);
    if (known && !options.allow_known) {
      throw Error(ErrorKind::input, "is known to " + card.name, track.file,
                  "leave it out, or say --allow-known to measure what it remembers");
    }
    Group& group = known ? groups.known : groups.unknown;
    const std::size_t number = group.fragments.add_track(library.features(track));
    group.files.push_back(track.file);
    const std::vector<FragmentRecord> fragments = library.fragments(track, segmentation);
    for (const FragmentRecord& fragment : fragments) group.fragments.add(number, fragment.span);
    group.measurable |= fragments.size() >= 3;
  }
  if (groups.without_beat > 0)
    log_info(count_of(groups.without_beat, "track") + " without a beat left out");
  if (groups.unknown.fragments.size() + groups.known.fragments.size() == 0) {
    if (groups.without_beat > 0)
      throw Error(ErrorKind::input, "no track to measure on has a beat to cut at", {},
                  "choose a --fragment in seconds, or give other music");
    throw Error(ErrorKind::input, "there is no track to measure on", options.split,
                split ? "give music that the split puts on its test side" : "give music");
  }
  return groups;
}

// One JSON line for each question, added to `lines`.
nlohmann::json measure(const SuccessorModel& model, const Group& group, bool known,
                       const EvaluateFlags& options, const Context& context, std::string& lines) {
  TransitionTestConfig transitions;
  transitions.guard = options.guard_ms == 0 ? 0 : kGuard116Frames;
  transitions.seed = context.seed;
  nlohmann::json json = measure_transitions(model, group.fragments, transitions);
  RankingTestConfig ranking;
  ranking.guard = transitions.guard;
  ranking.seed = context.seed;
  if (!options.predictions.empty()) {
    ranking.on_prediction = [&](const Prediction& prediction) {
      nlohmann::json line = prediction;
      line["track"] = group.fragments.features_of(prediction.track).track().hex();
      line["name"] = path_to_json(group.files[prediction.track].stem());
      line["known"] = known;
      lines += line.dump() + "\n";
    };
  }
  json.update(nlohmann::json(measure_ranking(model, group.fragments, ranking)));
  return json;
}

// The same keys, with nothing measured.
nlohmann::json nothing_like(const nlohmann::json& measured) {
  nlohmann::json json;
  for (const auto& [key, value] : measured.items())
    json[key] = value.is_array() ? nlohmann::json{nullptr, nullptr} : nlohmann::json();
  json["n_tracks"] = json["n_fragments"] = 0;
  return json;
}

nlohmann::json measure(const SuccessorModel& model, const Groups& groups, const EvaluateFlags& options,
                       const Context& context) {
  const fs::path target = options.predictions;
  std::optional<CommittedFile> predictions;  // before minutes of work, to see whether it can be written
  if (!target.empty()) {
    refuse_music_as_targets({{target, "--predictions"}}, context.library_folder);
    predictions.emplace(target);
  }
  std::string lines;
  nlohmann::json known, json;
  if (groups.known.measurable) known = measure(model, groups.known, true, options, context, lines);
  if (groups.unknown.measurable || known.is_null()) {  // else it says what is missing
    json = measure(model, groups.unknown, false, options, context, lines);
  } else {
    json = nothing_like(known);
  }
  if (options.allow_known) json["known"] = known;
  if (predictions) {
    predictions->write(lines);
    predictions->commit();
  }
  return json;
}

std::string figure(const nlohmann::json& json, const char* key) {
  if (json[key].is_null()) return "–";
  const auto& interval = json[std::string(key) + "_interval"];
  char text[64];
  if (interval[0].is_null()) {
    std::snprintf(text, sizeof text, "%.3f", json[key].get<double>());
  } else {
    std::snprintf(text, sizeof text, "%.3f (%.3f … %.3f)", json[key].get<double>(),
                  interval[0].get<double>(), interval[1].get<double>());
  }
  return text;
}

void tell(const std::string& what, const nlohmann::json& json) {
  to_stdout(what + ", " + json["n_tracks"].dump() + " tracks, " + json["n_fragments"].dump() +
            " fragments (95 % intervals by bootstrap over tracks)");
  to_stdout(std::string("AUC of the true next fragment against"));
  to_stdout("  easy  (another track) " + figure(json, "auc_easy"));
  to_stdout("  hard  (same track)    " + figure(json, "auc_hard"));
  to_stdout("  rev   (pair reversed) " + figure(json, "auc_rev"));
  to_stdout(std::string("its rank among all fragments of its track"));
  to_stdout("  R@1                   " + figure(json, "r1"));
  to_stdout("  R@1 or the same audio " + figure(json, "r1_tolerant"));
  to_stdout("  R@10                  " + figure(json, "r10"));
  to_stdout("  MRR                   " + figure(json, "mrr"));
  to_stdout("  R@1 among all tracks  " + figure(json, "global_r1"));
  to_stdout(std::string("whole order found of so many shuffled fragments, by the sum over pairs"));
  to_stdout("  G3                    " + figure(json, "g3"));
  to_stdout("  G6                    " + figure(json, "g6"));
  to_stdout("  G8                    " + figure(json, "g8"));
  to_stdout(std::string("the same, each seam heard again after what the order puts before it"));
  to_stdout("  of 3                  " + figure(json, "rebuilt3"));
  to_stdout("  of 6                  " + figure(json, "rebuilt6"));
  to_stdout("  of 8                  " + figure(json, "rebuilt8"));
  to_stdout(std::string("neighbours right where whole tracks are shuffled and put in order so"));
  to_stdout("                        " + figure(json, "neighbours"));
}

void evaluate(const EvaluateFlags& options, const Context& context) {
  if (options.guard_ms != 0 && options.guard_ms != 116) {
    throw Error(ErrorKind::usage, "there is no guard of " + std::to_string(options.guard_ms) + " ms", {},
                "choose 0 or 116");
  }
  const ModelCard card = find_card(options.model);
  const Groups groups = groups_of(options, context, card);
  const std::unique_ptr<SuccessorModel> model = load_model(options.model, !options.no_waveform);
  const bool heard = !options.no_waveform && can_hear_waveform(card) && options.guard_ms == 0;
  nlohmann::json json = measure(*model, groups, options, context);
  json["system"] = card.system;
  json["model"] = card.name;
  json["guard_ms"] = options.guard_ms;
  json["fragment"] = options.fragment;
  json["waveform"] = heard;
  json["n_without_beat"] = groups.without_beat;
  if (context.json) {
    to_stdout(json);
    return;
  }
  const std::string what = card.name + ", guard " + std::to_string(options.guard_ms) + " ms" +
                           (heard ? ", waveform heard across the cuts" : "");
  if (json["n_tracks"] != 0) tell(what, json);
  if (json.contains("known") && !json["known"].is_null())
    tell(what + ", on tracks it has seen", json["known"]);
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  auto options = std::make_shared<EvaluateFlags>();
  CLI::App* command = app.add_subcommand("evaluate", "Measure how well a network finds what follows");
  command->add_option("music", options->music, "Files, folders, playlists (default: the whole library)");
  command
      ->add_option("--model,--system", options->model, "A bundled name, random, edge or a weights file")
      ->capture_default_str();
  command->add_option("--fragment", options->fragment, kFragmentHelp)->capture_default_str();
  command->add_option("--split", options->split, "Measure only on the test side of this JSON file");
  command->add_option("--guard", options->guard_ms, "Milliseconds hidden at both edges: 0 or 116")
      ->capture_default_str();
  command->add_flag("--allow-known", options->allow_known,
                    "Measure tracks the network has seen too, apart from the others");
  command->add_flag("--no-waveform", options->no_waveform, kNoWaveformHelp);
  command->add_option("--predictions", options->predictions,
                      "Write each question and its five best answers here, one JSON line each");
  set_example(*command, "segue evaluate ~/Music --guard 116");
  command->callback(
      [options, &context] { context.action = [options, &context] { evaluate(*options, context); }; });
}

}  // namespace segue::cli
