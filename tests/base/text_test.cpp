#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

TEST(Text, OddFileNamesAreShownOnOneLine) {
  EXPECT_EQ(printable(std::string_view("a b\nc\td\x01.ogg")), "a b\\nc\\td\\x01.ogg");
  EXPECT_EQ(printable(std::string_view("M\xC3\xBCsli \xFF")), "M\xC3\xBCsli \\xFF");
  // What terminals obey, or some readers take for the end of a line.
  for (const char* odd : {"\xC2\x85", "\xC2\x9B", "\xE2\x80\xA8", "\xE2\x80\xA9"})
    EXPECT_EQ(printable(std::string_view(std::string("a") + odd + "31m")),
              "a\xEF\xBF\xBD"
              "31m");
  EXPECT_EQ(printable(std::string_view("\xC2\xA0\xE2\x80\xA6")), "\xC2\xA0\xE2\x80\xA6");
}

TEST(Text, InvalidUtf8IsReplacedAndValidUtf8Kept) {
  EXPECT_EQ(to_valid_utf8("\xE2\x82\xAC"), "\xE2\x82\xAC");                // euro sign
  EXPECT_EQ(to_valid_utf8("a\xC0\x80z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");    // overlong NUL
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80").substr(0, 3), "\xEF\xBF\xBD");   // a surrogate
  EXPECT_EQ(to_valid_utf8("\xF0\x9F\x8E\xB5"), "\xF0\x9F\x8E\xB5");        // musical note
  EXPECT_EQ(to_valid_utf8("end\xE2\x82"), "end\xEF\xBF\xBD\xEF\xBF\xBD");  // cut off
}

TEST(Text, Latin1BecomesUtf8) {
  EXPECT_EQ(utf8_from_latin1("M\xFCsli \x80"), "M\xC3\xBCsli \xC2\x80");
  EXPECT_EQ(utf8_or_latin1("M\xFCsli"), "M\xC3\xBCsli");
  EXPECT_EQ(utf8_or_latin1("M\xC3\xBCsli"), "M\xC3\xBCsli");
}

TEST(Text, PathsSurviveJsonWhateverTheirBytes) {
  for (const std::string name : {"plain", "100%", "%41", "a\xFF\xFEz", "new\nline", "M\xC3\xBC"}) {
    EXPECT_EQ(path_from_json(path_to_json(name)).native(), name);
  }
  EXPECT_EQ(path_to_json("a\xFF"), "a%FF");
}

TEST(Text, CsvFieldsSurviveQuoting) {
  const std::string odd = "say \"hi\", twice";
  EXPECT_EQ(csv_field(odd), "\"say \"\"hi\"\", twice\"");
  EXPECT_EQ(split_csv("a," + csv_field(odd) + ",,b"), (std::vector<std::string>{"a", odd, "", "b"}));
}

class CsvTest : public testing::Test {
 protected:
  using Record = std::vector<std::string>;
  std::vector<Record> read(const std::string& bytes) {
    test::write_bytes(file(), bytes);
    CsvReader reader(file());
    std::vector<Record> records;
    lines_.clear();
    for (Record fields; reader.next(fields);) {
      records.push_back(fields);
      lines_.push_back(reader.line());
    }
    return records;
  }
  std::filesystem::path file() const { return folder_ / "table.csv"; }

  test::TemporaryFolder folder_;
  std::vector<std::size_t> lines_;
};

TEST_F(CsvTest, QuotesHoldCommasQuotesAndLineBreaks) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a,b\r\n\r\n\"x, \"\"y\"\"\r\n\r\nz\",\r\n12\" disc,\"\"\n,last"),
            (std::vector<Record>{{"a", "b"}, {"x, \"y\"\n\nz", ""}, {"12\" disc", ""}, {"", "last"}}));
  EXPECT_EQ(lines_, (std::vector<std::size_t>{1, 3, 6, 7}));
}

TEST_F(CsvTest, BetweenTabsQuotesAreText) {
  EXPECT_EQ(read("a\tb\r\n\"Heroes\tx, y\r\n\t\n"),
            (std::vector<Record>{{"a", "b"}, {"\"Heroes", "x, y"}}));
  EXPECT_TRUE(read("").empty());
}

TEST_F(CsvTest, TellsTheLineThatIsWrong) {
  const std::string open = test::refusal([&] { read("a,b\n1,\"2\n3\n"); }, ErrorKind::input);
  EXPECT_NE(open.find("line 2 opens a quote"), std::string::npos) << open;
  const std::string zero = test::refusal([&] { read(std::string("a\nb\n\0c", 6)); }, ErrorKind::input);
  EXPECT_NE(zero.find("line 3 holds a zero byte"), std::string::npos) << zero;
  test::refusal([&] { CsvReader reader(folder_ / "none.csv"); }, ErrorKind::input);
  test::refusal([&] { CsvReader reader(folder_.path()); }, ErrorKind::input);
}

TEST(Time, ReadsSecondsMinutesAndHours) {
  EXPECT_DOUBLE_EQ(parse_time("90").count(), 90);
  EXPECT_DOUBLE_EQ(parse_time("2.5").count(), 2.5);
  EXPECT_DOUBLE_EQ(parse_time("10:00").count(), 600);
  EXPECT_DOUBLE_EQ(parse_time("1:30:15").count(), 5415);
  EXPECT_DOUBLE_EQ(parse_time("0:07.25").count(), 7.25);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "abc", "-3", "1:", ":30", "1:60", "1.5:00", "1:2:3:4", "nan", "inf", "1e9", "3s"}) {
    EXPECT_THROW(parse_time(text), Error) << text;
  }
}

TEST(Time, IsWrittenAsPeopleReadIt) {
  EXPECT_EQ(format_time(Seconds(7.9)), "0:07");
  EXPECT_EQ(format_time(Seconds(185)), "3:05");
  EXPECT_EQ(format_time(Seconds(3723)), "1:02:03");
}

TEST(Error, ReadsAsOneSentenceWithFileAndRemedy) {
  const Error error(ErrorKind::input, "holds no audio", "a\nb.mp3", "give another file");
  EXPECT_STREQ(error.what(), "a\\nb.mp3: holds no audio; give another file.");
  EXPECT_EQ(error.exit_status(), 3);
}

}  // namespace
TEST(Figures, AreAsPeopleWriteThem) {
  EXPECT_EQ(describe_figure(-12.345, 1), "−12.3");
  EXPECT_EQ(describe_figure(-0.04, 1), "0.0");
  EXPECT_EQ(describe_figure(41.5, 0), "42");
}

}  // namespace segue
