#include "planning/second_opinion.hpp"

#include <gtest/gtest.h>

#include "model/baselines.hpp"
#include "support/mix_library.hpp"

namespace segue {
namespace {

class SecondOpinions : public testing::Test {
 protected:
  SecondOpinions() {
    Random random(3);
    library_.add_noise("a", 20, random);
    library_.add_noise("b", 20, random);
    cutting_.segmentation = Segmentation::parse("3");
  }

  test::MixLibrary library_;
  MixConfig cutting_;
};

TEST_F(SecondOpinions, NoneIsAskedForNone) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  EXPECT_FALSE(second_opinion(pool, {}));
}

TEST_F(SecondOpinions, TheEdgesCountByTheirWeight) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  const auto edge = make_edge_model();
  const auto session = edge->open_session(pool.set());
  std::vector<std::size_t> all;
  std::vector<Candidate> ranked;
  for (std::size_t i = 1; i < pool.fragments().size(); ++i) {
    all.push_back(i);
    ranked.push_back({i, -static_cast<std::int64_t>(i)});
  }
  std::vector<float> nearness(all.size());
  const std::size_t last = 0;
  session->score(std::span(&last, 1), all, nearness);
  OpinionConfig config;
  config.edge_weight = 0.5;
  const RankedAfter after{0, ranked};
  second_opinion(pool, config)(std::span(&after, 1));
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const std::size_t fragment = ranked[i].fragment;
    EXPECT_NEAR(static_cast<double>(ranked[i].score + static_cast<std::int64_t>(fragment)) * kScoreUnit,
                0.5 * static_cast<double>(nearness[fragment - 1]), 1e-5);
    if (i > 0) {
      EXPECT_GE(ranked[i - 1].score, ranked[i].score) << "the critic hears the best of the sum";
    }
  }
}

}  // namespace
}  // namespace segue
