#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cmath>
#include <cstring>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/half.hpp"
#include "base/safetensors.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using test::count_files;
using test::read_bytes;
using test::TemporaryFolder;
using test::write_bytes;

TEST(CommittedFile, AppearsOnlyWithCommit) {
  const TemporaryFolder folder;
  {
    CommittedFile file(folder / "a.txt");
    file.write("half");
    EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
    file.write(" and half");
    file.commit();
  }
  EXPECT_EQ(read_bytes(folder / "a.txt"), "half and half");
  EXPECT_EQ(count_files(folder.path()), 1u);
}

TEST(CommittedFile, WithoutCommitLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.txt", "old");
  { CommittedFile(folder / "a.txt").write("new"); }
  EXPECT_EQ(read_bytes(folder / "a.txt"), "old");
  EXPECT_EQ(count_files(folder.path()), 1u);
}

TEST(CommittedFile, InAMissingFolderSaysSo) {
  const TemporaryFolder folder;
  const std::string sentence =
      test::refusal([&] { CommittedFile(folder / "no" / "a.txt"); }, ErrorKind::output);
  EXPECT_NE(sentence.find("make its folder first"), std::string::npos);
}

TEST(CommittedFile, PartsLeftByADeadProcessAreCleared) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    CommittedFile file(folder / "a.txt");
    file.write("never finished");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_EQ(count_files(folder.path()), 1u);
  const CommittedFile living(folder / "b.txt");
  remove_stale_partials(folder.path());
  EXPECT_EQ(count_files(folder.path()), 1u) << "the living process keeps its part";
}

TEST(Half, EveryHalfSurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_from_half(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(float_from_half(half_from_float(value))));
    } else {
      EXPECT_EQ(half_from_float(value), half);
    }
  }
}

TEST(Half, MatchesTheStandardsExamples) {
  EXPECT_EQ(half_from_float(1.0f), 0x3C00);
  EXPECT_EQ(half_from_float(-2.0f), 0xC000);
  EXPECT_EQ(half_from_float(65504.0f), 0x7BFF);
  EXPECT_EQ(half_from_float(65520.0f), 0x7C00);  // ties to even: infinity
  EXPECT_EQ(half_from_float(0x1.0p-24f), 0x0001);
  EXPECT_EQ(half_from_float(0x1.0p-25f), 0x0000);         // tie to even
  EXPECT_EQ(half_from_float(1.0f + 0x1.0p-11f), 0x3C00);  // tie to even
  EXPECT_EQ(half_from_float(1.0f + 0x1.8p-10f), 0x3C02);  // tie to even, upwards
}

class SafetensorsTest : public ::testing::Test {
 protected:
  void write() {
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    const std::vector<std::uint8_t> bytes{7, 8};
    const NamedTensor tensors[] = {{"w", DType::f32, {2, 3}, std::as_bytes(std::span(values))},
                                   {"b", DType::u8, {2}, std::as_bytes(std::span(bytes))}};
    write_safetensors(file, tensors, {{"who", "test"}});
  }
  void expect_refused(const std::string& bytes) {
    write_bytes(file, bytes);
    EXPECT_THROW(SafetensorsFile::open(file), Error) << bytes.size();
  }
  TemporaryFolder folder;
  std::filesystem::path file = folder / "t.safetensors";
};

TEST_F(SafetensorsTest, GivesBackWhatWasWritten) {
  write();
  const SafetensorsFile read = SafetensorsFile::open(file);
  EXPECT_EQ(read.metadata().at("who"), "test");
  EXPECT_EQ(read.floats("w"), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read.tensor("w", DType::f32).shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(read.tensor("b", DType::u8).count(), 2);
  EXPECT_THROW(read.tensor("b", DType::f32), Error);
  EXPECT_THROW(read.tensor("missing", DType::f32), Error);
}

TEST_F(SafetensorsTest, EveryTruncationIsRefused) {
  write();
  const std::string whole = read_bytes(file);
  for (std::size_t size = 0; size < whole.size(); ++size) expect_refused(whole.substr(0, size));
}

TEST_F(SafetensorsTest, LyingHeadersAreRefused) {
  const auto with_header = [](const std::string& header) {
    std::string bytes(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(bytes.data(), &size, 8);
    return bytes + header + std::string(16, 'x');
  };
  for (const char* header :
       {"[]", "{", R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,99]}})",
        R"({"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"Q9","shape":[4],"data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":"x","data_offsets":[0,16]}})",
        R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})"}) {
    expect_refused(with_header(header));
  }
  std::string huge(16, 'x');
  std::memset(huge.data(), 0xFF, 8);
  expect_refused(huge);
}

}  // namespace
}  // namespace segue
