// Lanes above each other along one axis of time, drawn as SVG. Internal to library.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace segue {

// One lane's place and its axis of values.
struct Lane {
  int top = 0, height = 0;  // pixels
  double low = 0, high = 1;
  bool logarithmic = false;

  int bottom() const { return top + height; }
  double y(double value) const {
    const double share =
        logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return top + height * (1 - share);
  }
  bool holds(double value) const { return value >= low && value <= high; }  // false for NaN
  std::vector<double> ticks() const;                                        // round values, about five
};

// Pixels to a tenth.
inline double tenth(double pixels) { return std::round(pixels * 10) / 10 + 0.0; }
class LaneChart {
 public:
  static constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  struct Point {
    double seconds = 0;
    double value = 0;  // kMissing breaks the line
  };

  // From `left` on, `width` pixels show `seconds`; the first lane lies below `top`.
  LaneChart(int left, int width, int top, double seconds);

  double x(double seconds) const { return left_ + width_ * seconds / seconds_; }
  int left() const { return left_; }
  int right() const { return left_ + width_; }
  int bottom() const { return bottom_; }  // of the last lane

  // Below what is there already, with its name above it. `axis`: low, high, logarithmic.
  Lane begin_lane(const std::string& name, int height, Lane axis);
  // Across the lane.
  void say(const Lane& lane, const std::string& text);
  // Lines across the lane with their numbers; where these would run into each other they are left out.
  void draw_values(const Lane& lane, const std::vector<double>& values);
  // Between the lows and the highs, evenly over the lane's width; values of the lane's axis.
  void draw_area(const char* name, const char* colour, const Lane& lane, std::span<const double> lows,
                 std::span<const double> highs);
  // One path of vertical strokes that end at the lane's bottom, at every so manieth of the times.
  void draw_strokes(const char* name, const char* colour, const Lane& lane,
                    const std::vector<double>& times, std::size_t every, int height);
  // The points that fall into one column of pixels are drawn as their mean. One that stands alone is
  // drawn over `reach` seconds to both sides.
  void draw_line(const Lane& lane, std::span<const Point> points, double reach, const char* colour);
  // A dashed line across the lane.
  void draw_level(const Lane& lane, double value, const char* colour);

  // Times from `top` down to below the last lane, to draw behind the lanes.
  std::string time_axis(int top) const;

  std::string svg() const { return out_.str(); }  // elements, without a head

 private:
  int left_, width_, bottom_;
  double seconds_;
  std::ostringstream out_;
};

}  // namespace segue
