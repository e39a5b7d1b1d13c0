#include "planning/bounds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numbers>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/text_file.hpp"

namespace segue {
namespace {

void require(bool sound, const std::string& problem, const std::string& remedy) {
  if (!sound) throw Error(ErrorKind::usage, problem, {}, remedy);
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

// "50%" or a time, as a share of the mix.
double share_of(std::string_view text, Seconds length) {
  if (text.ends_with("%")) {
    const auto percent = number_of(text.substr(0, text.size() - 1));
    if (!percent) throw Error(ErrorKind::usage, "'" + printable(text) + "' is no share");
    return *percent / 100;
  }
  return parse_time(std::string(text)) / length;
}

EnergyCurve read_curve(const std::filesystem::path& file, Seconds length) {
  std::error_code code;
  if (!std::filesystem::exists(file, code))
    throw Error(ErrorKind::usage, "is neither rise, fall, flat nor wave, nor a file", file);
  std::istringstream in(read_text_file(file));
  EnergyCurve curve;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == ',' || c == ';' || c == '\t'; }, ' ');
    std::istringstream words(line);
    std::string when;
    std::string value;
    std::string rest;
    if (!(words >> when) || when.starts_with("#")) continue;
    const auto refuse = [&] {
      throw Error(ErrorKind::input, "has no time and energy in line " + std::to_string(number), file,
                  "write one pair a line, times rising, energies 0 … 1: '1:30 0.4' or '50% 0.8'");
    };
    if (!(words >> value) || words >> rest) refuse();
    const auto energy = number_of(value);
    double share = -1;
    try {
      share = share_of(when, length);
    } catch (const Error&) {
      refuse();
    }
    const bool rises = curve.points.empty() || share > curve.points.back().first;
    if (!energy || *energy < 0 || *energy > 1 || share < 0 || !rises) refuse();
    curve.points.emplace_back(share, *energy);
  }
  if (curve.points.empty())
    throw Error(ErrorKind::input, "holds no energy curve", file, "write a time and an energy a line");
  return curve;
}

}  // namespace

EnergyCurve EnergyCurve::parse(const std::string& text, Seconds length) {
  EnergyCurve curve;
  if (text == "rise") {
    curve.points = {{0, 0.1}, {1, 0.9}};
  } else if (text == "fall") {
    curve.points = {{0, 0.9}, {1, 0.1}};
  } else if (text == "flat") {
    curve.points = {{0, 0.5}};
  } else if (text == "wave") {
    // Two waves that begin low, as sets do.
    constexpr int kSteps = 32;
    for (int i = 0; i <= kSteps; ++i) {
      const double share = static_cast<double>(i) / kSteps;
      curve.points.emplace_back(share, 0.5 - 0.4 * std::cos(4 * std::numbers::pi * share));
    }
  } else {
    return read_curve(text, length);
  }
  return curve;
}

double EnergyCurve::at(double share) const {
  const auto next =
      std::find_if(points.begin(), points.end(), [&](auto& point) { return point.first >= share; });
  if (next == points.begin()) return next->second;
  if (next == points.end()) return points.back().second;
  const auto last = next - 1;
  return last->second +
         (next->second - last->second) * (share - last->first) / (next->first - last->first);
}

MoodBound MoodBound::parse(std::string_view text) {
  struct Word {
    std::string_view name;
    int MoodBound::*axis;
    int side;
  };
  constexpr Word kWords[] = {{"energetic", &MoodBound::energy, 1},
                             {"calm", &MoodBound::energy, -1},
                             {"bright", &MoodBound::mode, 1},
                             {"dark", &MoodBound::mode, -1}};
  MoodBound mood;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('-', begin), text.size());
    const auto* const word = std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& known) {
      return known.name == text.substr(begin, end - begin);
    });
    if (word == std::end(kWords) || mood.*word->axis != 0)  // unknown, or the opposite of another
      throw Error(ErrorKind::usage, "there is no mood '" + printable(text) + "'", {},
                  "choose energetic or calm, bright or dark, or two of them: calm-dark");
    mood.*word->axis = word->side;
    begin = end + 1;
  }
  return mood;
}

void Bounds::validate() const {
  require(least.count() >= 4 && most.count() <= 24 * 3600.0, "what a track plays is outside 4 s … 24 h",
          "choose other --track-seconds");
  require(least <= most, "a track would play longer at least than at most",
          "choose other --track-seconds");
  require(stretch >= 0 && stretch <= 0.5, "the stretch is outside 0 … 50 %",
          "choose another --max-stretch");
  if (tempo)
    require(tempo->first > 0 && tempo->first <= tempo->second && std::isfinite(tempo->second),
            "the tempo range is empty", "write two tempi: --tempo 100-130");
  require(!no_repeat || no_repeat->count() >= 0, "the time without repeats is negative",
          "choose another --no-repeat");
  require(artist_apart.count() >= 0, "the time between tracks of one artist is negative",
          "choose another --artist-apart");
  require(like_share > 0 && like_share <= 1, "the share of tracks to stay near is outside 0 … 1",
          "choose another --like-share");
}

}  // namespace segue
