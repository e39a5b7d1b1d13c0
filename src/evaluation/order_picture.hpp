// An order that was found beside the true one, as a picture for people.
#pragma once

#include <string>
#include <vector>

namespace segue {

struct PicturedOrder {
  std::string title;               // UTF-8
  std::vector<std::size_t> order;  // pieces 0 … n-1, numbered as they truly follow each other
};

// SVG: a field for each order, at most three beside each other. A dot for each piece: to the right its
// place in the order found, upwards its true place; true neighbours that stand together are joined,
// the others are of another colour. One line from corner to corner is all right.
std::string order_svg(const std::string& title, const std::vector<PicturedOrder>& orders);

}  // namespace segue
