#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/error.hpp"
#include "base/random.hpp"
#include "evaluation/auc.hpp"
#include "evaluation/puzzle.hpp"
#include "evaluation/ranking_test.hpp"
#include "evaluation/rebuild.hpp"
#include "evaluation/same_audio.hpp"
#include "evaluation/transition_test.hpp"
#include "model/baselines.hpp"
#include "support/feature_files.hpp"
#include "support/manifests.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

TEST(Auc, MatchesHandCountedCases) {
  const std::vector<float> two{2, 4};
  EXPECT_DOUBLE_EQ(auc(two, std::vector<float>{1, 3}), 0.75);  // 2>1, 4>1, 4>3 of four
  EXPECT_DOUBLE_EQ(auc(two, std::vector<float>{2, 4}), 0.5);   // ties count half
  EXPECT_DOUBLE_EQ(auc(std::vector<float>{1, 1}, std::vector<float>{1, 0}), 0.75);
  EXPECT_DOUBLE_EQ(auc(std::vector<float>{5}, std::vector<float>{1, 2, 3}), 1);
  EXPECT_TRUE(std::isnan(auc({}, two)));
}

TEST(Auc, AScoreThatIsNoNumberIsRefused) {
  const float bad = std::numeric_limits<float>::quiet_NaN();
  test::refusal([&] { auc(std::vector<float>{1, bad}, std::vector<float>{0}); }, ErrorKind::model);
  test::refusal([&] { auc_interval({{bad, true, 0}, {0, false, 1}}, 2, 1, 5); }, ErrorKind::model);
}

TEST(Auc, IntervalHoldsTheValueAndNarrowsWithAgreement) {
  std::vector<GroupedScore> mixed;
  std::vector<GroupedScore> clear;
  for (std::size_t group = 0; group < 20; ++group) {
    for (int i = 0; i < 10; ++i) {
      const auto value = static_cast<float>((group * 7 + static_cast<std::size_t>(i) * 3) % 11);
      mixed.push_back({value, i % 2 == 0, group});
      clear.push_back({i % 2 == 0 ? 1.0f : 0.0f, i % 2 == 0, group});
    }
  }
  const Interval wide = auc_interval(mixed, 20, 1);
  EXPECT_LT(wide.low, wide.high);
  EXPECT_GT(wide.low, 0);
  const Interval narrow = auc_interval(clear, 20, 1);
  EXPECT_DOUBLE_EQ(narrow.low, 1);
  EXPECT_DOUBLE_EQ(narrow.high, 1);
  EXPECT_TRUE(std::isnan(auc_interval(clear, 1, 1).low));
}

// Knows nothing but fragment numbers: score is what the test says.
class FakeModel : public SuccessorModel {
 public:
  using Score = std::function<float(std::size_t from, std::size_t to)>;
  explicit FakeModel(Score score) : score_(std::move(score)) {}
  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return 2; }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet&, Hop, std::size_t) const override {
    struct Session : ScoringSession {
      const Score* score_function;
      explicit Session(const Score* f) : score_function(f) {}
      void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
                 std::span<float> scores) override {
        for (std::size_t i = 0; i < candidates.size(); ++i) {
          scores[i] = (*score_function)(context.back(), candidates[i]);
        }
      }
    };
    return std::make_unique<Session>(&score_);
  }

 private:
  Score score_;
  ModelCard card_;
};

class TransitionTestFixture : public ::testing::Test {
 protected:
  TransitionTestFixture() {
    for (const char* name : {"a", "b", "c"}) add_track(name, 5);
  }
  void add_track(const char* name, int count) {
    const auto file = test::write_features(folder.path(), test::track_id(name), 20 * count);
    const std::size_t track = fragments.add_track(FeatureFile::open(file));
    for (int i = 0; i < count; ++i) fragments.add(track, {20 * i, 20});
  }
  TransitionAuc measure(FakeModel::Score score) {
    return measure_transitions(FakeModel(std::move(score)), fragments, {});
  }
  test::TemporaryFolder folder;
  FragmentSet fragments;
};

TEST_F(TransitionTestFixture, APerfectModelScoresOne) {
  const TransitionAuc result =
      measure([](std::size_t a, std::size_t b) { return b == a + 1 ? 1.0f : 0.0f; });
  EXPECT_DOUBLE_EQ(result.easy.value, 1);
  EXPECT_DOUBLE_EQ(result.hard.value, 1);
  EXPECT_DOUBLE_EQ(result.reversed.value, 1);
  EXPECT_EQ(result.tracks, 3u);
  EXPECT_EQ(result.fragments, 15u);
}

TEST_F(TransitionTestFixture, AModelThatKnowsOnlyTheTrackFailsWithinIt) {
  const TransitionAuc result =
      measure([](std::size_t a, std::size_t b) { return a / 5 == b / 5 ? 1.0f : 0.0f; });
  EXPECT_DOUBLE_EQ(result.easy.value, 1);
  EXPECT_DOUBLE_EQ(result.hard.value, 0.5);
  EXPECT_DOUBLE_EQ(result.reversed.value, 0.5);
}

TEST_F(TransitionTestFixture, AModelThatHasTimeBackwardsScoresZeroOnReversedPairs) {
  const TransitionAuc result =
      measure([](std::size_t a, std::size_t b) { return a == b + 1 ? 1.0f : 0.0f; });
  EXPECT_DOUBLE_EQ(result.reversed.value, 0);
}

TEST_F(TransitionTestFixture, TheHardAucAloneIsThatOfTheWholeTest) {
  const FakeModel::Score score = [](std::size_t a, std::size_t b) {
    return static_cast<float>((7 * a + 5 * b) % 11);
  };
  const double alone = measure_hard_auc(FakeModel(score), fragments, {});
  EXPECT_DOUBLE_EQ(alone, measure(score).hard.value);
  EXPECT_GT(alone, 0.2);
  EXPECT_LT(alone, 0.8);
}

TEST_F(TransitionTestFixture, RanksMatchHandCountedCases) {
  const auto rank = [&](FakeModel::Score score) {
    return measure_ranking(FakeModel(std::move(score)), fragments, {});
  };
  const RankingResult right = rank([](auto a, auto b) { return b == a + 1 ? 1.0f : 0.0f; });
  for (const Share& share : {right.r1, right.r10, right.mrr, right.global_r1, right.g3}) {
    EXPECT_DOUBLE_EQ(share.value, 1);
    EXPECT_DOUBLE_EQ(share.interval.low, 1);
  }
  EXPECT_TRUE(std::isnan(right.g6.value)) << "no track has six fragments";
  EXPECT_DOUBLE_EQ(right.rebuilt3.value, 1);
  EXPECT_TRUE(std::isnan(right.rebuilt6.value));

  // All alike: four others in the track, fourteen in all; 3! orders of three.
  const RankingResult blind = rank([](auto, auto) { return 0.5f; });
  EXPECT_DOUBLE_EQ(blind.r1.value, 1.0 / 4);
  EXPECT_DOUBLE_EQ(blind.r10.value, 1);
  EXPECT_DOUBLE_EQ(blind.mrr.value, (1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4) / 4);
  EXPECT_DOUBLE_EQ(blind.global_r1.value, 1.0 / 14);
  EXPECT_DOUBLE_EQ(blind.g3.value, 1.0 / 6);

  // The next but one is taken for the next: it is always second, and last of a track third … first.
  const RankingResult late = rank([](auto a, auto b) {
    return b == a + 2 ? 1.0f : b == a + 1 ? 0.5f : 0.0f;
  });
  EXPECT_DOUBLE_EQ(late.r1.value, 1.0 / 4) << "only the last pair of a track has no next but one";
  EXPECT_DOUBLE_EQ(late.mrr.value, (3 * 0.5 + 1) / 4);
  EXPECT_NEAR(late.global_r1.value, 1.0 / 12, 1e-12) << "only at the end of the last track";
}

TEST_F(TransitionTestFixture, NeighboursAreThoseOfTheOrderFound) {
  const auto neighbours = [&](FakeModel::Score score) {
    return measure_ranking(FakeModel(std::move(score)), fragments, {}).neighbours;
  };
  const Share right = neighbours([](auto a, auto b) { return b == a + 1 ? 1.0f : 0.0f; });
  EXPECT_DOUBLE_EQ(right.value, 1);
  EXPECT_DOUBLE_EQ(right.interval.low, 1);
  EXPECT_DOUBLE_EQ(neighbours([](auto a, auto b) { return a == b + 1 ? 1.0f : 0.0f; }).value, 0);
  // 3 4 0 1 2 is the best: three of four pairs.
  const auto turned = [](std::size_t a, std::size_t b) {
    a %= 5, b %= 5;
    return a == 2 && b == 3 ? -1.0f : b == (a + 1) % 5 ? 1.0f : 0.0f;
  };
  EXPECT_DOUBLE_EQ(neighbours(turned).value, 3.0 / 4);
  EXPECT_LT(neighbours([](auto, auto) { return 0.5f; }).value, 0.6) << "a fifth is chance";
}

TEST(RankingTest, TheOrderOfTracksChangesNoFigure) {
  const test::TemporaryFolder folder;
  const auto figures = [&](const std::vector<int>& order) {
    FragmentSet set;
    for (const int number : order) {
      const std::size_t track = set.add_track(
          FeatureFile::open(test::write_features(folder.path(), test::track_id(std::to_string(number)),
                                                 20 * (5 + number), test::wandering_spectrum(number))));
      for (Hop i = 0; i < 5 + number; ++i) set.add(track, {20 * i, 20});
    }
    const RankingResult result = measure_ranking(*make_edge_model(), set, {});
    return std::vector<double>{result.r1.value,        result.r1_tolerant.value, result.r10.value,
                               result.mrr.value,       result.global_r1.value,   result.g3.value,
                               result.neighbours.value};
  };
  const std::vector<double> sorted = figures({1, 2, 3, 4});
  EXPECT_GT(sorted[0], 0.3);
  EXPECT_LT(sorted[3], 1) << "the test says something";
  for (const std::vector<int>& order : {std::vector{4, 2, 1, 3}, std::vector{3, 4, 2, 1}}) {
    const std::vector<double> shuffled = figures(order);
    for (std::size_t i = 0; i < sorted.size(); ++i) EXPECT_NEAR(shuffled[i], sorted[i], 1e-12) << i;
  }
}

// Five pieces that last as long, of which the second and the fourth sound alike.
class Repeats : public ::testing::Test {
 protected:
  Repeats() {
    constexpr float levels[] = {-3, -2, -5, -2, -1};  // log10 power
    const auto file = test::write_features(folder.path(), test::track_id("a"), 100,
                                           [&](Hop frame, int) { return levels[frame / 20]; });
    fragments.add_track(FeatureFile::open(file));
    for (int i = 0; i < 5; ++i) fragments.add(0, {20 * i, 20});
  }
  // All pairs are right but those after the first piece, which get these scores.
  RankingResult measure(std::array<float, 5> after_first) {
    config.on_prediction = [&](const Prediction& p) { predictions.push_back(p); };
    return measure_ranking(FakeModel([=](auto a, auto b) {
                             return a == 0 ? after_first[b] : b == a + 1 ? 1.0f : 0.0f;
                           }),
                           fragments, config);
  }
  test::TemporaryFolder folder;
  FragmentSet fragments;
  RankingTestConfig config;
  std::vector<Prediction> predictions;
};

TEST_F(Repeats, DistanceIsInDecibels) {
  EXPECT_DOUBLE_EQ(audio_distance(fragments, 1, 3, 0), 0);
  EXPECT_NEAR(audio_distance(fragments, 0, 1, 0), 10, 1e-5);
  EXPECT_NEAR(audio_distance(fragments, 2, 0, 5), 20, 1e-5);
  EXPECT_TRUE(std::isnan(audio_distance(fragments, 0, 1, 10))) << "nothing is left to see";
  fragments.add(0, {17, 10});  // three frames of the first's end, four of the second
  EXPECT_NEAR(audio_distance(fragments, 0, 5, 0), 10 * std::sqrt(4.0 / 7), 1e-5);
}

TEST_F(Repeats, ARepeatOfTheNextCountsWhereItIsTolerated) {
  const RankingResult strict = measure({0, 0.2f, 0, 0.9f, 0});  // the repeat is taken
  EXPECT_DOUBLE_EQ(strict.r1.value, 3.0 / 4);
  EXPECT_DOUBLE_EQ(strict.r1_tolerant.value, 1);
  EXPECT_TRUE(std::isnan(strict.r1_tolerant.interval.low)) << "one track has no interval";
  const RankingResult wrong = measure({0, 0.2f, 0.9f, 0, 0});
  EXPECT_DOUBLE_EQ(wrong.r1_tolerant.value, 3.0 / 4);
  const RankingResult tied = measure({0, 0.9f, 0.9f, 0.9f, 0});  // of three, two sound right
  EXPECT_DOUBLE_EQ(tied.r1.value, (3 + 1.0 / 3) / 4);
  EXPECT_DOUBLE_EQ(tied.r1_tolerant.value, (3 + 2.0 / 3) / 4);
}

TEST_F(Repeats, PredictionsTellWhatTheFiguresAreMadeOf) {
  measure({0, 0.2f, 0.1f, 0.9f, 0.2f});
  ASSERT_EQ(predictions.size(), 4u);
  const nlohmann::json first = predictions[0];
  EXPECT_EQ(first["start"], 0.0);
  EXPECT_NEAR(first["length"].get<double>(), 0.464, 0.001);
  EXPECT_EQ(first["rank"], 2.5) << "one above, one the same";
  EXPECT_EQ(first["r1"], 0.0);
  EXPECT_EQ(first["r1_tolerant"], 1.0);
  ASSERT_EQ(first["best"].size(), 4u);
  EXPECT_NEAR(first["best"][0]["start"].get<double>(), 3 * 0.4644, 0.001);
  EXPECT_NEAR(first["best"][0]["score"].get<double>(), 0.9, 1e-6);
  EXPECT_LT(first["best"][1]["start"], first["best"][2]["start"]) << "ties in order of time";
  EXPECT_EQ(predictions[3].rank, 1.0);
}

TEST(Rebuild, AgreementMatchesHandCountedCases) {
  const auto of = [](std::vector<std::size_t> order) { return compare_with_truth(order); };
  for (const Agreement& few : {of({}), of({0})}) {
    EXPECT_EQ(few.pairs, 0u);
    EXPECT_TRUE(few.whole);
    EXPECT_DOUBLE_EQ(few.neighbours(), 1);
    EXPECT_DOUBLE_EQ(few.rank_correlation, 1);
  }
  EXPECT_TRUE(of({0, 1, 2, 3}).whole);
  EXPECT_DOUBLE_EQ(of({0, 1, 2, 3}).rank_correlation, 1);
  EXPECT_DOUBLE_EQ(of({1, 0}).rank_correlation, -1);
  const Agreement turned = of({1, 2, 0});
  EXPECT_FALSE(turned.whole);
  EXPECT_EQ(turned.right, 1u);
  EXPECT_DOUBLE_EQ(turned.neighbours(), 0.5);
  EXPECT_DOUBLE_EQ(turned.rank_correlation, 1 - 6 * (1 + 1 + 4) / 24.0);
  EXPECT_EQ(of({3, 2, 1, 0}).right, 0u) << "backwards is wrong";
}

TEST_F(TransitionTestFixture, AnOrderIsFoundOfOneTrackAmongOthers) {
  const FakeModel model([](std::size_t a, std::size_t b) { return b == a + 1 ? 1.0f : 0.0f; });
  const auto session = model.open_session(fragments, 0, 1);
  const FoundOrder found = find_order(*session, 5, 5, Assembly::best, 1, 1);
  EXPECT_EQ(found.order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(found.seams, std::vector<float>(4, 1.0f));
  EXPECT_EQ(find_order(*session, 5, 5, Assembly::greedy, 1, 1).order, found.order);
  EXPECT_EQ(find_order(*session, 5, 5, Assembly::own, 1, 1).order, found.order) << "it does not sort";
  EXPECT_TRUE(find_order(*session, 5, 0, Assembly::greedy, 1, 1).order.empty());
}

// Pairs alone mislead: 5 6 is right only after 7 has led there, which the session must be told to
// suppose.
TEST_F(TransitionTestFixture, AnOrderIsHeardAgainAfterThePiecesThatItPutsBefore) {
  struct Session : ScoringSession {
    void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
               std::span<float> scores) override {
      longest = std::max(longest, context.size());
      EXPECT_TRUE(supposed || context.size() == 1);
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::size_t a = context.back(), b = candidates[i];
        scores[i] = b == a + 1 ? 1.0f : 0.0f;
        if (a == 6) scores[i] = b == 8 ? 2.0f : 0.0f;  // wrong …
        if (context.size() > 1 && context[context.size() - 2] == 5 && a == 6)
          scores[i] = b == 7 ? 3.0f : 0.0f;  // … if 5 led here
      }
    }
    void suppose_contexts() override { supposed = true; }
    bool supposed = false;
    std::size_t longest = 0;
  };
  Session pairs;
  EXPECT_NE(find_order(pairs, 5, 5, Assembly::best, 1, 1).order,
            (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(pairs.supposed);
  Session session;
  const FoundOrder found = find_order(session, 5, 5, Assembly::best, 1, 2);
  EXPECT_EQ(found.order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(found.seams, (std::vector<float>{1, 3, 1, 1}));
  EXPECT_EQ(session.longest, 2u);
  Session greedy;
  find_order(greedy, 5, 5, Assembly::greedy, 1, 2);
  EXPECT_EQ(greedy.longest, 1u) << "the report's assembly takes no second look";
}

// After 1 and 5 the next is liked only where what lies before played before; else the one three further
// on.
class RemembersOne : public SuccessorModel {
 public:
  explicit RemembersOne(std::size_t context) : context_(context) {}
  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return context_; }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet&, Hop, std::size_t) const override {
    struct Session : ScoringSession {
      void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
                 std::span<float> scores) override {
        const std::size_t a = context.back();
        const bool led = context.size() > 1 && context[context.size() - 2] + 1 == a;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
          const std::size_t b = candidates[i];
          const bool misled = !led && (a == 1 || a == 5 || a == 21);
          scores[i] = b == a + 1             ? (led      ? 3.0f
                                                : misled ? 0.0f
                                                         : 1.0f)
                      : misled && b == a + 3 ? 2.0f
                                             : 0.0f;
        }
      }
    };
    return std::make_unique<Session>();
  }

 private:
  std::size_t context_;
  ModelCard card_;
};

TEST_F(TransitionTestFixture, ManyPiecesAreHeardAgainToo) {
  add_track("d", 16);  // more than are sought exactly
  const RemembersOne model(2);
  const auto session = model.open_session(fragments, 0, 1);
  const auto order_with = [&](std::size_t history) {
    return find_order(*session, 0, 15, Assembly::best, 1, history).order;
  };
  std::vector<std::size_t> truth(15);
  for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = i;
  EXPECT_NE(order_with(1), truth);
  EXPECT_EQ(order_with(2), truth);
}

TEST_F(TransitionTestFixture, GamesAreRebuiltWithThePastThatTheModelListensTo) {
  add_track("d", 16);
  const RankingResult two = measure_ranking(RemembersOne(2), fragments, {}),
                      one = measure_ranking(RemembersOne(1), fragments, {});
  EXPECT_EQ(two.g3.value, one.g3.value) << "pairs alone";
  EXPECT_GT(two.neighbours.value, one.neighbours.value);
  EXPECT_GT(two.rebuilt6.value, one.rebuilt6.value);
}

// Scores lead forwards, but it sorts backwards.
TEST_F(TransitionTestFixture, ASystemThatSortsOrdersInItsOwnWay) {
  struct Session : ScoringSession {
    void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
               std::span<float> scores) override {
      for (std::size_t i = 0; i < candidates.size(); ++i)
        scores[i] = candidates[i] == context.back() + 1 ? 1.0f : 0.0f;
    }
    std::vector<std::size_t> sorted(std::span<const std::size_t> given) override {
      asked.assign(given.begin(), given.end());
      std::vector<std::size_t> order = asked;
      std::sort(order.rbegin(), order.rend());
      return order;
    }
    std::vector<std::size_t> asked;
  } session;
  const FoundOrder found = find_order(session, 5, 5, Assembly::own, 1, 1);
  EXPECT_EQ(found.order, (std::vector<std::size_t>{4, 3, 2, 1, 0}));
  EXPECT_EQ(found.seams, std::vector<float>(4, 0.0f));
  EXPECT_NE(session.asked, (std::vector<std::size_t>{5, 6, 7, 8, 9})) << "it is given them shuffled";
  EXPECT_EQ(find_order(session, 5, 5, Assembly::best, 1, 1).order,
            (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(Puzzle, TheChanceOfTheTrueOrderMatchesHandCountedCases) {
  EXPECT_DOUBLE_EQ(chance_of_true_order(std::vector<double>{0}, 1), 1);
  EXPECT_DOUBLE_EQ(chance_of_true_order(std::vector<double>{0, 1, 0, 0}, 2), 1);
  EXPECT_DOUBLE_EQ(chance_of_true_order(std::vector<double>{0, 1, 1, 0}, 2), 0.5);
  EXPECT_DOUBLE_EQ(chance_of_true_order(std::vector<double>{0, 0, 1, 0}, 2), 0);
  // Greed from the first would take the third piece: 0 2 is worth 3, but 0 1 2 is worth 4.
  EXPECT_DOUBLE_EQ(chance_of_true_order(std::vector<double>{0, 2, 3, 0, 0, 2, 0, 0, 0}, 3), 1);
  EXPECT_DOUBLE_EQ(chance_of_true_order(std::vector<double>(64, 1), 8), 1.0 / 40320);
  EXPECT_THROW(chance_of_true_order(std::vector<double>(169), 13), Error);
}

TEST(Puzzle, AgreesWithTryingAllOrders) {
  Random random(3);
  int won = 0;
  for (int trial = 0; trial < 200; ++trial) {
    constexpr std::size_t n = 5;
    std::vector<double> scores;
    for (std::size_t i = 0; i < n * n; ++i) scores.push_back(static_cast<double>(random.below(3)));
    for (std::size_t i = 0; i + 1 < n; ++i) scores[i * n + i + 1] += 1;
    std::vector<std::size_t> order = {0, 1, 2, 3, 4};
    double best = -1, truth = 0, ways = 0;
    do {
      double sum = 0;
      for (std::size_t i = 0; i + 1 < n; ++i) sum += scores[order[i] * n + order[i + 1]];
      if (std::is_sorted(order.begin(), order.end())) truth = sum;
      if (sum > best) std::tie(best, ways) = std::tuple(sum, 0.0);
      ways += sum == best;
    } while (std::next_permutation(order.begin(), order.end()));
    const double expected = truth == best ? 1 / ways : 0;
    EXPECT_DOUBLE_EQ(chance_of_true_order(scores, n), expected);
    won += expected > 0;
  }
  EXPECT_GT(won, 20);
}

TEST(TransitionTest, OneTrackHasNoOtherTrackAndTwoPiecesAreTooFew) {
  const test::TemporaryFolder folder;
  const auto file = test::write_features(folder.path(), test::track_id("a"), 100);
  const FakeModel model([](std::size_t a, std::size_t b) { return b == a + 1 ? 1.0f : 0.0f; });
  FragmentSet two;
  two.add_track(FeatureFile::open(file));
  two.add(0, {0, 20});
  two.add(0, {20, 20});
  EXPECT_THROW(measure_transitions(model, two, {}), Error);
  two.add(0, {40, 20});
  const TransitionAuc result = measure_transitions(model, two, {});
  EXPECT_TRUE(std::isnan(result.easy.value));
  const nlohmann::json json = result;
  EXPECT_TRUE(json["auc_easy"].is_null());
  EXPECT_EQ(json["auc_hard"], 1.0);
}

}  // namespace
}  // namespace segue
