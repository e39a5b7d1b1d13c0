// What tests of learning share: a small set of music, requests to learn from it, and curves read back.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "model/plugin.hpp"
#include "support/manifests.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"
#include "training/training_request.hpp"

namespace segue::test {

using Settings = std::vector<std::pair<std::string, std::string>>;

class LearningFixture : public testing::Test {
 protected:
  void SetUp() override { set_verbosity(Verbosity::quiet); }
  void TearDown() override { clear_interrupt(); }

  // On one thread; later settings go before earlier ones.
  TrainingRequest request_of(Recipe recipe, const std::string& run, const Settings& usual,
                             const Settings& own = {}) const {
    TrainingRequest request;
    request.manifest = manifest_;
    request.recipe = std::move(recipe);
    for (const Settings* settings : {&usual, &own}) {
      for (const auto& [name, value] : *settings) request.recipe.set(name, value);
    }
    request.folder = folder_ / run;
    request.threads = 1;
    return request;
  }

  ErrorKind refusal(const TrainingRequest& refused) const {
    const Error error = test::refusal([&] { learning_plugin().train(refused); });
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    return error.kind();
  }

  TemporaryFolder folder_;
  Manifest manifest_ = make_manifest(folder_.path(), 4, 2, 16);
};

// Column `number` (from 0) of a file with a headline.
inline std::vector<double> column(const std::filesystem::path& csv, int number) {
  std::ifstream in(csv);
  std::string line;
  std::vector<double> values;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::size_t at = 0;
    for (int i = 0; i < number; ++i) at = line.find(',', at) + 1;
    values.push_back(std::stod(line.substr(at)));
  }
  return values;
}

}  // namespace segue::test
