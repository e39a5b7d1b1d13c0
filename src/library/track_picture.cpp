#include "library/track_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <sstream>

#include "analysis/curves.hpp"
#include "base/svg.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

constexpr int kWidth = 1200, kLeft = 60, kPlot = static_cast<int>(kPictureColumns);
constexpr int kRight = kLeft + kPlot;
constexpr int kBandTop = 54;                // below the title and the facts
constexpr int kLetters = 16;                // high, above the lanes
constexpr std::size_t kLongestTitle = 120;  // characters
constexpr double kClosestTicks = 2;         // pixels
constexpr std::size_t kSmoothed = 8;        // intervals of beats
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// One lane's place and its axis of values.
struct Lane {
  int top = 0, height = 0;
  double low = 0, high = 1;
  bool logarithmic = false;

  int bottom() const { return top + height; }
  double y(double value) const {
    const double share =
        logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return top + height * (1 - share);
  }
  bool holds(double value) const { return value >= low && value <= high; }  // false for NaN
};

struct Point {
  double seconds = 0;
  double value = 0;  // kMissing breaks the line
};

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

// Text may not hold "]]>" (XML 1.0, 2.4).
std::string without_section_end(std::string svg) {
  for (std::size_t at = svg.find("]]>"); at != std::string::npos; at = svg.find("]]>", at))
    svg.replace(at, 3, "]]&gt;");
  return svg;
}

double tenth(double pixels) { return std::round(pixels * 10) / 10 + 0.0; }

// Seconds between the ticks of an axis: as people count time, at most about twelve of them.
double time_step(double seconds) {
  if (seconds < 8) return tick_step(seconds);
  for (const double step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600})
    if (seconds / step <= 12) return step;
  return 3600 * tick_step(seconds / 3600);
}

// As few as tell the value, which is a round one.
int decimals_of(double value) {
  int decimals = 0;
  while (decimals < 6 && std::abs(std::remainder(value * std::pow(10, decimals), 1)) > 1e-6) ++decimals;
  return decimals;
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

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// What lies between them; none for fewer than two.
std::vector<double> intervals_of(std::span<const double> times) {
  std::vector<double> intervals;
  for (std::size_t i = 1; i < times.size(); ++i) intervals.push_back(times[i] - times[i - 1]);
  return intervals;
}

// BPM of kSmoothed beats around each moment. Where beats are lost (an interval is far longer than those
// around it) the line breaks, and nothing is said of fewer beats.
std::vector<Point> local_tempo(std::span<const double> beats) {
  const std::vector<double> intervals = intervals_of(beats);
  std::vector<Point> points;
  const auto is_gap = [&](std::size_t i) {
    const std::size_t begin = i - std::min(i, kSmoothed / 2);
    const std::size_t end = std::min(intervals.size(), i + kSmoothed / 2 + 1);
    return intervals[i] > 1.6 * median({intervals.begin() + static_cast<std::ptrdiff_t>(begin),
                                        intervals.begin() + static_cast<std::ptrdiff_t>(end)});
  };
  std::size_t run = 0;  // intervals without a gap
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    if (is_gap(i)) {
      run = 0;
      points.push_back({beats[i], kMissing});
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
      : record_(track.record), traits_(track.record.traits), music_(features.music()) {
    const Tags& tags = record_.tags;
    title_ = tags.title.empty() ? track.file.stem().string() : tags.title;
    if (!tags.artist.empty()) title_ += " – " + tags.artist;
    seconds_ = record_.duration().count();
    if (!std::isfinite(seconds_) || seconds_ <= 0) seconds_ = 1;
    for (const Beat& beat : music_.beats) {
      if (!(beat.seconds >= 0 && beat.seconds <= seconds_)) continue;
      beats_.push_back(beat.seconds);
      (beat.place == 0 ? downbeats_ : others_).push_back(beat.seconds);
    }
  }

  std::string draw(std::span<const Peak> waveform, std::span<const float> momentary) {
    top_ = kBandTop + kLetters;  // letters
    draw_waveform(waveform);
    draw_beats();
    draw_curve(begin_lane("Energy (0 … 1)", 64, {.low = 0, .high = 1}), {0, 0.5, 1}, music_.energy,
               "#c0392b");
    draw_curve(begin_lane("Brightness (Hz, spectral centroid)", 74, brightness_axis()),
               {30, 100, 300, 1000, 3000, 10000}, music_.brightness, "#8a5a00");
    const std::vector<float> loudness = short_term_loudness(momentary);
    const Lane lane = begin_lane("Short-term loudness (LUFS)", 84, loudness_axis(loudness));
    draw_curve(lane, ticks_of(lane), loudness, "#1d6b3a");
    draw_tempo();
    const int bottom = top_;
    std::ostringstream out;
    out << without_section_end(svg_head(kWidth, bottom + 44, shown(title_)))
        << "<text x='14' y='40' fill='#555'>" << svg_text(facts()) << "</text>\n";
    draw_ground(out, bottom);
    out << lanes_.str() << "</svg>\n";
    return out.str();
  }

 private:
  double x(double seconds) const { return kLeft + kPlot * seconds / seconds_; }
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

  // Below what is there already, with its name above it.
  Lane begin_lane(const std::string& name, int height, Lane axis) {
    axis.top = top_ + 20;
    axis.height = height;
    lanes_ << "<text x='" << kLeft << "' y='" << axis.top - 5 << "' font-size='11' fill='#444'>" << name
           << "</text>\n<rect x='" << kLeft << "' y='" << axis.top << "' width='" << kPlot
           << "' height='" << height << "' fill='none' stroke='#bbb'/>\n";
    top_ = axis.bottom();
    return axis;
  }

  void say(const Lane& lane, const std::string& text) {
    lanes_ << "<text x='" << kLeft + kPlot / 2 << "' y='" << lane.top + lane.height / 2 + 4
           << "' text-anchor='middle' fill='#777'>" << text << "</text>\n";
  }

  // Values that would run into each other get no number.
  void draw_values(const Lane& lane, const std::vector<double>& values) {
    double last = INFINITY;
    for (const double value : values) {
      if (!lane.holds(value)) continue;
      const double y = tenth(lane.y(value));
      lanes_ << "<path d='M" << kLeft << ' ' << y << "h" << kPlot
             << "' stroke='#000' stroke-opacity='.1'/>";
      if (last - y >= 11) {
        lanes_ << "<text x='" << kLeft - 6 << "' y='" << tenth(y + 3.5)
               << "' text-anchor='end' font-size='10'>" << describe_figure(value, decimals_of(value))
               << "</text>\n";
        last = y;
      }
    }
  }

  static std::vector<double> ticks_of(const Lane& lane) {
    const double step = tick_step(lane.high - lane.low);
    std::vector<double> ticks;
    const double first = std::ceil(lane.low / step - 1e-9);
    for (double i = first; i * step <= lane.high + step / 1e6; ++i) ticks.push_back(i * step);
    return ticks;
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
    const Lane lane = begin_lane("Waveform (amplitude of the mono mix, full scale 1)", 150,
                                 {.low = -limit, .high = limit});
    draw_values(lane, {-limit, 0, limit});
    if (!waveform.empty()) {
      lanes_ << "<path class='waveform' fill='#35618f' stroke='#35618f' stroke-width='.6' "
                "stroke-linejoin='round' d='M";
      const double step = static_cast<double>(kPlot) / static_cast<double>(waveform.size());
      const auto point = [&](double at, float value) {
        std::ostringstream text;
        const double inside =
            std::isfinite(value) ? std::clamp(static_cast<double>(value), -limit, limit) : 0;
        text << tenth(kLeft + step * at) << ' ' << tenth(lane.y(inside));
        return text.str();
      };
      for (std::size_t i = 0; i < waveform.size(); ++i)
        lanes_ << (i > 0 ? "L" : "") << point(static_cast<double>(i) + 0.5, waveform[i].high);
      for (std::size_t i = waveform.size(); i-- > 0;)
        lanes_ << 'L' << point(static_cast<double>(i) + 0.5, waveform[i].low);
      lanes_ << "z'/>\n";
    }
    if (is_silent()) say({.top = lane.top, .height = lane.height / 2}, "silent");
  }

  // One path of vertical strokes that end at `bottom`.
  void draw_ticks(const char* name, const char* colour, const std::vector<double>& times,
                  std::size_t every, int height, int bottom) {
    lanes_ << "<path class='" << name << "' stroke='" << colour << "' d='";
    for (std::size_t i = 0; i < times.size(); i += every)
      lanes_ << 'M' << tenth(x(times[i])) << ' ' << bottom << "v-" << height;
    lanes_ << "'/>\n";
  }

  double pixels_between(const std::vector<double>& times) const {
    const std::vector<double> intervals = intervals_of(times);
    return intervals.empty() ? INFINITY : kPlot * median(intervals) / seconds_;
  }

  void draw_beats() {
    const bool all = pixels_between(beats_) >= kClosestTicks;
    std::size_t every = 1;  // of the downbeats
    const double bar = pixels_between(downbeats_);
    while (static_cast<double>(every) * bar < kClosestTicks && every < downbeats_.size()) every *= 2;
    std::string name = "Beats (long: the first of a bar)";
    if (!all) name = "The first beat of " + (every == 1 ? "each" : "every " + ordinal(every)) + " bar";
    const Lane lane = begin_lane(beats_.empty() ? "Beats" : name, 22, {});
    if (beats_.empty()) return say(lane, "no beat");
    if (all) draw_ticks("beats", "#777", others_, 1, 9, lane.bottom());
    draw_ticks("downbeats", "#111", downbeats_, every, 18, lane.bottom());
  }

  static std::string ordinal(std::size_t power_of_two) {
    return std::to_string(power_of_two) +
           (power_of_two % 100 / 10 != 1 && power_of_two % 10 == 2 ? "nd" : "th");
  }

  // The points that fall into one column of pixels are drawn as their mean. One that stands alone is
  // drawn over `reach` seconds to both sides.
  void draw_line(const Lane& lane, std::span<const Point> points, double reach, const char* colour) {
    struct Column {
      double x = 0, y = 0;  // sums
      int count = 0;
      bool seen = false;
    };
    std::vector<Column> columns(kPlot + 1);
    for (const Point& point : points) {
      if (!(point.seconds >= 0 && point.seconds <= seconds_)) continue;
      Column& column = columns[static_cast<std::size_t>(x(point.seconds) - kLeft)];
      column.seen = true;
      if (!lane.holds(point.value)) continue;
      column.x += x(point.seconds);
      column.y += lane.y(point.value);
      ++column.count;
    }
    lanes_ << "<path fill='none' stroke='" << colour
           << "' stroke-width='1.4' stroke-linejoin='round' d='";
    std::vector<std::array<double, 2>> run;
    const auto end_run = [&] {
      for (std::size_t i = 0; i < run.size(); ++i)
        lanes_ << (i == 0 ? 'M' : 'L') << tenth(run[i][0]) << ' ' << tenth(run[i][1]);
      run.clear();
    };
    const double wide = std::max(0.5, kPlot * reach / seconds_);
    const auto end_line = [&] {
      if (run.size() == 1) {
        const auto [middle, y] = run[0];
        run = {{std::max<double>(middle - wide, kLeft), y},
               {std::min<double>(middle + wide, kRight), y}};
      }
      end_run();
    };
    for (const Column& column : columns) {
      if (column.count > 0)
        run.push_back({column.x / column.count, column.y / column.count});
      else if (column.seen)
        end_line();
    }
    end_line();
    lanes_ << "'/>\n";
  }

  // values: one each second.
  void draw_curve(const Lane& lane, const std::vector<double>& ticks, std::span<const float> values,
                  const char* colour) {
    draw_values(lane, ticks);
    std::vector<Point> points;
    for (std::size_t i = 0; i < values.size() && static_cast<double>(i) < seconds_; ++i) {
      const auto begin = static_cast<double>(i) * kCurveStep.count();
      points.push_back({(begin + std::min(seconds_, begin + kCurveStep.count())) / 2, values[i]});
    }
    draw_line(lane, points, kCurveStep.count() / 2, colour);
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
    const std::vector<Point> points = local_tempo(beats_);
    double low = traits_.has_beat() ? traits_.tempo_bpm : INFINITY,
           high = traits_.has_beat() ? traits_.tempo_bpm : -INFINITY;
    for (const Point& point : points) {
      if (!std::isfinite(point.value)) continue;
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
    if (!(low <= high)) low = high = 120;
    // A steady tempo shall look steady.
    const double room = std::max(0.1 * high - (high - low), 0.0);
    low = std::floor(low - room / 2);
    const Lane lane = begin_lane("Local tempo (BPM, over 8 beats; dashed: of the whole track)", 74,
                                 {.low = low, .high = std::max(std::ceil(high + room / 2), low + 1)});
    draw_values(lane, ticks_of(lane));
    if (lane.holds(traits_.tempo_bpm)) {
      lanes_ << "<path d='M" << kLeft << ' ' << tenth(lane.y(traits_.tempo_bpm)) << "h" << kPlot
             << "' stroke='#6b3fa0' stroke-opacity='.6' stroke-dasharray='5 4'/>\n";
    }
    const bool none = std::none_of(points.begin(), points.end(),
                                   [](const Point& p) { return std::isfinite(p.value); });
    if (none) return say(lane, "fewer than 9 beats in a row");
    draw_line(lane, points, 0, "#6b3fa0");
  }

  // What is behind the lanes: sections, silence at the ends, time.
  void draw_ground(std::ostringstream& out, int bottom) const {
    draw_sections(out, bottom);
    const auto grey = [&](double begin, double end) {
      const double left = tenth(x(std::clamp(begin, 0.0, seconds_))),
                   right = tenth(x(std::clamp(end, 0.0, seconds_)));
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
    const double step = time_step(seconds_);
    for (double i = 0; i * step <= seconds_; ++i) {
      const double at = tenth(x(i * step));
      out << "<path d='M" << at << ' ' << kBandTop + kLetters << "V" << bottom + 4
          << "' stroke='#000' stroke-opacity='.12'/><text x='" << at << "' y='" << bottom + 17
          << "' text-anchor='middle' font-size='11'>"
          << (step < 1 ? describe_figure(i * step, decimals_of(step))
                       : format_time(Seconds(i * step + 1e-6)))
          << "</text>\n";
    }
    out << "<text x='" << kLeft + kPlot / 2 << "' y='" << bottom + 35
        << "' text-anchor='middle' font-size='11' fill='#444'>"
        << (step < 1          ? "seconds"
            : seconds_ < 3600 ? "time (minutes:seconds)"
                              : "time (hours:minutes:seconds)");
    if (seconds_ > kPlot * kCurveStep.count())
      out << "; lines are means over " << describe_figure(seconds_ / kPlot, 1) << " s";
    out << "</text>\n";
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
                   ? static_cast<int>(std::lround(x(std::clamp(seconds, 0.0, seconds_))))
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
  double seconds_ = 1;
  std::vector<double> beats_, downbeats_, others_;  // seconds; `others_` are no downbeats
  std::ostringstream lanes_;
  int top_ = 0;  // of what comes next
};

}  // namespace

std::string track_svg(const LibraryTrack& track, const FeatureFile& features,
                      std::span<const Peak> waveform) {
  return Picture(track, features).draw(waveform, features.loudness());
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

std::string describe_figure(double value, int decimals) {
  if (!std::isfinite(value)) return "unknown";
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string figure = text;
  if (figure.starts_with('-')) {
    const bool is_zero = figure.find_first_not_of("-0.") == std::string::npos;
    figure.replace(0, 1, is_zero ? "" : "−");
  }
  return figure;
}

}  // namespace segue
