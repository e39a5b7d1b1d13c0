#include "library/track_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <sstream>

#include "analysis/curves.hpp"
#include "base/svg.hpp"
#include "base/text.hpp"
#include "library/lane_chart.hpp"

namespace segue {
namespace {

constexpr int kWidth = 1200, kLeft = 60, kPlot = static_cast<int>(kPictureColumns);
constexpr int kBandTop = 54;                // below the title and the facts
constexpr int kLetters = 16;                // high, above the lanes
constexpr std::size_t kLongestTitle = 120;  // characters
constexpr double kClosestTicks = 2;         // pixels
constexpr std::size_t kSmoothed = 8;        // intervals of beats

// What XML can hold, on one line and not too long.
std::string shown(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  const std::string valid = printable(text);
  for (std::size_t at = 0; at < valid.size(); ++characters) {
    std::size_t next = at + 1;
    while (next < valid.size() && (static_cast<unsigned char>(valid[next]) & 0xC0) == 0x80) ++next;
    if (characters == kLongestTitle) return out + "…";
    const std::string character = valid.substr(at, next - at);
    const bool forbidden = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
    out += forbidden ? "\xEF\xBF\xBD" : character;
    at = next;
  }
  return out;
}

// Pale colours, neighbours far apart: hues at the golden angle.
std::string tint_of(int label) {
  constexpr double kGoldenTurn = 0.381966;
  char text[8];
  std::array<int, 3> channels{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double turns = 0.58 + kGoldenTurn * label - static_cast<double>(i) / 3;
    channels[i] = static_cast<int>(std::lround(228 + 24 * std::cos(2 * std::numbers::pi * turns)));
  }
  std::snprintf(text, sizeof text, "#%02x%02x%02x", channels[0], channels[1], channels[2]);
  return text;
}

// BPM of kSmoothed beats around each moment. Where beats are lost (an interval is far longer than those
// around it) the line breaks, and nothing is said of fewer beats.
std::vector<LaneChart::Point> local_tempo(std::span<const double> beats) {
  std::vector<LaneChart::Point> points;
  const auto is_gap = [&](std::size_t i) {
    const std::size_t begin = i - std::min(i, kSmoothed / 2);
    const std::size_t end = std::min(beats.size(), i + kSmoothed / 2 + 2);
    return beats[i + 1] - beats[i] > 1.6 * median_interval(beats.subspan(begin, end - begin));
  };
  std::size_t run = 0;  // intervals without a gap
  for (std::size_t i = 0; i + 1 < beats.size(); ++i) {
    if (is_gap(i)) {
      run = 0;
      points.push_back({beats[i], LaneChart::kMissing});
    } else if (++run >= kSmoothed) {
      const double begin = beats[i + 1 - kSmoothed], end = beats[i + 1];
      if (end > begin) points.push_back({(begin + end) / 2, 60 * kSmoothed / (end - begin)});
    }
  }
  return points;
}

class Picture {
 public:
  Picture(const LibraryTrack& track, const FeatureFile& features)
      : record_(track.record),
        traits_(track.record.traits),
        music_(features.music()),
        seconds_(drawn_seconds(track)),
        chart_(kLeft, kPlot, kBandTop + kLetters, seconds_) {
    const Tags& tags = record_.tags;
    title_ = tags.title.empty() ? track.file.stem().string() : tags.title;
    if (!tags.artist.empty()) title_ += " – " + tags.artist;
    for (const Beat& beat : music_.beats) {
      if (!(beat.seconds >= 0 && beat.seconds <= seconds_)) continue;
      beats_.push_back(beat.seconds);
      (beat.place == 0 ? downbeats_ : others_).push_back(beat.seconds);
    }
  }

  std::string draw(std::span<const Peak> waveform, std::span<const float> momentary) {
    draw_waveform(waveform);
    draw_beats();
    draw_curve(chart_.begin_lane("Energy (0 … 1)", 64, {.low = 0, .high = 1}), {0, 0.5, 1},
               music_.energy, "#c0392b");
    draw_curve(chart_.begin_lane("Brightness (Hz, spectral centroid)", 74, brightness_axis()),
               {30, 100, 300, 1000, 3000, 10000}, music_.brightness, "#8a5a00");
    const std::vector<float> loudness = short_term_loudness(momentary);
    const Lane lane = chart_.begin_lane("Short-term loudness (LUFS)", 84, loudness_axis(loudness));
    draw_curve(lane, lane.ticks(), loudness, "#1d6b3a");
    draw_tempo();
    const int bottom = chart_.bottom();
    std::ostringstream out;
    out << svg_head(kWidth, bottom + 44, shown(title_)) << "<text x='14' y='40' fill='#555'>"
        << svg_text(facts()) << "</text>\n";
    draw_ground(out, bottom);
    out << chart_.svg() << "</svg>\n";
    return out.str();
  }

 private:
  static double drawn_seconds(const LibraryTrack& track) {
    const double seconds = track.record.duration().count();
    return std::isfinite(seconds) && seconds > 0 ? seconds : 1;
  }
  bool is_silent() const { return !(traits_.sound_end > traits_.sound_begin); }

  std::string facts() const {
    const std::string length =
        seconds_ < 10 ? describe_figure(seconds_, 1) + " s" : format_time(Seconds(seconds_));
    if (is_silent()) return length + " · silent";
    std::string text = length + " · " + describe_beat(traits_);
    if (traits_.has_beat()) text += " · " + std::to_string(traits_.beats_per_bar) + " beats a bar";
    text += " · " + describe_key(traits_);
    text += std::isfinite(record_.integrated_lufs)
                ? " · " + describe_figure(record_.integrated_lufs, 1) + " LUFS"
                : " · too quiet or short for LUFS";
    return text + " · " + mood_of(traits_);
  }

  void draw_waveform(std::span<const Peak> waveform) {
    double peak = 0;
    for (const Peak& column : waveform)
      peak = std::max(
          {peak, std::abs(static_cast<double>(column.low)), std::abs(static_cast<double>(column.high))});
    double limit = 1;  // a round number; the faint noise of silence shall look like silence
    if (std::isfinite(peak) && peak > 0) {
      peak = std::max(peak, 0.01);
      const double power = std::pow(10, std::floor(std::log10(peak)));
      const double part = peak / power;
      for (const double round : {1.0, 1.5, 2.0, 3.0, 5.0, 10.0}) {
        limit = power * round;
        if (part <= round) break;
      }
    }
    const Lane lane = chart_.begin_lane("Waveform (amplitude of the mono mix, full scale 1)", 150,
                                        {.low = -limit, .high = limit});
    chart_.draw_values(lane, {-limit, 0, limit});
    std::vector<double> lows, highs;
    const auto inside = [limit](float value) {
      return std::isfinite(value) ? std::clamp(static_cast<double>(value), -limit, limit) : 0.0;
    };
    for (const Peak& column : waveform) {
      lows.push_back(inside(column.low));
      highs.push_back(inside(column.high));
    }
    chart_.draw_area("waveform", "#35618f", lane, lows, highs);
    if (is_silent()) chart_.say({.top = lane.top, .height = lane.height / 2}, "silent");
  }

  double pixels_between(const std::vector<double>& times) const {
    return times.size() < 2 ? INFINITY : kPlot * median_interval(times) / seconds_;
  }

  void draw_beats() {
    const bool all = pixels_between(beats_) >= kClosestTicks;
    std::size_t every = 1;  // of the downbeats
    const double bar = pixels_between(downbeats_);
    while (static_cast<double>(every) * bar < kClosestTicks && every < downbeats_.size()) every *= 2;
    std::string name = "Beats (long: the first of a bar)";
    if (!all) name = "The first beat of " + (every == 1 ? "each" : "every " + ordinal(every)) + " bar";
    const Lane lane = chart_.begin_lane(beats_.empty() ? "Beats" : name, 22, {});
    if (beats_.empty()) return chart_.say(lane, "no beat");
    if (all) chart_.draw_strokes("beats", "#777", lane, others_, 1, 9);
    chart_.draw_strokes("downbeats", "#111", lane, downbeats_, every, 18);
  }

  static std::string ordinal(std::size_t power_of_two) {
    return std::to_string(power_of_two) +
           (power_of_two % 100 / 10 != 1 && power_of_two % 10 == 2 ? "nd" : "th");
  }

  // values: one each second.
  void draw_curve(const Lane& lane, const std::vector<double>& ticks, std::span<const float> values,
                  const char* colour) {
    chart_.draw_values(lane, ticks);
    std::vector<LaneChart::Point> points;
    for (std::size_t i = 0; i < values.size() && static_cast<double>(i) < seconds_; ++i) {
      const auto begin = static_cast<double>(i) * kCurveStep.count();
      points.push_back({(begin + std::min(seconds_, begin + kCurveStep.count())) / 2, values[i]});
    }
    chart_.draw_line(lane, points, kCurveStep.count() / 2, colour);
  }

  Lane brightness_axis() const {
    Lane axis{.low = 100, .high = 10000, .logarithmic = true};
    for (const float hertz : music_.brightness) {
      if (hertz > 0 && hertz < axis.low) axis.low = 20;
      if (hertz > axis.high) axis.high = 20000;
    }
    return axis;
  }

  // Holds what lies between the silent ends, down to −70 LUFS.
  Lane loudness_axis(std::span<const float> loudness) const {
    Lane axis{.low = -40, .high = 0};
    for (std::size_t i = 0; i < loudness.size(); ++i) {
      const double begin = static_cast<double>(i) * kCurveStep.count();
      const bool sounds =
          begin >= traits_.sound_begin && begin + kCurveStep.count() <= traits_.sound_end;
      if (!sounds || !std::isfinite(loudness[i])) continue;
      axis.low = std::min(axis.low, std::max(-70.0, 10 * std::floor(loudness[i] / 10.0)));
      axis.high = std::max(axis.high, 10 * std::ceil(loudness[i] / 10.0));
    }
    return axis;
  }

  void draw_tempo() {
    if (beats_.empty()) return;
    const std::vector<LaneChart::Point> points = local_tempo(beats_);
    double low = traits_.has_beat() ? traits_.tempo_bpm : INFINITY,
           high = traits_.has_beat() ? traits_.tempo_bpm : -INFINITY;
    for (const LaneChart::Point& point : points) {
      if (!std::isfinite(point.value)) continue;
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
    if (!(low <= high)) low = high = 120;
    // A steady tempo shall look steady.
    const double room = std::max(0.1 * high - (high - low), 0.0);
    low = std::floor(low - room / 2);
    const Lane lane =
        chart_.begin_lane("Local tempo (BPM, over 8 beats; dashed: of the whole track)", 74,
                          {.low = low, .high = std::max(std::ceil(high + room / 2), low + 1)});
    chart_.draw_values(lane, lane.ticks());
    chart_.draw_level(lane, traits_.tempo_bpm, "#6b3fa0");
    const bool none = std::none_of(points.begin(), points.end(),
                                   [](const LaneChart::Point& p) { return std::isfinite(p.value); });
    if (none) return chart_.say(lane, "fewer than 9 beats in a row");
    chart_.draw_line(lane, points, 0, "#6b3fa0");
  }

  // What is behind the lanes: sections, silence at the ends, time.
  void draw_ground(std::ostringstream& out, int bottom) const {
    draw_sections(out, bottom);
    const auto grey = [&](double begin, double end) {
      const double left = tenth(chart_.x(std::clamp(begin, 0.0, seconds_))),
                   right = tenth(chart_.x(std::clamp(end, 0.0, seconds_)));
      if (right - left < 0.5) return;
      out << "<rect class='silent' x='" << left << "' y='" << kBandTop << "' width='"
          << tenth(right - left) << "' height='" << bottom - kBandTop << "' fill='#ccc'/>\n";
    };
    if (is_silent()) {
      grey(0, seconds_);
    } else {
      grey(0, traits_.sound_begin);
      grey(traits_.sound_end, seconds_);
    }
    out << "<rect x='" << kLeft << "' y='" << kBandTop + kLetters << "' width='" << kPlot << "' height='"
        << bottom - kBandTop - kLetters << "' fill='white' fill-opacity='.45'/>\n";
    out << chart_.time_axis(kBandTop + kLetters);
  }

  // To whole pixels: those that fill none vanish. One path a label.
  void draw_sections(std::ostringstream& out, int bottom) const {
    std::map<int, std::ostringstream> bands;
    std::ostringstream letters;
    for (std::size_t i = 0; i < music_.sections.size(); ++i) {
      const Section& section = music_.sections[i];
      const bool is_last = i + 1 == music_.sections.size();
      const double until = is_last ? traits_.sound_end : music_.sections[i + 1].begin;
      const auto pixel = [&](double seconds) {
        return std::isfinite(seconds)
                   ? static_cast<int>(std::lround(chart_.x(std::clamp(seconds, 0.0, seconds_))))
                   : kLeft;
      };
      const int left = pixel(section.begin), right = pixel(until);
      if (right <= left) continue;
      bands[section.label] << 'M' << left << ' ' << kBandTop << "h" << right - left << "V" << bottom
                           << "H" << left << "z";
      const std::string name = section_letters(section.label);
      if (right - left < 4 + 9 * static_cast<int>(name.size())) continue;
      letters << "<text class='letter' x='" << (left + right) / 2 << "' y='" << kBandTop + 13 << "'>"
              << name << "</text>\n";
    }
    for (const auto& [label, path] : bands)
      out << "<path class='section' fill='" << tint_of(label) << "' d='" << path.str() << "'/>\n";
    out << "<g text-anchor='middle' font-weight='bold' fill='#444'>\n" << letters.str() << "</g>\n";
  }

  const TrackRecord& record_;
  const MusicTraits& traits_;
  const TrackMusic& music_;
  std::string title_;
  double seconds_;
  LaneChart chart_;
  std::vector<double> beats_, downbeats_, others_;  // seconds; `others_` are no downbeats
};

}  // namespace

std::string track_svg(const LibraryTrack& track, const FeatureFile& features,
                      std::span<const Peak> waveform) {
  return Picture(track, features).draw(waveform, features.loudness());
}

}  // namespace segue
