#include "features/music.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "base/text.hpp"

namespace segue {
namespace {

constexpr std::array<const char*, 12> kNotes = {"C",  "C#", "D",  "D#", "E",  "F",
                                                "F#", "G",  "G#", "A",  "A#", "B"};
// Semitones above C of the natural notes from A to G.
constexpr std::array<int, 7> kNaturals = {9, 11, 0, 2, 4, 5, 7};

// 1 … 12: a fifth up is one step on, 8 is C major and A minor.
int camelot_number(const Key& key) {
  const int major = key.minor ? (key.tonic + 3) % 12 : key.tonic;
  return (major * 7 + 7) % 12 + 1;
}

std::optional<Key> parse_camelot(std::string_view text) {
  const char letter = text.empty() ? ' ' : text.back();
  if (letter != 'a' && letter != 'b') return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (digits.empty() || digits.size() > 2 || digits.find_first_not_of("0123456789") != digits.npos)
    return std::nullopt;
  const int number = std::atoi(std::string(digits).c_str());
  for (int tonic = 0; tonic < 12; ++tonic) {
    const Key key{tonic, letter == 'a'};
    if (camelot_number(key) == number) return key;
  }
  return std::nullopt;
}

}  // namespace

std::string name_of(const Key& key) {
  return std::string(kNotes[static_cast<std::size_t>(key.tonic)]) + (key.minor ? " minor" : " major");
}

std::string camelot_of(const Key& key) {
  return std::to_string(camelot_number(key)) + (key.minor ? "A" : "B");
}

std::optional<Key> parse_key(std::string_view given) {
  const std::string text = lower_ascii(trim(given));
  if (const auto key = parse_camelot(text)) return key;
  if (text.empty() || text[0] < 'a' || text[0] > 'g') return std::nullopt;
  Key key{kNaturals[static_cast<std::size_t>(text[0] - 'a')], false};
  std::string_view rest = std::string_view(text).substr(1);
  if (rest.starts_with("#") || rest.starts_with("b")) {
    key.tonic = (key.tonic + (rest[0] == '#' ? 1 : 11)) % 12;
    rest.remove_prefix(1);
  }
  rest = trim(rest);
  if (rest == "m" && trim(given).back() == 'M') rest = "maj";  // as jazz players write
  if (rest == "m" || rest == "min" || rest == "minor") {
    key.minor = true;
  } else if (!rest.empty() && rest != "maj" && rest != "major") {
    return std::nullopt;
  }
  return key;
}

int key_distance(const Key& a, const Key& b) {
  const int around = std::abs(camelot_number(a) - camelot_number(b));
  return std::min(around, 12 - around) + (a.minor != b.minor ? 1 : 0);
}

double median_interval(std::span<const double> moments) {
  std::vector<double> intervals;
  for (std::size_t i = 1; i < moments.size(); ++i) intervals.push_back(moments[i] - moments[i - 1]);
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::nth_element(intervals.begin(), middle, intervals.end());
  return *middle;
}

std::string section_letters(int label) {
  std::string letters;
  for (int rest = std::max(label, 0); rest >= 0; rest = rest / 26 - 1)
    letters.insert(letters.begin(), static_cast<char>('A' + rest % 26));
  return letters;
}

std::string describe_beat(const MusicTraits& traits) {
  if (!traits.has_beat()) return "no beat";
  return describe_figure(traits.tempo_bpm, 1) + " BPM, drift " +
         describe_figure(100 * traits.tempo_drift, 1) + " %, jitter " +
         describe_figure(1000 * traits.beat_jitter, 0) + " ms";
}

std::string describe_key(const MusicTraits& traits) {
  if (!traits.key) return "no key";
  return name_of(*traits.key) + " (" + camelot_of(*traits.key) + "), confidence " +
         describe_figure(traits.key_confidence, 2);
}

std::string mood_of(const MusicTraits& traits) {
  const char* energy = traits.energy > .6 ? "energetic" : traits.energy < .4 ? "calm" : "moderate";
  const char* mode = traits.valence > .05 ? "bright" : traits.valence < -.05 ? "dark" : "neutral";
  return std::string(energy) + " and " + mode;
}

}  // namespace segue
