// segue-learn: trains from a manifest folder. For machines that have only the learning half;
// elsewhere `segue train` does the same from music.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "model/plugin.hpp"
#include "training/recipe_table.hpp"
#include "training/training_request.hpp"

namespace {

using segue::Error;
using segue::ErrorKind;

void print_help() {
  std::puts(
      "segue-learn MANIFEST_DIR -o RUN_DIR [options]\n"
      "  --recipe NAME|FILE   successor (default), crnn-tuned, crnn-report, dense, autoencoder or a "
      "JSON file\n"
      "  --set NAME=VALUE     change a setting of the recipe (repeatable)\n"
      "  --encoder FILE.pt    a pretrained encoder that reads log-mel\n"
      "  --resume             go on after the last whole epoch in RUN_DIR\n"
      "  --seed N             default 1\n"
      "  --threads N          default 0: all cores\n"
      "  --device NAME        cpu (default), cuda or auto\n"
      "Example: segue-learn manifest -o run --set epochs=20\n\n"
      "Settings (in crnn-report, crnn-tuned, dense, autoencoder, successor; -: has none):");
  for (const segue::SettingRow& row : segue::recipe_table()) {
    std::string values;
    for (const std::string value : row.values)
      values += (values.empty() ? "" : ", ") + (value.empty() ? "-" : value);
    std::printf("  %-18s %s (%s)\n", row.name, row.help, values.c_str());
  }
}

std::uint64_t whole_number(const std::string& text) {
  std::size_t used = 0;
  try {
    const std::uint64_t value = std::stoull(text, &used);
    if (used == text.size() && text[0] != '-') return value;
  } catch (const std::exception&) {
  }
  throw Error(ErrorKind::usage, "'" + text + "' is no whole number");
}

int run(const std::vector<std::string>& arguments) {
  segue::TrainingRequest request;
  std::string manifest, recipe = "successor";
  std::vector<std::string> settings;
  request.command = "segue-learn";
  for (const std::string& argument : arguments) request.command += " " + argument;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& flag = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 == arguments.size()) throw Error(ErrorKind::usage, flag + " needs a value");
      return arguments[++i];
    };
    if (flag == "--help" || flag == "-h") {
      print_help();
      return 0;
    }
    if (flag == "--recipe")
      recipe = value();
    else if (flag == "--set")
      settings.push_back(value());
    else if (flag == "-o")
      request.folder = value();
    else if (flag == "--resume")
      request.resume = true;
    else if (flag == "--seed")
      request.seed = whole_number(value());
    else if (flag == "--threads")
      request.threads = whole_number(value());
    else if (flag == "--encoder")
      request.encoder = value();
    else if (flag == "--device")
      request.device = value();
    else if (flag.starts_with("-") || !manifest.empty()) {
      throw Error(ErrorKind::usage, "'" + flag + "' is not understood", {}, "see segue-learn --help");
    } else
      manifest = flag;
  }
  if (manifest.empty() || request.folder.empty()) {
    throw Error(ErrorKind::usage, "a manifest folder and -o RUN_DIR are needed", {},
                "see segue-learn --help");
  }
  request.recipe = segue::Recipe::load(recipe);
  if (!request.encoder.empty()) request.recipe.use_pretrained();
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) throw Error(ErrorKind::usage, "--set needs NAME=VALUE");
    request.recipe.set(setting.substr(0, equals), setting.substr(equals + 1));
  }
  request.manifest = segue::Manifest::read(manifest);
  segue::catch_interrupts();
  const segue::TrainingResult result = segue::learning_plugin().train(request);
  std::printf("%s\nbest epoch %d of %d, validation AUC %.4f, %.1f s\n", result.weights.c_str(),
              result.best_epoch, result.epochs, result.best_validation_auc, result.seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const Error& error) {
    std::fprintf(stderr, "segue-learn: %s\n", error.what());
    return error.exit_status();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "segue-learn: %s\n", error.what());
    return 1;
  }
}
