// Scores of trained or made-up networks, through the plugin.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/safetensors.hpp"
#include "model/plugin.hpp"
#include "support/manifests.hpp"
#include "support/memory.hpp"
#include "support/programs.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

struct Made {
  const char* name;
  const char* system;
  const char* settings;
};
const Made kMade[] = {
    {"Seam", "crnn",
     R"("input":"seam","encoder":"conv1d","activation":"relu","channels":10,"kernel":3,"pool":7,)"
     R"("rhythm_channels":5,"hidden":12,"context":3)"},
    {"LogMel", "crnn",
     R"("input":"log-mel","encoder":"conv1d","activation":"relu","channels":9,"kernel":5,"pool":4,)"
     R"("rhythm_channels":1,"hidden":11,"context":2)"},
    {"LogMelLeNet", "crnn",
     R"("input":"log-mel","encoder":"lenet","activation":"tanh","channels":12,"kernel":5,"pool":4,)"
     R"("rhythm_channels":1,"hidden":11,"context":2)"},
    {"LogMelAlexNet", "crnn",
     R"("input":"log-mel","encoder":"alexnet","activation":"relu","channels":12,"kernel":5,"pool":4,)"
     R"("rhythm_channels":1,"hidden":11,"context":2)"},
    {"Dense", "dense",
     R"("label":"position","bins":10,"encoder":"frames","activation":"sigmoid","channels":9,"kernel":5,)"
     R"("pool":4,"slots":8,"hidden":12)"},
    {"DenseVgg", "dense",
     R"("label":"song","songs":7,"encoder":"vgg","activation":"relu","channels":16,"kernel":5,)"
     R"("pool":4,"slots":3,"hidden":12)"},
    {"DenseResNet", "dense",
     R"("label":"position","bins":4,"encoder":"resnet","activation":"relu","channels":16,"kernel":5,)"
     R"("pool":4,"slots":3,"hidden":12)"},
    {"Autoencoder", "autoencoder",
     R"("encoder":"conv1d","activation":"tanh","channels":9,"kernel":5,"pool":4,"slots":4,"state":12,)"
     R"("context":3)"},
    {"AutoencoderResNet", "autoencoder",
     R"("encoder":"resnet","activation":"relu","channels":16,"kernel":5,"pool":4,"slots":4,"state":12,)"
     R"("context":2)"},
    {"Successor", "successor",
     R"("edge":12,"rhythm":7,"ahead":43,"lag_channels":4,"tower_hidden":9,"tower_channels":5,)"
     R"("tower_dense":11,"pair_channels":6,"pair_hidden":10,"context":3)"},
};

std::string reference(const std::string& arguments) {
  return test::output_of("OMP_NUM_THREADS=1 /usr/bin/python3 " SEGUE_SOURCE_DIR
                         "/scripts/network_reference.py " +
                         arguments);
}

// Networks with random weights that the Python program made, and fragments from 0.5 to 16 s.
class Scoring : public testing::TestWithParam<Made> {
 protected:
  void SetUp() override {
    static std::map<std::string, std::pair<std::string, std::string>> made;  // Python takes a second
    auto& [weights, card] = made[GetParam().name];
    if (weights.empty()) {
      reference("make " + test::quoted(weights_.string()) + " " + GetParam().system + " " +
                test::quoted("{" + std::string(GetParam().settings) + ",\"dropout\":0.25}"));
      ASSERT_TRUE(fs::exists(weights_)) << "python3-torch is needed (/usr/bin/python3)";
      weights = test::read_bytes(weights_);
      card = test::read_bytes(card_path(weights_));
    }
    test::write_bytes(weights_, weights);
    test::write_bytes(card_path(weights_), card);
  }

  std::vector<float> score(ScoringSession& session, const std::vector<std::size_t>& context,
                           const std::vector<std::size_t>& candidates) {
    std::vector<float> scores(candidates.size());
    session.score(context, candidates, scores);
    return scores;
  }

  static bool reranks() { return std::string(GetParam().system) == "successor"; }

  // "START+LENGTH,…"
  std::string spans(const std::vector<std::size_t>& numbers) const {
    std::ostringstream out;
    for (const std::size_t i : numbers) {
      out << (out.tellp() > 0 ? "," : "") << set_.span_of(i).start << '+' << set_.span_of(i).length;
    }
    return out.str();
  }

  test::TemporaryFolder folder_;
  fs::path weights_ = folder_ / "random.safetensors";
  Manifest manifest_ =
      test::make_manifest(folder_.path(), 1, 0, 24, {129, 22, 129, 60, 129, 35, 700, 129});
  FragmentSet set_ = manifest_.fragments(Side::train);
};

TEST_P(Scoring, AgreesWithAnIndependentForwardPassInPython) {
  const auto model = learning_plugin().load_model(weights_);
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < set_.size(); ++i) all.push_back(i);
  const std::vector<std::vector<std::size_t>> contexts = {{4}, {2, 3}, {5, 6, 7}, {9, 1, 8, 0}};
  std::string asked;
  for (const auto& context : contexts) asked += (asked.empty() ? "" : ";") + spans(context);
  std::istringstream theirs(reference("score " + test::quoted(weights_.string()) + " " +
                                      test::quoted(manifest_.tracks[0].features.string()) + " " +
                                      test::quoted(asked) + " " + spans(all) + " 0," +
                                      std::to_string(kGuard116Frames)));
  for (const Hop guard : {Hop{0}, kGuard116Frames}) {
    const auto session = model->open_session(set_, guard, 1);
    for (const auto& context : contexts) {
      const std::vector<float> ours = score(*session, context, all);
      for (const float value : ours) {
        double expected = -1;
        theirs >> expected;
        EXPECT_NEAR(value, expected, 1e-5);
      }
      const auto [low, high] = std::minmax_element(ours.begin(), ours.end());
      EXPECT_GT(*high - *low, 2e-4);  // the test says something
    }
  }
}

TEST_P(Scoring, AScoreDoesNotDependOnWhatIsAskedWithItOrBeforeIt) {
  if (reranks()) GTEST_SKIP() << "looks closer at the nearest of those that are asked";
  const auto model = learning_plugin().load_model(weights_);
  std::vector<std::size_t> many;
  for (std::size_t i = 0; i < 700; ++i) many.push_back(i * 7 % set_.size());
  const auto one = model->open_session(set_, 0, 1), two = model->open_session(set_, 0, 2);
  const std::vector<float> together = score(*one, {3, 4}, many);
  EXPECT_EQ(score(*two, {3, 4}, many), together);
  EXPECT_EQ(score(*one, {3, 4}, many), together);
  // In other company a score may differ in its last digits: some BLAS kernels add up in another order
  // by a row's place.
  const std::vector<std::size_t> backwards(many.rbegin(), many.rend());
  const std::vector<float> mirrored = score(*one, {3, 4}, backwards);
  for (std::size_t i = 0; i < many.size(); ++i) {
    EXPECT_NEAR(score(*two, {3, 4}, {many[i]})[0], together[i], 1e-5);
    EXPECT_NEAR(mirrored[many.size() - 1 - i], together[i], 1e-5);
  }
}

// The same fragments with other numbers, alone or amid other music.
TEST_P(Scoring, AScoreIsTheSameWhetherNeighboursAreThereOrNot) {
  const auto model = learning_plugin().load_model(weights_);
  const std::vector<std::size_t> context = {6, 3}, candidates = {1, 14, 8};
  const auto own = FeatureFile::open(manifest_.tracks[0].features);
  const auto shown = [&](Hop frame) {
    for (const auto& numbers : {context, candidates})
      for (const std::size_t i : numbers) {
        const FrameRange range = visible_frames(set_.span_of(i));
        if (frame >= range.begin && frame < range.end) return true;
      }
    return false;
  };
  std::vector<float> row(LogMelGeometry::bands);
  const auto amid = FeatureFile::open(test::write_features(
      folder_.path(), test::track_id("amid"), own->hops(), [&](Hop frame, int band) {
        if (!shown(frame)) return -1.0f - 0.01f * static_cast<float>(band);
        own->read_log_mel({frame, frame + 1}, row);
        return row[static_cast<std::size_t>(band)];
      }));
  FragmentSet alone, surrounded;
  alone.add_track(own);
  surrounded.add_track(own);  // of which nothing is asked
  surrounded.add_track(amid);
  for (std::size_t i = set_.size(); i-- > 0;) surrounded.add(1, set_.span_of(i));
  const auto renumbered = [&](const std::vector<std::size_t>& numbers, bool into_alone) {
    std::vector<std::size_t> result;
    for (const std::size_t i : numbers)
      result.push_back(into_alone ? alone.add(0, set_.span_of(i)) : set_.size() - 1 - i);
    return result;
  };
  const auto candidates_alone = renumbered(candidates, true), context_alone = renumbered(context, true);
  for (const Hop guard : {Hop{0}, kGuard116Frames}) {
    const auto scores = score(*model->open_session(set_, guard, 1), context, candidates);
    EXPECT_EQ(score(*model->open_session(alone, guard, 1), context_alone, candidates_alone), scores);
    EXPECT_EQ(score(*model->open_session(surrounded, guard, 2), renumbered(context, false),
                    renumbered(candidates, false)),
              scores);
  }
}

TEST_P(Scoring, HearsThePrecedingFragmentsUpToTheContextLength) {
  if (reranks()) GTEST_SKIP() << "hears only what lies directly before";
  const auto model = learning_plugin().load_model(weights_);
  const auto session = model->open_session(set_, 0, 1);
  const std::size_t length = model->context_length();
  std::vector<std::size_t> context = {2, 9, 4};
  context.erase(context.begin(), context.end() - static_cast<std::ptrdiff_t>(length));
  std::vector<std::size_t> longer = context, other = context;
  longer.insert(longer.begin(), 11);
  other.front() = 14;
  const auto scores = score(*session, context, {5, 6});
  EXPECT_EQ(score(*session, longer, {5, 6}), scores);
  EXPECT_NE(score(*session, other, {5, 6}), scores);
}

// A mix of hours asks thousands of times, and keeps a little of each answer.
TEST_P(Scoring, MemoryDoesNotGrowWithTheNumberOfScores) {
  if (!test::kMemoryIsMeasurable) GTEST_SKIP() << "the sanitizer keeps what is freed";
  const auto model = learning_plugin().load_model(weights_);
  const auto session = model->open_session(set_, 0, 2);
  std::vector<std::size_t> many;
  for (std::size_t i = 0; many.size() < 512; ++i) {
    if (set_.span_of(i % set_.size()).length == 129) many.push_back(i % set_.size());
  }
  std::vector<std::vector<float>> kept;
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const std::vector<float> scores = score(*session, {3, 4}, many);
      kept.emplace_back(scores.begin(), scores.begin() + 16);
    }
    return test::memory_in_use();
  };
  const std::size_t before = ask(50);
  EXPECT_LT(ask(300), before + (std::size_t{2} << 20)) << "bytes";
}

TEST_P(Scoring, WeightsThatAreMissingDamagedOrOfAnotherArchitectureAreRefused) {
  const auto refusal = [](const fs::path& file) {
    const Error error = test::refusal([&] { learning_plugin().load_model(file); });
    EXPECT_FALSE(error.remedy().empty());
    EXPECT_FALSE(error.file().empty());
    return error.kind();
  };
  EXPECT_EQ(refusal(folder_ / "nothing.safetensors"), ErrorKind::model);
  const std::string bytes = test::read_bytes(weights_), card = test::read_bytes(card_path(weights_));
  for (const std::size_t length : {std::size_t{0}, std::size_t{5}, bytes.size() / 2, bytes.size() - 1}) {
    test::write_bytes(weights_, bytes.substr(0, length));
    EXPECT_EQ(refusal(weights_), ErrorKind::model);
  }
  test::write_bytes(weights_, bytes);
  auto changed = nlohmann::json::parse(card);
  for (const char* const size : {"hidden", "state", "edge"}) {
    if (changed["recipe"].contains(size)) changed["recipe"][size] = 13;
  }
  test::write_bytes(card_path(weights_), changed.dump());
  EXPECT_EQ(refusal(weights_), ErrorKind::model);
  changed = nlohmann::json::parse(card);
  changed["weights"] = std::string(32, 'a');
  test::write_bytes(card_path(weights_), changed.dump());
  EXPECT_EQ(refusal(weights_), ErrorKind::model) << "of another file";
  changed["system"] = "telepathy";
  test::write_bytes(card_path(weights_), changed.dump());
  EXPECT_EQ(refusal(weights_), ErrorKind::model);
  changed = nlohmann::json::parse(card);
  for (const char* const needed : {"kernel", "ahead"}) changed["recipe"].erase(needed);
  test::write_bytes(card_path(weights_), changed.dump());
  EXPECT_EQ(refusal(weights_), ErrorKind::model);
  fs::remove(card_path(weights_));
  EXPECT_EQ(refusal(weights_), ErrorKind::model);
}

INSTANTIATE_TEST_SUITE_P(Networks, Scoring, testing::ValuesIn(kMade),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace segue
