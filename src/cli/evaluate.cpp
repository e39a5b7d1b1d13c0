// segue evaluate: how well a network tells the true next fragment from others.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "evaluation/ranking_test.hpp"
#include "evaluation/transition_test.hpp"
#include "library/training_set.hpp"
#include "model/registry.hpp"

namespace segue::cli {
namespace {

struct Options {
  std::vector<std::string> music;
  std::string model = kDefaultModel;
  std::string fragment = "3";
  std::string split;
  int guard_ms = 0;
  bool allow_known = false;
};

// The test side of a split, or everything. Tracks the network has seen measure nothing.
FragmentSet fragments_of(const Options& options, const Context& context, const ModelCard& card) {
  Library library(context.library_folder);
  const std::vector<fs::path> music = to_paths(options.music);
  if (!music.empty()) update_library(library, music);
  const Segmentation segmentation = Segmentation::parse(options.fragment, context.seed);
  std::optional<Split> split;
  if (!options.split.empty()) split = Split::read(options.split);
  FragmentSet fragments;
  for (const LibraryTrack& track : library.tracks(music)) {
    if (split && split->side_of(track.file.stem()) != Side::test) continue;
    if (!options.allow_known && card.knows_any(track.recording)) {
      throw Error(ErrorKind::input, "is known to " + card.name, track.file,
                  "leave it out, or say --allow-known to measure what it remembers");
    }
    const std::size_t number = fragments.add_track(library.features(track));
    for (const FragmentRecord& fragment : library.fragments(track, segmentation)) {
      fragments.add(number, fragment.span);
    }
  }
  if (fragments.size() == 0) {
    throw Error(ErrorKind::input, "there is no track to measure on", options.split,
                "give music that the split puts on its test side");
  }
  return fragments;
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

void evaluate(const Options& options, const Context& context) {
  if (options.guard_ms != 0 && options.guard_ms != 116) {
    throw Error(ErrorKind::usage, "there is no guard of " + std::to_string(options.guard_ms) + " ms", {},
                "choose 0 or 116");
  }
  const ModelCard card = find_card(options.model);
  const FragmentSet fragments = fragments_of(options, context, card);
  const std::unique_ptr<SuccessorModel> model = load_model(options.model);
  TransitionTestConfig config;
  config.guard = options.guard_ms == 0 ? 0 : kGuard116Frames;
  config.seed = context.seed;
  nlohmann::json json = measure_transitions(*model, fragments, config);
  json["system"] = card.system;
  json["model"] = card.name;
  json["guard_ms"] = options.guard_ms;
  json["fragment"] = options.fragment;
  RankingTestConfig ranking;
  ranking.guard = config.guard;
  ranking.seed = config.seed;
  json.update(nlohmann::json(measure_ranking(*model, fragments, ranking)));
  if (context.json) {
    to_stdout(json);
    return;
  }
  to_stdout(card.name + ", guard " + std::to_string(options.guard_ms) + " ms, " +
            json["n_tracks"].dump() + " tracks, " + json["n_fragments"].dump() +
            " fragments (95 % intervals by bootstrap over tracks)");
  to_stdout(std::string("AUC of the true next fragment against"));
  to_stdout("  easy  (another track) " + figure(json, "auc_easy"));
  to_stdout("  hard  (same track)    " + figure(json, "auc_hard"));
  to_stdout("  rev   (pair reversed) " + figure(json, "auc_rev"));
  to_stdout(std::string("its rank among all fragments of its track"));
  to_stdout("  R@1                   " + figure(json, "r1"));
  to_stdout("  R@10                  " + figure(json, "r10"));
  to_stdout("  MRR                   " + figure(json, "mrr"));
  to_stdout("  R@1 among all tracks  " + figure(json, "global_r1"));
  to_stdout(std::string("whole order found of so many shuffled fragments"));
  to_stdout("  G3                    " + figure(json, "g3"));
  to_stdout("  G6                    " + figure(json, "g6"));
  to_stdout("  G8                    " + figure(json, "g8"));
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("evaluate", "Measure how well a network finds what follows");
  command->add_option("music", options->music, "Files, folders, playlists (default: the whole library)");
  command
      ->add_option("--model,--system", options->model, "A bundled name, random, edge or a weights file")
      ->capture_default_str();
  command
      ->add_option("--fragment", options->fragment, "How tracks are cut: seconds (3) or bounds (0.5-8)")
      ->capture_default_str();
  command->add_option("--split", options->split, "Measure only on the test side of this JSON file");
  command->add_option("--guard", options->guard_ms, "Milliseconds hidden at both edges: 0 or 116")
      ->capture_default_str();
  command->add_flag("--allow-known", options->allow_known, "Measure on tracks the network has seen too");
  set_example(*command, "segue evaluate ~/Music --model crnn-tuned --guard 116");
  command->callback(
      [options, &context] { context.action = [options, &context] { evaluate(*options, context); }; });
}

}  // namespace segue::cli
