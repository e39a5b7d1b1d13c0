#include "evaluation/order_picture.hpp"

#include <gtest/gtest.h>

#include "support/programs.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(OrderPicture, HasADotForEachPieceAndALineForEachRightSeam) {
  const std::string svg =
      order_svg("a < b & c", {{"one", {0, 1, 2, 3}}, {"two", {2, 0, 1}}, {"no", {}}});
  EXPECT_EQ(count(svg, "<circle"), 7u);
  EXPECT_EQ(count(svg, "stroke-width='2'"), 3u + 1u);
  EXPECT_EQ(count(svg, "#d1662b"), 1u) << "one piece stands beside no true neighbour";
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "order.svg", svg);
  const std::string title = test::output_of(
      "/usr/bin/python3 -c 'import sys, xml.dom.minidom as x; "
      "print(x.parse(sys.argv[1]).getElementsByTagName(\"text\")[0].firstChild.data)' " +
      test::quoted((folder / "order.svg").string()));
  EXPECT_EQ(title, "a < b & c\n");
}

}  // namespace
}  // namespace segue
