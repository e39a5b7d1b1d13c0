#include "base/svg.hpp"

#include <algorithm>
#include <cmath>

namespace segue {

std::string svg_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

std::string svg_head(int width, int height, const std::string& title) {
  const std::string w = std::to_string(width), h = std::to_string(height);
  return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " + w + " " + h +
         "' font-family='sans-serif' font-size='12' fill='#222'>\n<rect width='" + w + "' height='" + h +
         "' fill='white'/>\n<text x='14' y='20' font-size='14' font-weight='bold'>" + svg_text(title) +
         "</text>\n";
}

double tick_step(double range) {
  const double rough = std::max(range, 1e-9) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double part = rough / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

}  // namespace segue
