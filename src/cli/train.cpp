// segue train: let a network teach itself from a collection.
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "library/training_set.hpp"
#include "model/plugin.hpp"
#include "model/registry.hpp"
#include "training/training_request.hpp"

namespace segue::cli {
namespace {

struct TrainFlags {
  std::vector<std::string> music;
  std::vector<std::string> also;
  std::string output;
  std::string from;
  std::string recipe = "successor";
  std::string label;
  std::string encoder;
  std::string fragment = "3";
  std::string split;
  std::string by = "song";
  std::string manifest;
  double validation_share = TrainingSetConfig{}.validation_share;
  double test_share = TrainingSetConfig{}.test_share;
  std::vector<std::string> settings;
  std::string licence;
  std::string device = "cpu";
  std::size_t threads = 0;
  bool resume = false;
  bool dry_run = false;
  // Whether these were typed, not taken from segue.toml.
  bool typed_recipe = false, typed_encoder = false, typed_fragment = false;
};

// What comes with the weights to begin with, and so is not the user's to choose.
void refuse_contradictions(const TrainFlags& options) {
  for (const auto& [typed, flag] :
       {std::pair(options.typed_recipe, "--recipe"), std::pair(options.typed_encoder, "--encoder")}) {
    if (!typed) continue;
    throw Error(ErrorKind::usage,
                std::string("--from brings its own ") + (flag + 2) + ", so " + flag + " contradicts it",
                {}, std::string("leave ") + flag + " or --from out");
  }
}

Recipe recipe_of(const TrainFlags& options, const ModelCard* base) {
  Recipe recipe = base != nullptr ? Recipe::adapting(*base) : Recipe::load(options.recipe);
  if (!options.label.empty()) recipe.set("label", options.label);
  if (base == nullptr && !options.encoder.empty()) recipe.use_pretrained();
  for (const std::string& setting : options.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorKind::usage, "'" + printable(std::string_view(setting)) + "' sets nothing", {},
                  "write --set NAME=VALUE");
    }
    recipe.set(setting.substr(0, equals), setting.substr(equals + 1));
  }
  recipe.validate();
  return recipe;
}

Manifest manifest_of(const TrainFlags& options, const Context& context, const ModelCard* base) {
  TrainingSetConfig config;
  config.segmentation = Segmentation::parse(options.fragment, context.seed);
  if (base != nullptr && !options.typed_fragment)
    config.segmentation = Segmentation::of_key(base->segmentation).value_or(config.segmentation);
  if (!options.split.empty()) config.split = options.split;
  config.by = options.by == "artist" ? GroupBy::artist : GroupBy::song;
  config.validation_share = options.validation_share;
  config.test_share = options.test_share;
  config.seed = context.seed;
  config.validate();
  Library library(context.library_folder);
  const std::vector<fs::path> music = to_paths(options.music);
  if (!music.empty()) update_library(library, music);
  const std::vector<fs::path> also = to_paths(options.also);
  if (!also.empty()) update_library(library, also);
  Manifest manifest = make_manifest(library, library.tracks(music), config,
                                    also.empty() ? std::vector<LibraryTrack>() : library.tracks(also));
  for (ManifestTrack& track : manifest.tracks) {
    if (track.licence.empty()) track.licence = options.licence;
  }
  return manifest;
}

void train(const TrainFlags& options, const Context& context) {
  TrainingRequest request;
  std::optional<ModelCard> base;
  if (!options.from.empty()) {
    refuse_contradictions(options);
    request.from = find_weights_to_adapt(options.from);
    base = ModelCard::read(card_path(request.from));
  }
  request.recipe = recipe_of(options, base ? &*base : nullptr);
  request.manifest = manifest_of(options, context, base ? &*base : nullptr);
  request.folder =
      options.output.empty() ? fs::path("runs") / request.recipe.name() : fs::path(options.output);
  const fs::path manifest_folder =
      options.manifest.empty() ? request.folder : fs::path(options.manifest);
  nlohmann::json json = {{"run", path_to_json(fs::absolute(request.folder))},
                         {"manifest", path_to_json(fs::absolute(manifest_folder))},
                         {"train_tracks", request.manifest.count(Side::train)},
                         {"val_tracks", request.manifest.count(Side::validation)},
                         {"test_tracks", request.manifest.count(Side::test)}};
  log_info("learning from " + json["train_tracks"].dump() + " tracks, stopping by " +
           json["val_tracks"].dump() + ", leaving out " + json["test_tracks"].dump());
  if (options.dry_run) {
    make_folders(manifest_folder);
    request.manifest.write(manifest_folder);
  } else {
    request.manifest_folder = manifest_folder;
    if (!base) request.encoder = options.encoder;
    request.seed = context.seed;
    request.threads = options.threads;
    request.device = options.device;
    request.resume = options.resume;
    request.command = context.command_line();
    const TrainingResult result = learning_plugin().train(request);
    json["weights"] = path_to_json(fs::absolute(result.weights));
    json["name"] = result.name;
    json["epochs"] = result.epochs;
    json["best_epoch"] = result.best_epoch;
    if (result.validation_auc_before) json["val_auc_before"] = *result.validation_auc_before;
    json["val_auc_hard"] = result.best_validation_auc;
    json["seconds"] = result.seconds;
  }
  if (context.json) {
    to_stdout(json);
    return;
  }
  for (const auto& [key, value] : json.items()) {
    to_stdout(key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
}

}  // namespace

void add_train(CLI::App& app, Context& context) {
  auto options = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Let a network teach itself from music");
  command->add_option("music", options->music, "Files, folders, playlists (default: the whole library)");
  command->add_option("--also", options->also, "More music to learn from, never to stop or measure by")
      ->expected(1)
      ->take_all();
  command->add_option("-o,--output", options->output,
                      "Folder of the run (default: runs/RECIPE, with --from runs/MODEL-adapted)");
  command->add_option("--from", options->from,
                      "Adapt these weights in some minutes, not train anew: a bundled name, bundled (" +
                          std::string(kDefaultModel) + ") or a .safetensors file");
  command
      ->add_option("--recipe,--system", options->recipe,
                   "successor, crnn-report, crnn-tuned (crnn), dense, autoencoder or a JSON file")
      ->capture_default_str();
  command->add_option("--label", options->label,
                      "What dense learns: position (in the song) or song (its number)");
  command->add_option("--set", options->settings, "Change a setting of the recipe: NAME=VALUE")
      ->expected(1)
      ->take_all();
  command->add_option(
      "--encoder", options->encoder,
      "A TorchScript file that makes vectors of fragments; the system learns on top of it");
  command->add_option("--fragment", options->fragment, kFragmentHelp)->capture_default_str();
  command->add_option("--split", options->split,
                      "JSON file that puts tracks on sides; others are left out");
  command->add_option("--by", options->by, "What stays on one side: a song or an artist")
      ->check(CLI::IsMember({"song", "artist"}))
      ->capture_default_str();
  command
      ->add_option("--validation-share", options->validation_share,
                   "Share of songs (or artists) that stop the training")
      ->capture_default_str();
  command->add_option("--test-share", options->test_share, "Share of songs (or artists) left out")
      ->capture_default_str();
  command->add_option("--manifest", options->manifest,
                      "Folder for train.csv and val.csv (default: the run's)");
  command->add_option("--licence", options->licence,
                      "Licence of music whose tags name none, for the card");
  command->add_option("--device", options->device, "cpu, cuda or auto")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "0 = one per core")
      ->check(whole_number(0, kMostThreads))
      ->capture_default_str();
  command->add_flag("--resume", options->resume, "Go on from the newest checkpoint of the run");
  command->add_flag("--dry-run", options->dry_run, "Write the manifest and stop");
  set_example(*command,
              "segue train ~/Music -o runs/mine\n"
              "  segue train ~/Music --from bundled --test-share 0.3 -o runs/adapted");
  command->callback([options, command, &context] {
    options->typed_recipe = command->count("--recipe") > 0;
    options->typed_encoder = command->count("--encoder") > 0;
    options->typed_fragment = command->count("--fragment") > 0;
    context.action = [options, &context] { train(*options, context); };
  });
}

}  // namespace segue::cli
