#include "features/split.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

constexpr std::array<std::string_view, 27> kVariantWords{
    "fast",       "slow", "old",       "new",      "epic",         "remake",  "remix",
    "remixed",    "mix",  "live",      "demo",     "edit",         "version", "extended",
    "short",      "long", "loop",      "acoustic", "instrumental", "reprise", "remaster",
    "remastered", "alt",  "alternate", "f",        "radio",        "original"};

bool is_variant_word(std::string_view word) {
  return std::find(kVariantWords.begin(), kVariantWords.end(), word) != kVariantWords.end();
}

// "(2)" tells recordings apart, "(live)" does not.
bool holds_a_number(const std::string& text, std::size_t bracket) {
  const std::size_t end = text.find_first_of(")]", bracket);
  return end != std::string::npos && end > bracket + 1 &&
         text.find_first_not_of("0123456789", bracket + 1) == end;
}

// Words in lower case; what stands in brackets is left out, unless it is a number.
std::vector<std::string> words_of(const std::string& stem) {
  const std::string text = lower_ascii(stem);
  std::vector<std::string> words(1);
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '(' || c == '[') && !holds_a_number(text, i)) ++depth;
    const bool separator = c == ' ' || c == '_' || c == '-' || c == '.' || c == '(' || c == '[' ||
                           ((c == ')' || c == ']') && depth == 0);
    if (separator && !words.back().empty()) words.emplace_back();
    if (!separator && depth == 0) words.back() += c;
    if ((c == ')' || c == ']') && depth > 0) --depth;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

std::string song_of(const std::string& stem) {
  std::vector<std::string> words = words_of(stem);
  while (words.size() > 1 && is_variant_word(words.back())) words.pop_back();
  std::string song;
  for (const std::string& word : words) song += (song.empty() ? "" : " ") + word;
  return song.empty() ? lower_ascii(stem) : song;
}

void Split::Fold::add(const std::string& name) {
  names.insert(name);
  if (name.size() > 2 && name[1] == '_') without_prefix.insert(name.substr(2));
}

Split::Match Split::match(const std::string& fold, const std::string& name) const {
  const auto found = folds_.find(fold);
  if (found == folds_.end()) return Match::none;
  if (found->second.names.contains(name)) return Match::exact;
  return found->second.without_prefix.contains(name) ? Match::without_prefix : Match::none;
}

Split Split::read(const std::filesystem::path& file) {
  std::error_code code;
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file, code))
    throw Error(ErrorKind::input, "cannot be read", file, "give a split as JSON");
  const auto json = nlohmann::json::parse(in, nullptr, false);
  Split split;
  if (json.is_object()) {
    for (const auto& [fold, names] : json.items()) {
      const bool strings = names.is_array() && std::all_of(names.begin(), names.end(),
                                                           [](auto& name) { return name.is_string(); });
      if (!strings) continue;
      Fold& named = split.folds_[fold];
      for (const auto& name : names) named.add(name.get<std::string>());
    }
  }
  if (split.folds_.empty()) {
    throw Error(ErrorKind::input, "is not a split", file,
                R"(write {"train": [names], "val": [names], "test": [names]})");
  }
  return split;
}

Split Split::draw(std::vector<std::string> songs, double validation_share, double test_share,
                  std::uint64_t seed) {
  std::sort(songs.begin(), songs.end());
  Random random(seed);
  random.shuffle(std::span(songs));
  const auto count = static_cast<double>(songs.size());
  auto validation = static_cast<std::size_t>(std::lround(count * validation_share));
  auto test = static_cast<std::size_t>(std::lround(count * test_share));
  if (songs.size() > 1) validation = std::clamp<std::size_t>(validation, 1, songs.size() - 1);
  validation = std::min(validation, songs.size() - std::min<std::size_t>(1, songs.size()));
  test = std::min(test, songs.size() - std::min(songs.size(), validation + 1));
  Split split;
  for (std::size_t i = 0; i < songs.size(); ++i) {
    const Side side = i < validation          ? Side::validation
                      : i < validation + test ? Side::test
                                              : Side::train;
    split.add(side, songs[i]);
  }
  return split;
}

Split Split::of(const Manifest& manifest) {
  std::map<std::string, std::set<Side>> sides;
  for (const ManifestTrack& track : manifest.tracks) sides[track.name].insert(track.side);
  constexpr std::string_view replacement = "\uFFFD";  // the file's own stem is no UTF-8
  Split split;
  for (const ManifestTrack& track : manifest.tracks) {
    const bool clear =
        sides[track.name].size() == 1 && track.name.find(replacement) == std::string::npos;
    split.add(track.side, clear ? track.name : track.id.hex());
  }
  return split;
}

void Split::add(Side side, const std::string& name) { folds_[name_of(side)].add(name); }

void Split::write(const std::filesystem::path& file, const std::string& about) const {
  nlohmann::ordered_json json = {{"about", about}};
  for (const Side side : {Side::train, Side::validation, Side::test}) {
    const auto fold = folds_.find(name_of(side));
    json[name_of(side)] = fold == folds_.end() ? std::set<std::string>() : fold->second.names;
  }
  write_text_file(file, json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::optional<std::size_t> Split::only_fold(std::span<const std::string> folds,
                                            const std::string& name) const {
  std::optional<std::size_t> found;
  for (const Match wanted : {Match::exact, Match::without_prefix}) {
    for (std::size_t i = 0; i < folds.size(); ++i) {
      if (match(folds[i], name) != wanted) continue;
      if (found) {
        throw Error(ErrorKind::input,
                    "the split puts '" + printable(std::string_view(name)) + "' in both '" +
                        folds[*found] + "' and '" + folds[i] + "'",
                    {}, "name it once");
      }
      found = i;
    }
    if (found) break;
  }
  return found;
}

std::optional<Side> Split::side_of(const std::string& name) const {
  constexpr Side sides[] = {Side::train, Side::validation, Side::test};
  std::vector<std::string> folds;
  for (const Side side : sides) folds.emplace_back(name_of(side));
  const std::optional<std::size_t> found = only_fold(folds, name);
  return found ? std::optional(sides[*found]) : std::nullopt;
}

std::optional<Side> Split::side_of(const TrackId& track, const std::string& name) const {
  const std::optional<Side> side = side_of(track.hex());
  return side ? side : side_of(name);
}

bool Split::in_fold(const std::string& fold, const TrackId& track, const std::string& name) const {
  const std::string folds[] = {kCriticFold, kDetectorFold};
  std::optional<std::size_t> found = only_fold(folds, track.hex());
  if (!found) found = only_fold(folds, name);
  return found && folds[*found] == fold;
}

}  // namespace segue
