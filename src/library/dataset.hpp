// Public data sets: a folder of audio, and tables that say what its files are. A mapping tells which
// columns say it; those of known sets are in dataset_mappings.cpp.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "features/manifest.hpp"
#include "library/library.hpp"
#include "library/table.hpp"

namespace segue {

// A further table, whose rows belong to those of the main one. May be missing.
struct SideTable {
  std::vector<std::string> places;  // below the folder; the first that is there
  TableFormat format;
  Template key;    // of its rows
  Template match;  // of the set's rows: equal to the key of the row that belongs to it
  std::vector<std::pair<std::string, Template>> adds;  // columns, for the set's rows
};

struct DatasetMapping {
  std::string name;
  std::vector<std::string> tables;  // where it may lie, below the folder; none: the files are the rows
  TableFormat format;
  std::vector<std::string> roots;  // where paths may begin, below the folder
  std::vector<Template> paths;     // of a row's file; the first that is there
  std::vector<SideTable> side_tables;
  // By what they fill: title, artist, album, genre, mood, year, licence, split. A row also has the
  // columns @folder (the name of the file's folder) and @stem.
  std::map<std::string, Template> columns;
};

// Mappings of sets as they are published. Throws Error(usage) naming those there are.
const DatasetMapping& known_dataset(const std::string& name);
std::vector<std::string> known_datasets();

// Changes a mapping by "path=…,artist=…" (quoted as CSV): the name of a column, or a template in
// braces. Throws Error(usage).
void change_columns(DatasetMapping& mapping, const std::string& text);

struct DatasetFile {
  std::filesystem::path file;  // as the library names it
  Tags tags;                   // empty where the tables say nothing
  std::optional<Side> side;    // of the published split
};

struct Dataset {
  std::filesystem::path table;  // empty if the files are the rows
  std::size_t rows = 0;
  std::vector<DatasetFile> files;          // that are there, each once, in the table's order
  std::vector<std::string> missing;        // of rows whose file is not there, as the table has them
  std::vector<std::string> absent_tables;  // side tables that are not there

  bool has_split() const;  // whether a split was published with it
};

// Reads the tables and finds the files; columns called as what they fill need no mapping. `table`: in
// place of the mapping's usual one.
// Throws Error(input) if a table is missing, empty, lacks a column or has a line that cannot be read,
// or if none of its files is there.
Dataset read_dataset(const std::filesystem::path& folder, const DatasetMapping& mapping,
                     const std::optional<std::filesystem::path>& table = {});

struct DescribedTrack {
  LibraryTrack track;
  std::optional<Side> side;  // of the published split
};

// Gives the set's tags to the tracks behind its files, which Library::update() must have seen. Returns
// one for each file that the library could read (doubles too), in the set's order.
std::vector<DescribedTrack> describe(Library& library, const Dataset& dataset);

}  // namespace segue
