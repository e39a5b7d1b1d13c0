// The mappings of public data sets, as their publishers lay them out. docs/datasets.md tells the same
// to people.
#include "base/error.hpp"
#include "base/text.hpp"
#include "library/dataset.hpp"

namespace segue {
namespace {

// Free Music Archive: tracks.csv has three header lines, the third of which names the index alone.
DatasetMapping fma() {
  DatasetMapping set;
  set.name = "fma";
  set.tables = {"fma_metadata/tracks.csv", "tracks.csv", "../fma_metadata/tracks.csv"};
  set.format.header_lines = 3;
  set.roots = {"", "fma_small", "fma_medium", "fma_large", "fma_full"};
  set.paths = {"{track_id:06.3}/{track_id:06}.mp3"};
  set.columns = {{"title", "{track.title}"},
                 {"artist", "{artist.name}"},
                 {"album", "{album.title}"},
                 {"genre", "{track.genre_top}"},
                 {"year", "{album.date_released:.4|track.date_recorded:.4}"},
                 {"licence", "{track.license}"},
                 {"split", "{set.split}"}};
  return set;
}

SideTable side_table(const std::vector<std::string>& places, int header_lines, const Template& key,
                     const Template& match) {
  SideTable table;
  table.places = places;
  table.format.header_lines = header_lines;
  table.key = key;
  table.match = match;
  return table;
}

// A list that tells one side of the published split.
SideTable side_list(const std::string& place, int header_lines, const Template& key,
                    const Template& match, const char* side) {
  SideTable list = side_table({place}, header_lines, key, match);
  list.adds.emplace_back("split", side);
  return list;
}

// GTZAN is a folder a genre; what else is known of it others have published: Sturm's index of artists
// and titles, and the lists of the fault-filtered split.
DatasetMapping gtzan() {
  DatasetMapping set;
  set.name = "gtzan";
  set.roots = {"genres", "genres_original", "Data/genres_original", ""};
  set.columns = {
      {"title", "{title}"}, {"artist", "{artist}"}, {"genre", "{@folder}"}, {"split", "{split}"}};
  SideTable index = side_table({"GTZANindex.txt"}, 0, "{1}", "{@stem}.wav");
  index.format.between = " ::: ";
  index.adds.emplace_back("artist", "{2}");
  index.adds.emplace_back("title", "{3}");
  set.side_tables.push_back(index);
  for (const auto& [list, side] : {std::pair("train_filtered.txt", "train"),
                                   {"valid_filtered.txt", "validation"},
                                   {"test_filtered.txt", "test"}}) {
    set.side_tables.push_back(side_list(list, 0, "{1}", "{@folder}/{@stem}.wav", side));
  }
  return set;
}

// MTG-Jamendo: tags repeat in the last column; names, licences and splits lie in files of their own.
DatasetMapping mtg_jamendo() {
  DatasetMapping set;
  set.name = "mtg-jamendo";
  set.tables = {"data/raw_30s_cleantags.tsv",
                "data/autotagging.tsv",
                "data/raw_30s.tsv",
                "autotagging.tsv",
                "raw_30s.tsv",
                "data/autotagging_moodtheme.tsv",
                "autotagging_moodtheme.tsv"};
  set.roots = {"", "audio", "audio-low", "raw_30s/audio", "raw_30s/audio-low"};
  set.paths = {"{PATH}", "{PATH<.mp3}.low.mp3"};
  set.columns = {{"title", "{TRACK_NAME}"},          {"artist", "{ARTIST_NAME|ARTIST_ID}"},
                 {"album", "{ALBUM_NAME|ALBUM_ID}"}, {"genre", "{TAGS>genre---}"},
                 {"mood", "{TAGS>mood/theme---}"},   {"year", "{RELEASEDATE:.4}"},
                 {"licence", "{licence}"},           {"split", "{split}"}};
  SideTable names = side_table({"data/raw.meta.tsv", "raw.meta.tsv"}, 1, "{TRACK_ID}", "{TRACK_ID}");
  for (const char* column : {"TRACK_NAME", "ARTIST_NAME", "ALBUM_NAME", "RELEASEDATE"}) {
    names.adds.emplace_back(column, Template::of_column(column));
  }
  set.side_tables.push_back(names);
  // A paragraph a track: its path, its name, "Available under …license: URL".
  SideTable licences = side_table({"audio_licenses.txt", "data/audio_licenses.txt"}, 0, "{1}", "{PATH}");
  licences.format.between = "\n";
  licences.adds.emplace_back("licence", "{3>license: |3}");
  set.side_tables.push_back(licences);
  for (const char* side : {"train", "validation", "test"}) {
    set.side_tables.push_back(side_list(std::string("data/splits/split-0/autotagging-") + side + ".tsv",
                                        1, "{TRACK_ID}", "{TRACK_ID}", side));
  }
  return set;
}

const std::vector<DatasetMapping>& mappings() {
  static const std::vector<DatasetMapping> all = {fma(), gtzan(), mtg_jamendo()};
  return all;
}

}  // namespace

std::vector<std::string> known_datasets() {
  std::vector<std::string> names;
  for (const DatasetMapping& mapping : mappings()) names.push_back(mapping.name);
  return names;
}

const DatasetMapping& known_dataset(const std::string& name) {
  for (const DatasetMapping& mapping : mappings()) {
    if (mapping.name == name) return mapping;
  }
  std::string known;
  for (const std::string& other : known_datasets()) known += (known.empty() ? "" : ", ") + other;
  throw Error(ErrorKind::usage, "no data set '" + printable(std::string_view(name)) + "' is known", {},
              "choose one of " + known + ", or give --table and --columns");
}

}  // namespace segue
