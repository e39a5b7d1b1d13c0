// What pictures written as SVG share.
#pragma once

#include <string>

namespace segue {

// Text between tags.
std::string svg_text(const std::string& text);

// The opening tag, a white ground and a title; the picture ends with "</svg>\n".
std::string svg_head(int width, int height, const std::string& title);

// The step of 1, 2, 5 times a power of ten that cuts an axis of length `range` into about five parts.
double tick_step(double range);

}  // namespace segue
