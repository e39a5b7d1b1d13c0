// segue import: a public data set, with what its tables say of it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "library/dataset_split.hpp"
#include "library/training_set.hpp"

namespace segue::cli {
namespace {

constexpr std::size_t kMissingShown = 5;

struct ImportFlags {
  std::string folder;
  std::string dataset;
  std::string table;
  std::vector<std::string> columns;
  int header_lines = -1;  // as the data set has it
  std::string split;
  std::string by;  // as published, else by artist
  TrainingSetConfig shares;
  std::size_t workers = 0;
};

DatasetMapping mapping_of(const ImportFlags& options) {
  if (options.dataset.empty() && options.table.empty()) {
    throw Error(ErrorKind::usage, "neither a table nor a known data set is named", {},
                "give --table FILE or --dataset NAME");
  }
  DatasetMapping mapping;
  if (!options.dataset.empty()) mapping = known_dataset(options.dataset);
  if (options.header_lines >= 0) mapping.format.header_lines = options.header_lines;
  for (const std::string& columns : options.columns) change_columns(mapping, columns);
  return mapping;
}

std::vector<std::string> first_missing(const Dataset& dataset) {
  const auto shown = static_cast<std::ptrdiff_t>(std::min(kMissingShown, dataset.missing.size()));
  return {dataset.missing.begin(), dataset.missing.begin() + shown};
}

void tell(const Dataset& dataset) {
  for (const std::string& table : dataset.absent_tables) log_info("not there, so not read: " + table);
  if (dataset.missing.empty()) return;
  log_warning(count_of(dataset.missing.size(), "row") + " of " + std::to_string(dataset.rows) +
              " whose file is not there:");
  for (const std::string& name : first_missing(dataset)) {
    log_warning("  " + printable(std::string_view(name)));
  }
  if (dataset.missing.size() > kMissingShown) log_warning("  …");
}

void tell(const DatasetSplit& split, const std::string& by) {
  if (!split.torn_artists.empty()) {
    log_warning(
        "the published split is not artist-disjoint: " + count_of(split.torn_artists.size(), "artist") +
        " on two sides, as " + printable(std::string_view(split.torn_artists.front())) +
        "; '--by artist' draws one that is");
  }
  if (by != "song" && split.without_artist > 0) {
    log_warning(count_of(split.without_artist, "track") +
                " without an artist: whether the sides share artists there cannot be told");
  }
  if (split.unnamed > 0) {
    log_info(count_of(split.unnamed, "track") + " that the published split does not name");
  }
  if (split.left_out > 0) {
    log_warning("left out of the split: " + count_of(split.left_out, "track") +
                " of songs that the published one puts on two sides");
  }
}

nlohmann::json make_split(const ImportFlags& options, const Dataset& dataset,
                          const std::vector<DescribedTrack>& tracks, std::uint64_t seed) {
  const std::string by = !options.by.empty() ? options.by : dataset.has_split() ? "published" : "artist";
  const TrainingSetConfig& shares = options.shares;
  const DatasetSplit split = by == "published"
                                 ? published_split(tracks)
                                 : drawn_split(tracks, by == "artist" ? GroupBy::artist : GroupBy::song,
                                               shares.validation_share, shares.test_share, seed);
  tell(split, by);
  const std::string set = options.dataset.empty() ? dataset.table.filename().native() : options.dataset;
  split.split.write(
      options.split,
      "Names are file stems. " + to_valid_utf8(set) + ", " +
          (by == "published" ? "as published" : "drawn by " + by + ", seed " + std::to_string(seed)) +
          ".");
  return {{"file", path_to_json(fs::absolute(options.split))},
          {"by", by},
          {"train", split.train},
          {"val", split.validation},
          {"test", split.test},
          {"artists_on_two_sides", split.torn_artists.size()},
          {"left_out", split.left_out + split.unnamed}};
}

void import_dataset(const ImportFlags& options, const Context& context) {
  options.shares.validate();
  const std::optional<fs::path> table =
      options.table.empty() ? std::nullopt : std::optional<fs::path>(options.table);
  const Dataset dataset = read_dataset(options.folder, mapping_of(options), table);
  tell(dataset);
  if (!options.split.empty()) {
    if (options.by == "published" && !dataset.has_split()) {
      throw Error(ErrorKind::usage, "no split is published with this data set", options.folder,
                  "draw one with --by artist, or map its column with --columns split=…");
    }
    require_own_names(dataset);
    make_folders(fs::absolute(options.split).parent_path());  // before hours of listening
  }
  std::vector<fs::path> files;
  for (const DatasetFile& file : dataset.files) files.push_back(file.file);
  Library library(context.library_folder);
  const UpdateReport report = update_library(library, files, options.workers);
  const std::vector<DescribedTrack> tracks = describe(library, dataset);
  if (tracks.empty()) throw no_usable_music();
  nlohmann::json json = {{"rows", dataset.rows},
                         {"missing", dataset.missing.size()},
                         {"missing_first", nlohmann::json::array()},
                         {"tracks", tracks.size()},
                         {"analysis", to_json(report)}};
  for (const std::string& name : first_missing(dataset)) json["missing_first"].push_back(name);
  if (!options.split.empty()) json["split"] = make_split(options, dataset, tracks, context.seed);
  if (context.json) {
    to_stdout(json);
    return;
  }
  to_stdout(count_of(tracks.size(), "track") + " of " + count_of(dataset.rows, "row") + " imported");
  if (json.contains("split")) {
    const nlohmann::json& split = json["split"];
    to_stdout("split " + options.split + ": " + split["train"].dump() + " train, " +
              split["val"].dump() + " val, " + split["test"].dump() + " test (by " +
              split["by"].get<std::string>() + ")");
  }
}

}  // namespace

void add_import(CLI::App& app, Context& context) {
  auto options = std::make_shared<ImportFlags>();
  options->shares.test_share = options->shares.validation_share;
  CLI::App* command = app.add_subcommand("import", "Listen to a public data set and note what it says");
  command->add_option("folder", options->folder, "Folder of the data set")->required();
  std::string known;
  for (const std::string& name : known_datasets()) known += (known.empty() ? "" : ", ") + name;
  command->add_option("--dataset", options->dataset, "A set laid out as it was published: " + known);
  command->add_option("--table", options->table, "CSV, or text with TABs, that names its files");
  command
      ->add_option(
          "--columns", options->columns,
          "Columns of the table: path=…,artist=…,title=…,album=…,genre=…,licence=…,year=…,split=…")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--header-lines", options->header_lines, "Lines that name the columns (default: 1)")
      ->check(whole_number(0, 9));
  command->add_option("--split", options->split, "Write which tracks teach and which measure, as JSON");
  command
      ->add_option("--by", options->by,
                   "The split: published, or whole artists or songs (default: published, else artist)")
      ->check(CLI::IsMember({"published", "artist", "song"}));
  command
      ->add_option("--validation-share", options->shares.validation_share,
                   "Share of artists or songs that stop a training")
      ->capture_default_str();
  command
      ->add_option("--test-share", options->shares.test_share, "Share of artists or songs that measure")
      ->capture_default_str();
  command->add_option("--workers", options->workers, "Files heard at once; 0 = one per core")
      ->check(whole_number(0, kMostThreads))
      ->capture_default_str();
  set_example(*command, "segue import ~/fma --dataset fma --split fma.json");
  command->callback([options, &context] {
    context.action = [options, &context] { import_dataset(*options, context); };
  });
}

}  // namespace segue::cli
