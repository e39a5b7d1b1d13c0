#include "judge/join_chooser.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "judge/medley.hpp"
#include "support/mix_library.hpp"

namespace segue {
namespace {

using test::MixLibrary;
using test::OpinionatedModel;

class Joins : public testing::Test {
 protected:
  Joins() {
    for (const char* name : {"a", "b", "c", "d"}) library_.add(name, 60);
    library_.add("short", 7);
    cutting_.segmentation = Segmentation::parse("3");
  }

  JoinConfig config(std::size_t count = 30) const {
    JoinConfig config;
    config.count = count;
    return config;
  }

  MixLibrary library_;
  MixConfig cutting_;
  OpinionatedModel model_{test::hashed_opinion(1000)};
};

TEST_F(Joins, LeadToOtherTracksWithMusicAroundThem) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  const auto sources = sources_of(pool);
  const auto joins = choose_joins(pool, model_, config());
  ASSERT_EQ(joins.size(), 30u);
  std::map<std::size_t, int> left;
  std::set<std::pair<std::size_t, PcmFrame>> places;
  for (const Join& join : joins) {
    EXPECT_NE(join.out.source, join.in.source);
    EXPECT_FALSE(join.continuous());
    EXPECT_TRUE(places.emplace(join.out.source, join.out.at).second) << "no place is left twice";
    EXPECT_TRUE(reaches_back(sources[join.out.source], join.out.at, kSeamFlank + join.fade / 2));
    EXPECT_TRUE(reaches_on(sources[join.in.source], join.in.at, kSeamFlank + join.fade / 2));
    ++left[join.out.source];
  }
  EXPECT_EQ(left.size(), 4u) << "the short track has no place with music enough";
  for (const auto& [source, times] : left) EXPECT_NEAR(times, 7.5, 0.5);
  EXPECT_NO_THROW(make_medley({sources, joins}, joins, 22050));
}

TEST_F(Joins, AreTheSystemsChoiceAndTheSameEachTime) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  const auto sources = sources_of(pool);
  // One track is always found best.
  const TrackId best = test::track_id("c");
  const OpinionatedModel model(
      [&](auto&, auto& candidate) { return candidate.track == best ? 1.0f : 0.0f; });
  const auto joins = choose_joins(pool, model, config());
  for (const Join& join : joins) {
    EXPECT_NE(sources[join.out.source].track == best, sources[join.in.source].track == best);
  }
  const auto again = choose_joins(pool, model, config());
  ASSERT_EQ(again.size(), joins.size());
  for (std::size_t i = 0; i < joins.size(); ++i) {
    EXPECT_TRUE(joins[i].out.same_moment(again[i].out));
    EXPECT_TRUE(joins[i].in.same_moment(again[i].in));
    EXPECT_EQ(joins[i].in.gain_db, again[i].in.gain_db);
  }
}

TEST_F(Joins, AskWithTheFragmentsBefore) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  OpinionatedModel model(test::hashed_opinion(1000), 3);
  std::size_t longest = 0;
  model.on_question = [&](const FragmentSet& set, auto context, auto candidates) {
    longest = std::max(longest, context.size());
    for (std::size_t i = 1; i < context.size(); ++i) EXPECT_EQ(context[i], context[i - 1] + 1);
    for (const std::size_t candidate : candidates)
      EXPECT_NE(set.track_of(candidate), set.track_of(context.back()));
  };
  choose_joins(pool, model, config());
  EXPECT_EQ(longest, 3u);
}

TEST_F(Joins, PassagesGoOnAtTheSamePlacesHalfOfThemThroughTheFade) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  const auto sources = sources_of(pool);
  const auto joins = choose_joins(pool, model_, config(40));
  const auto passages = continuous_passages(sources, joins);
  ASSERT_EQ(passages.size(), 40u);
  int faded = 0, left = 0;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    EXPECT_TRUE(passages[i].continuous());
    const bool leaves = passages[i].out.same_moment(joins[i].out);
    EXPECT_TRUE(leaves || passages[i].out.same_moment(joins[i].in));
    faded += passages[i].fade == joins[i].fade;
    left += leaves;
  }
  EXPECT_EQ(faded, 20);
  EXPECT_NEAR(left, 20, 5);
  for (const Join& passage : continuations(sources, joins, Seconds(0)))
    EXPECT_EQ(passage.fade, Seconds(0));
  EXPECT_EQ(continuations(sources, joins, Seconds(0.1)).size(), 40u);
}

TEST_F(Joins, FewPlacesGiveFewJoinsAndOneTrackNone) {
  const std::vector<LibraryTrack> one = {library_.tracks()[0], library_.tracks()[4]};
  const FragmentPool pool(cutting_, library_.library(), one);
  const auto joins = choose_joins(pool, model_, config(100));
  EXPECT_TRUE(joins.empty()) << "the other track is too short to be entered";
  const std::vector<LibraryTrack> two = {library_.tracks()[0], library_.tracks()[1]};
  const FragmentPool pair(cutting_, library_.library(), two);
  const auto some = choose_joins(pair, model_, config(100));
  EXPECT_GT(some.size(), 20u);
  EXPECT_LT(some.size(), 40u);
}

}  // namespace
}  // namespace segue
