#include "library/lane_chart.hpp"

#include <algorithm>
#include <array>

#include "base/svg.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "features/music.hpp"

namespace segue {
namespace {

// As few as tell the value, which is a round one.
int decimals_of(double value) {
  int decimals = 0;
  while (decimals < 6 && std::abs(std::remainder(value * std::pow(10, decimals), 1)) > 1e-6) ++decimals;
  return decimals;
}

// Seconds between the ticks of an axis: as people count time, at most about twelve of them.
double time_step(double seconds) {
  if (seconds < 8) return tick_step(seconds);
  for (const double step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600})
    if (seconds / step <= 12) return step;
  return 3600 * tick_step(seconds / 3600);
}

}  // namespace

std::vector<double> Lane::ticks() const {
  const double step = tick_step(high - low);
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9);
  for (double i = first; i * step <= high + step / 1e6; ++i) ticks.push_back(i * step);
  return ticks;
}

LaneChart::LaneChart(int left, int width, int top, double seconds)
    : left_(left), width_(width), bottom_(top), seconds_(seconds) {}

Lane LaneChart::begin_lane(const std::string& name, int height, Lane axis) {
  axis.top = bottom_ + 20;
  axis.height = height;
  out_ << "<text x='" << left_ << "' y='" << axis.top - 5 << "' font-size='11' fill='#444'>" << name
       << "</text>\n<rect x='" << left_ << "' y='" << axis.top << "' width='" << width_ << "' height='"
       << height << "' fill='none' stroke='#bbb'/>\n";
  bottom_ = axis.bottom();
  return axis;
}

void LaneChart::say(const Lane& lane, const std::string& text) {
  out_ << "<text x='" << left_ + width_ / 2 << "' y='" << lane.top + lane.height / 2 + 4
       << "' text-anchor='middle' fill='#777'>" << text << "</text>\n";
}

void LaneChart::draw_values(const Lane& lane, const std::vector<double>& values) {
  double last = INFINITY;
  for (const double value : values) {
    if (!lane.holds(value)) continue;
    const double y = tenth(lane.y(value));
    out_ << "<path d='M" << left_ << ' ' << y << "h" << width_
         << "' stroke='#000' stroke-opacity='.1'/>";
    if (last - y >= 11) {
      out_ << "<text x='" << left_ - 6 << "' y='" << tenth(y + 3.5)
           << "' text-anchor='end' font-size='10'>" << describe_figure(value, decimals_of(value))
           << "</text>\n";
      last = y;
    }
  }
}

void LaneChart::draw_area(const char* name, const char* colour, const Lane& lane,
                          std::span<const double> lows, std::span<const double> highs) {
  if (lows.empty()) return;
  out_ << "<path class='" << name << "' fill='" << colour << "' stroke='" << colour
       << "' stroke-width='.6' stroke-linejoin='round' d='M";
  const double step = static_cast<double>(width_) / static_cast<double>(lows.size());
  const auto point = [&](std::size_t i, double value) {
    std::ostringstream text;
    text << tenth(left_ + step * (static_cast<double>(i) + 0.5)) << ' ' << tenth(lane.y(value));
    return text.str();
  };
  for (std::size_t i = 0; i < highs.size(); ++i) out_ << (i > 0 ? "L" : "") << point(i, highs[i]);
  for (std::size_t i = lows.size(); i-- > 0;) out_ << 'L' << point(i, lows[i]);
  out_ << "z'/>\n";
}

void LaneChart::draw_strokes(const char* name, const char* colour, const Lane& lane,
                             const std::vector<double>& times, std::size_t every, int height) {
  out_ << "<path class='" << name << "' stroke='" << colour << "' d='";
  for (std::size_t i = 0; i < times.size(); i += every)
    out_ << 'M' << tenth(x(times[i])) << ' ' << lane.bottom() << "v-" << height;
  out_ << "'/>\n";
}

void LaneChart::draw_line(const Lane& lane, std::span<const Point> points, double reach,
                          const char* colour) {
  struct Column {
    double x = 0, y = 0;  // sums
    int count = 0;
    bool seen = false;
  };
  std::vector<Column> columns(static_cast<std::size_t>(width_) + 1);
  for (const Point& point : points) {
    if (!(point.seconds >= 0 && point.seconds <= seconds_)) continue;
    Column& column = columns[static_cast<std::size_t>(x(point.seconds) - left_)];
    column.seen = true;
    if (!lane.holds(point.value)) continue;
    column.x += x(point.seconds);
    column.y += lane.y(point.value);
    ++column.count;
  }
  out_ << "<path fill='none' stroke='" << colour << "' stroke-width='1.4' stroke-linejoin='round' d='";
  std::vector<std::array<double, 2>> run;
  const auto end_run = [&] {
    for (std::size_t i = 0; i < run.size(); ++i)
      out_ << (i == 0 ? 'M' : 'L') << tenth(run[i][0]) << ' ' << tenth(run[i][1]);
    run.clear();
  };
  const double wide = std::max(0.5, width_ * reach / seconds_);
  const auto end_line = [&] {
    if (run.size() == 1) {
      const auto [middle, y] = run[0];
      run = {{std::max<double>(middle - wide, left_), y}, {std::min<double>(middle + wide, right()), y}};
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
  out_ << "'/>\n";
}

void LaneChart::draw_level(const Lane& lane, double value, const char* colour) {
  if (!lane.holds(value)) return;
  out_ << "<path d='M" << left_ << ' ' << tenth(lane.y(value)) << "h" << width_ << "' stroke='" << colour
       << "' stroke-opacity='.6' stroke-dasharray='5 4'/>\n";
}

std::string LaneChart::time_axis(int top) const {
  std::ostringstream out;
  const double step = time_step(seconds_);
  for (double i = 0; i * step <= seconds_; ++i) {
    const double at = tenth(x(i * step));
    out << "<path d='M" << at << ' ' << top << "V" << bottom_ + 4
        << "' stroke='#000' stroke-opacity='.12'/><text x='" << at << "' y='" << bottom_ + 17
        << "' text-anchor='middle' font-size='11'>"
        << (step < 1 ? describe_figure(i * step, decimals_of(step))
                     : format_time(Seconds(i * step + 1e-6)))
        << "</text>\n";
  }
  out << "<text x='" << left_ + width_ / 2 << "' y='" << bottom_ + 35
      << "' text-anchor='middle' font-size='11' fill='#444'>"
      << (step < 1          ? "seconds"
          : seconds_ < 3600 ? "time (minutes:seconds)"
                            : "time (hours:minutes:seconds)");
  if (seconds_ > width_ * kCurveStep.count())
    out << "; lines are means over " << describe_figure(seconds_ / width_, 1) << " s";
  out << "</text>\n";
  return out.str();
}

}  // namespace segue
