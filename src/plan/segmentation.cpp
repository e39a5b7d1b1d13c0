#include "plan/segmentation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/error.hpp"
#include "base/text.hpp"
#include "plan/json_fields.hpp"

namespace segue {
namespace {

constexpr double kLongest = 60;
constexpr std::string_view kOnsets = "onsets:";
constexpr Seconds kShortestByOnsets{1};  // so that none becomes shorter than half a second

constexpr std::string_view kKinds[] = {"equal", "random", "onsets",
                                       "beats", "bars",   "phrases"};  // as the enumeration
// How long a beat, bar or phrase is taken to be where there are none.
constexpr double kUsualBeat = 0.5;
constexpr double kUsualBar = 2;
constexpr double kUsualPhrase = 8;
constexpr int kMostCount = 32;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(
      ErrorKind::usage, "'" + printable(text) + "' " + why, {},
      "write seconds (3), two bounds for random lengths (0.5-8), or onsets:3, within 0.5 … 60; or "
      "beats, bars, bars:2 or phrases");
}

double parse_length(std::string_view part, std::string_view whole) {
  part = trim(part);
  double value = 0;
  const auto [end, code] =
      std::from_chars(part.data(), part.data() + part.size(), value, std::chars_format::fixed);
  if (part.empty() || code != std::errc() || end != part.data() + part.size()) {
    refuse(whole, "is not a fragment length");
  }
  if (!(value >= kShortestFragment.count() && value <= kLongest)) {
    refuse(whole, "is outside the lengths that fragments may have");
  }
  return value;
}

// The shortest digits that read back as the same number.
std::string digits_of(double value) {
  char buffer[32];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end);
}

// "beats", "bars:2", "phrases"; none if it does not begin so.
std::optional<Segmentation> parse_musical(std::string_view whole) {
  const std::size_t colon = whole.find(':');
  Segmentation segmentation;
  for (const auto kind : {SegmentationKind::beats, SegmentationKind::bars, SegmentationKind::phrases})
    if (whole.substr(0, colon) == name_of(kind)) segmentation.kind = kind;
  if (!segmentation.by_beats()) return std::nullopt;
  const bool phrases = segmentation.kind == SegmentationKind::phrases;
  if (colon != std::string_view::npos) {
    const std::string_view digits = whole.substr(colon + 1);
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), segmentation.count);
    if (phrases || code != std::errc() || end != digits.data() + digits.size() ||
        segmentation.count < 1 || segmentation.count > kMostCount)
      refuse(whole, "is not a number of beats or bars from 1 to 32");
  }
  const double usual = phrases                                       ? kUsualPhrase
                       : segmentation.kind == SegmentationKind::bars ? kUsualBar
                                                                     : kUsualBeat;
  segmentation.shortest = segmentation.longest =
      Seconds(std::clamp(usual * segmentation.count, kShortestByOnsets.count(), kLongest));
  return segmentation;
}

}  // namespace

const char* name_of(SegmentationKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)].data();
}

Segmentation Segmentation::parse(std::string_view text, std::uint64_t seed) {
  const std::string_view whole = trim(text);
  if (const auto musical = parse_musical(whole)) return *musical;
  Segmentation segmentation;
  if (whole.starts_with(kOnsets)) {
    segmentation.kind = SegmentationKind::onsets;
    segmentation.shortest = Seconds(parse_length(whole.substr(kOnsets.size()), whole));
    segmentation.longest = segmentation.shortest;
    if (segmentation.shortest < kShortestByOnsets)
      refuse(whole, "is too short to be cut at onsets (1 s at least)");
    return segmentation;
  }
  const std::size_t dash = whole.find('-');
  segmentation.shortest = Seconds(parse_length(whole.substr(0, dash), whole));
  segmentation.longest = segmentation.shortest;
  if (dash == std::string_view::npos) return segmentation;
  segmentation.longest = Seconds(parse_length(whole.substr(dash + 1), whole));
  if (segmentation.longest < segmentation.shortest) refuse(whole, "has its bounds in the wrong order");
  if (segmentation.longest == segmentation.shortest) return segmentation;
  segmentation.kind = SegmentationKind::random;
  segmentation.seed = seed;
  return segmentation;
}

std::string Segmentation::text() const {
  if (by_beats()) return std::string(name_of(kind)) + (count > 1 ? ":" + std::to_string(count) : "");
  const std::string low = digits_of(shortest.count());
  if (kind == SegmentationKind::onsets) return std::string(kOnsets) + low;
  return kind == SegmentationKind::equal ? low : low + "-" + digits_of(longest.count());
}

std::string Segmentation::key() const {
  const std::string drawn = kind == SegmentationKind::random ? " seed " + std::to_string(seed) : "";
  return text() + drawn + " v" + std::to_string(version);
}

std::optional<Segmentation> Segmentation::of_key(std::string_view key) {
  constexpr std::string_view seed_mark = " seed ";
  std::uint64_t seed = 0;
  if (const std::size_t mark = key.find(seed_mark); mark != std::string_view::npos) {
    const std::string_view digits = key.substr(mark + seed_mark.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  }
  try {
    const Segmentation segmentation = parse(key.substr(0, key.find(' ')), seed);
    if (segmentation.key() == key) return segmentation;
  } catch (const Error&) {  // no text of a segmentation
  }
  return std::nullopt;
}

void to_json(nlohmann::json& json, const Segmentation& segmentation) {
  json = {{"kind", name_of(segmentation.kind)},
          {"shortest", segmentation.shortest.count()},
          {"longest", segmentation.longest.count()},
          {"count", segmentation.count},
          {"seed", segmentation.seed},
          {"version", segmentation.version}};
}

void from_json(const nlohmann::json& json, Segmentation& segmentation) {
  const JsonFields fields(json, "segmentation");
  const std::string kind = fields.text("kind");
  const auto* const known = std::find(std::begin(kKinds), std::end(kKinds), kind);
  if (known == std::end(kKinds))
    refuse_json(fields.name_of("kind") + " is none of equal, random, onsets, beats, bars and phrases");
  segmentation.kind = static_cast<SegmentationKind>(known - std::begin(kKinds));
  segmentation.shortest = Seconds(fields.number("shortest"));
  segmentation.longest = Seconds(fields.number("longest"));
  segmentation.count =
      json.contains("count") ? fields.small_integer("count") : 1;  // older plans have none
  segmentation.seed = fields.whole("seed");
  segmentation.version = fields.small_integer("version");
  const bool sound = segmentation.shortest.count() >= kShortestFragment.count() &&
                     segmentation.version >= 1 && segmentation.count >= 1 &&
                     segmentation.count <= kMostCount && segmentation.longest >= segmentation.shortest &&
                     segmentation.longest.count() <= kLongest;
  if (!sound) refuse_json("'segmentation' has lengths outside 0.5 … 60 s, or a count outside 1 … 32");
}

}  // namespace segue
