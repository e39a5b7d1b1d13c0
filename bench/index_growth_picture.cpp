#include "index_growth_picture.hpp"

#include <cmath>
#include <sstream>

#include "base/committed_file.hpp"
#include "base/svg.hpp"

namespace segue {
namespace {

constexpr int kWidth = 720, kHeight = 380;
constexpr double kLeft = 70, kRight = 600, kTop = 40, kBottom = 330;
constexpr double kLeast = 0.01, kMost = 1000;  // ms

double across(double fragments) { return kLeft + (kRight - kLeft) * (std::log10(fragments) - 3) / 3; }
double down(double milliseconds) {
  return kBottom - (kBottom - kTop) * std::log10(milliseconds / kLeast) / std::log10(kMost / kLeast);
}

void line(std::ostream& out, const std::vector<GrowthPoint>& points, double GrowthPoint::*value,
          const char* colour, const char* name) {
  out << "<polyline fill='none' stroke='" << colour << "' stroke-width='2' points='";
  for (const GrowthPoint& point : points)
    out << across(static_cast<double>(point.fragments)) << "," << down(point.*value) << " ";
  out << "'/>\n<text x='" << kRight + 8 << "' y='" << down(points.back().*value) + 4 << "' fill='"
      << colour << "'>" << name << "</text>\n";
}

}  // namespace

void write_growth_picture(const std::filesystem::path& file, const std::vector<GrowthPoint>& points) {
  std::ostringstream out;
  out << svg_head(kWidth, kHeight, "Finding the 64 nearest entries, one core");
  for (double tick = kLeast; tick < kMost * 1.5; tick *= 10) {
    out << "<line x1='" << kLeft << "' x2='" << kRight << "' y1='" << down(tick) << "' y2='"
        << down(tick) << "' stroke='#ddd'/>\n<text x='" << kLeft - 8 << "' y='" << down(tick) + 4
        << "' text-anchor='end'>" << tick << " ms</text>\n";
  }
  const std::pair<double, const char*> sizes[] = {{1e3, "1k"}, {1e4, "10k"}, {1e5, "100k"}, {1e6, "1M"}};
  for (const auto& [size, name] : sizes) {
    out << "<line x1='" << across(size) << "' x2='" << across(size) << "' y1='" << kTop << "' y2='"
        << kBottom << "' stroke='#ddd'/>\n<text x='" << across(size) << "' y='" << kBottom + 18
        << "' text-anchor='middle'>" << name << "</text>\n";
  }
  out << "<text x='" << (kLeft + kRight) / 2 << "' y='" << kBottom + 38
      << "' text-anchor='middle'>fragments</text>\n";
  if (!points.empty()) {
    line(out, points, &GrowthPoint::comparing_all, "#999", "comparing all");
    line(out, points, &GrowthPoint::milliseconds, "#1565c0", "the index");
  }
  out << "</svg>\n";
  write_text_file(file, out.str());
}

}  // namespace segue
