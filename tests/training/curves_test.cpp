#include "training/curves.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/programs.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

std::vector<EpochRecord> some_records() {
  std::vector<EpochRecord> records;
  for (int epoch = 1; epoch <= 12; ++epoch) {
    records.push_back(
        {epoch, 3.0 / epoch, 1 - 0.4 / epoch, 3.2 / epoch, 0.95 - 0.4 / epoch, 0.001, 2.5});
  }
  return records;
}

TEST(Curves, WritesALineAnEpoch) {
  const test::TemporaryFolder folder;
  write_curves(folder.path(), "crnn", some_records());
  const std::string csv = test::read_bytes(folder / "curves.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 13);
  EXPECT_NE(csv.find("\n2,1.5,0.8,1.6,0.75,"), std::string::npos) << csv;
}

TEST(Curves, ThePictureIsWellFormedXmlWithFourCurves) {
  const test::TemporaryFolder folder;
  write_curves(folder.path(), "a < b & c", some_records());
  const std::string count = test::output_of(
      "/usr/bin/python3 -c 'import sys, xml.dom.minidom as x; "
      "print(len(x.parse(sys.argv[1]).getElementsByTagName(\"polyline\")))' " +
      test::quoted((folder / "curves.svg").string()));
  EXPECT_EQ(count, "4\n");
}

TEST(Curves, DrawsOneEpochAndFiguresThatAreNotThere) {
  EpochRecord record{1, 0.5, NAN, 0.5, 0.5, 0.1, 1};
  const std::string svg = curves_svg("one", {record});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

}  // namespace
}  // namespace segue
