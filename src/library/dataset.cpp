#include "library/dataset.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

struct TagColumn {
  const char* name;
  std::string Tags::*tag;
};

constexpr std::array kTagColumns = {
    TagColumn{"title", &Tags::title},    TagColumn{"artist", &Tags::artist},
    TagColumn{"album", &Tags::album},    TagColumn{"genre", &Tags::genre},
    TagColumn{"mood", &Tags::mood},      TagColumn{"year", &Tags::year},
    TagColumn{"licence", &Tags::licence}};

// What a mapping may fill beside the path.
std::vector<std::string> fillable() {
  std::vector<std::string> names = {"split"};
  for (const TagColumn& column : kTagColumns) names.emplace_back(column.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + printable(std::string_view(name));
  }
  return text;
}

std::optional<Side> side_named(const std::string& text) {
  const std::string word = lower_ascii(text);
  if (word == "train" || word == "training") return Side::train;
  if (word == "val" || word == "valid" || word == "validation" || word == "dev") return Side::validation;
  if (word == "test" || word == "testing") return Side::test;
  return std::nullopt;
}

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

bool is_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

std::optional<fs::path> first_there(const fs::path& folder, const std::vector<std::string>& places) {
  for (const std::string& place : places) {
    if (is_file(folder / place)) return folder / place;
  }
  return std::nullopt;
}

void require_columns(const Table& table, const Template& text, const std::vector<std::string>& also) {
  const std::vector<std::string>& there = table.columns();
  if (there.empty()) return;  // numbered: an empty field says nothing
  for (const std::string& name : text.columns()) {
    const bool known = std::find(there.begin(), there.end(), name) != there.end() ||
                       std::find(also.begin(), also.end(), name) != also.end();
    if (known) continue;
    throw Error(ErrorKind::input,
                "has no column '" + printable(std::string_view(name)) + "'; it has " + joined(there),
                table.file(), "choose with --columns, or give another table");
  }
}

// A side table in memory: what its rows add, by their key.
class SideRows {
 public:
  SideRows(const fs::path& file, const SideTable& side) : side_(side) {
    Table table(file, side.format);
    require_columns(table, side.key, {});
    for (const auto& [column, text] : side.adds) require_columns(table, text, {});
    for (Row row; table.next(row);) {
      std::vector<std::string> values;
      for (const auto& [column, text] : side.adds) values.push_back(text.fill(row));
      rows_.emplace(side.key.fill(row), std::move(values));
    }
  }

  void add_to(Row& row) const {
    const auto found = rows_.find(side_.match.fill(row));
    if (found == rows_.end()) return;
    for (std::size_t i = 0; i < side_.adds.size(); ++i) row.add(side_.adds[i].first, found->second[i]);
  }

 private:
  const SideTable& side_;
  std::unordered_map<std::string, std::vector<std::string>> rows_;
};

class DatasetReader {
 public:
  DatasetReader(const fs::path& folder, const DatasetMapping& mapping)
      : folder_(folder), mapping_(mapping) {
    if (!is_folder(folder)) {
      throw Error(ErrorKind::input, "is no folder", folder, "give the folder of the data set");
    }
    for (const SideTable& side : mapping_.side_tables) {
      for (const auto& [column, text] : side.adds) added_.push_back(column);
      if (const auto file = first_there(folder, side.places)) {
        side_rows_.emplace_back(*file, side);
      } else {
        dataset_.absent_tables.push_back(side.places.front());
      }
    }
    if (mapping_.roots.empty()) mapping_.roots = {""};
  }

  Dataset read(const std::optional<fs::path>& table) {
    if (table) {
      read_table(*table);
    } else if (const auto usual = first_there(folder_, mapping_.tables)) {
      read_table(*usual);
    } else if (mapping_.tables.empty()) {
      read_files();
    } else {
      throw Error(ErrorKind::input, "has none of the tables " + joined(mapping_.tables), folder_,
                  "give the table with --table");
    }
    return std::move(dataset_);
  }

 private:
  void read_table(const fs::path& file) {
    dataset_.table = file;
    Table table(file, mapping_.format);
    take_columns_by_name(table);
    for (const Template& path : mapping_.paths) require_columns(table, path, {});
    std::vector<std::string> also = added_;
    also.insert(also.end(), {"@folder", "@stem"});
    for (const auto& [column, text] : mapping_.columns) require_columns(table, text, also);
    for (const SideTable& side : mapping_.side_tables) require_columns(table, side.match, also);
    for (Row row; table.next(row);) {
      throw_if_interrupted();
      ++dataset_.rows;
      const std::string name = mapping_.paths.front().fill(row);
      if (name.empty()) table.refuse("names no file");
      if (const auto found = find(row)) {
        if (!take(*found, row)) table.refuse("names a side other than train, validation or test");
      } else {
        dataset_.missing.push_back(name);
      }
    }
    if (dataset_.rows == 0) throw Error(ErrorKind::input, "holds no rows", file, "give another table");
    if (dataset_.files.empty()) {
      throw Error(ErrorKind::input,
                  "holds none of the " + std::to_string(dataset_.rows) + " files of " + printable(file) +
                      ", not even " + printable(std::string_view(dataset_.missing.front())),
                  folder_,
                  "give the folder where these paths begin, or say with --columns path=… how "
                  "they are made");
    }
  }

  // Every file is a row that says no more than where it lies.
  void read_files() {
    fs::path root = folder_;
    for (const std::string& place : mapping_.roots) {
      if (!is_folder(folder_ / place)) continue;
      root = folder_ / place;
      break;
    }
    for (const fs::path& file : find_music({root}).files) {
      Row row;
      ++dataset_.rows;
      if (!take(file, row)) {
        throw Error(ErrorKind::input, "is put on a side other than train, validation or test", file,
                    "mend the list that names it");
      }
    }
  }

  void take_columns_by_name(const Table& table) {
    const auto has = [&](const std::string& name) {
      return std::find(table.columns().begin(), table.columns().end(), name) != table.columns().end();
    };
    for (const std::string& name : fillable()) {
      if (has(name)) mapping_.columns.emplace(name, Template::of_column(name));
    }
    if (has("license")) mapping_.columns.emplace("licence", Template::of_column("license"));
    if (mapping_.paths.empty()) mapping_.paths.push_back(Template::of_column("path"));
  }

  std::optional<fs::path> find(const Row& row) const {
    for (const std::string& root : mapping_.roots) {
      for (const Template& path : mapping_.paths) {
        const fs::path file = folder_ / root / path.fill(row);
        if (is_file(file)) return fs::canonical(file);
      }
    }
    return std::nullopt;
  }

  // False if its side is called by a word that is none.
  bool take(const fs::path& file, Row& row) {
    if (!taken_.insert(file.native()).second) return true;
    row.add("@folder", file.parent_path().filename().native());
    row.add("@stem", file.stem().native());
    for (const SideRows& side : side_rows_) side.add_to(row);
    const auto value = [&](const char* name) {
      const auto column = mapping_.columns.find(name);
      return column == mapping_.columns.end() ? std::string() : column->second.fill(row);
    };
    DatasetFile found{file, {}, {}};
    for (const TagColumn& column : kTagColumns) {
      found.tags.*column.tag = utf8_or_latin1(value(column.name));
    }
    const std::string side = value("split");
    found.side = side_named(side);
    dataset_.files.push_back(found);
    return side.empty() || found.side;
  }

  fs::path folder_;
  DatasetMapping mapping_;
  std::vector<std::string> added_;  // columns from side tables, there or not
  std::vector<SideRows> side_rows_;
  std::unordered_set<std::string> taken_;
  Dataset dataset_;
};

}  // namespace

bool Dataset::has_split() const {
  return std::any_of(files.begin(), files.end(), [](auto& file) { return file.side.has_value(); });
}

void change_columns(DatasetMapping& mapping, const std::string& text) {
  for (const std::string& change : split_csv(text)) {
    const std::size_t equals = change.find('=');
    const std::string name(trim(change.substr(0, equals)));
    const std::vector<std::string> names = fillable();
    const bool known = name == "path" || std::find(names.begin(), names.end(), name) != names.end();
    if (equals == std::string::npos || !known) {
      throw Error(ErrorKind::usage, "'" + printable(std::string_view(change)) + "' maps no column", {},
                  "write NAME=COLUMN, where NAME is path, " + joined(names));
    }
    const std::string value = change.substr(equals + 1);
    const bool braces = value.find_first_of("{}") != std::string::npos;
    const Template filled = braces ? Template(value) : Template::of_column(value);
    if (name == "path") {
      mapping.paths = {filled};
    } else {
      mapping.columns.insert_or_assign(name, filled);
    }
  }
}

Dataset read_dataset(const fs::path& folder, const DatasetMapping& mapping,
                     const std::optional<fs::path>& table) {
  return DatasetReader(folder, mapping).read(table);
}

std::vector<DescribedTrack> describe(Library& library, const Dataset& dataset) {
  Catalog& catalog = library.catalog();
  std::unordered_map<std::string, TrackId> known;
  for (const FileRecord& file : catalog.files()) {
    if (file.track) known.emplace(file.path.native(), *file.track);
  }
  catalog.together([&] {
    for (const DatasetFile& file : dataset.files) {
      const auto found = known.find(file.file.native());
      if (found != known.end()) catalog.give_tags(found->second, file.tags);
    }
  });
  std::unordered_map<TrackId, TrackRecord> records;
  for (TrackRecord& record : catalog.tracks()) {
    const TrackId id = record.id;
    records.emplace(id, std::move(record));
  }
  std::vector<DescribedTrack> described;
  for (const DatasetFile& file : dataset.files) {
    const auto found = known.find(file.file.native());
    if (found == known.end()) continue;
    const auto record = records.find(found->second);
    if (record == records.end()) continue;  // another process has just removed it
    described.push_back(
        {{record->second, file.file, library.feature_path(record->first), {}}, file.side});
  }
  return described;
}

}  // namespace segue
