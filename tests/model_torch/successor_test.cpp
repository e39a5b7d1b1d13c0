// What `successor` hears: curves, timelines, lags, and how they go on.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "model_torch/rhythm.hpp"
#include "model_torch/systems.hpp"
#include "support/manifests.hpp"
#include "support/temporary_folder.hpp"
#include "training/training_request.hpp"

namespace segue {
namespace {

const BandStatistics kStatistics{std::vector<float>(80, -3.0f), std::vector<float>(80, 1.0f)};

// A hit every `period` frames, counted from `first`, in all bands or in the lower ones.
LogMel pulse(Hop frames, Hop period, Hop first = 0, int bands = 80) {
  LogMel fragment{frames, std::vector<float>(static_cast<std::size_t>(frames * 80), -4.0f)};
  for (Hop i = 0; i < frames; ++i) {
    for (int band = 0; band < bands; ++band) {
      fragment.values[static_cast<std::size_t>(i * 80 + band)] +=
          3 * std::exp(-static_cast<float>((i + first) % period) / 2);
    }
  }
  return fragment;
}

std::size_t strongest(const std::vector<float>& products, std::size_t group, std::size_t first,
                      std::size_t end) {
  const auto begin = products.begin() + static_cast<std::ptrdiff_t>(group * kLags);
  return static_cast<std::size_t>(std::max_element(begin + static_cast<std::ptrdiff_t>(first),
                                                   begin + static_cast<std::ptrdiff_t>(end)) -
                                  begin) +
         kFirstLag;
}

TEST(FragmentCurves, HaveNoMeanOverTimeAndAnRmsOfOne) {
  Random random(1);
  LogMel fragment{126, {}};
  for (int i = 0; i < 126 * 80; ++i) fragment.values.push_back(static_cast<float>(random.normal() - 3));
  const FragmentCurves curves = curves_of(fragment, kStatistics);
  EXPECT_EQ(curves.steps, 125);
  for (std::size_t group = 0; group < kCurveGroups; ++group) {
    const std::vector<float>& curve = curves.curves[group];
    ASSERT_EQ(curve.size(), static_cast<std::size_t>(125 * kCurveChannels[group]));
    double sum = 0, power = 0;
    for (const float value : curve) {
      sum += value;
      power += value * value;
    }
    EXPECT_NEAR(sum / static_cast<double>(curve.size()), 0, 1e-5);
    EXPECT_NEAR(std::sqrt(power / static_cast<double>(curve.size())), 1, group < 2 ? 2e-2 : 0.3);
  }
}

TEST(FragmentCurves, OneFrameAndSilenceAreNumbers) {
  for (const Hop frames : {1, 2, 30}) {
    const FragmentCurves curves = curves_of(
        {frames, std::vector<float>(static_cast<std::size_t>(frames * 80), -7.0f)}, kStatistics);
    EXPECT_EQ(curves.steps, frames - 1);
    for (const float value : curves.entry) EXPECT_FLOAT_EQ(value, -4);
    EXPECT_EQ(curves.entry, curves.exit);
    for (const auto& group : curves.curves) {
      for (const float value : group) EXPECT_EQ(value, 0);
    }
  }
}

TEST(FragmentCurves, TheEdgesAreMeansOfTheFirstAndLastFrames) {
  LogMel ramp{40, {}};
  for (int i = 0; i < 40; ++i) ramp.values.insert(ramp.values.end(), 80, static_cast<float>(i));
  const FragmentCurves curves = curves_of(ramp, kStatistics);
  for (int scale = 0; scale < kEdgeScales; ++scale) {
    const float mean = static_cast<float>((1 << scale) - 1) / 2;
    EXPECT_FLOAT_EQ(curves.entry[static_cast<std::size_t>(scale * 80)], mean + 3);
    EXPECT_FLOAT_EQ(curves.exit[static_cast<std::size_t>(scale * 80)], 39 - mean + 3);
  }
}

TEST(Timelines, KeepTheGapBetweenFragmentsAndForgetTheOldest) {
  const FragmentCurves one = curves_of(pulse(126, 20), kStatistics),
                       other = curves_of(pulse(60, 20), kStatistics);
  const FragmentCurves* both[] = {&one, &other};
  for (const Hop guard : {Hop{0}, kGuard116Frames}) {
    const Timeline line = timeline_of(both, guard);
    ASSERT_EQ(line.steps, 125 + 2 * guard + 4 + 59);
    EXPECT_EQ(std::count(line.known.begin(), line.known.end(), 1.0f), 125 + 59);
    EXPECT_EQ(line.known[124], 1);
    EXPECT_EQ(line.known[125], 0);
    EXPECT_EQ(line.curves[2].back(), other.curves[2].back());
  }
  const std::vector<const FragmentCurves*> many(10, &one);
  EXPECT_EQ(timeline_of(many, 0).steps, kLongestTimeline);
}

// In true time: what follows comes in step with what was, whatever is hidden in between.
TEST(Lags, TellThePeriodAloneAndAcrossTheSeam) {
  for (const Hop guard : {Hop{0}, kGuard116Frames}) {
    const Hop visible = 126 - 2 * guard;
    const FragmentCurves before = curves_of(pulse(visible, 26, guard), kStatistics);
    const FragmentCurves next = curves_of(pulse(visible, 26, 129 + guard), kStatistics);
    const FragmentCurves* alone[] = {&before};
    const Timeline line = timeline_of(alone, guard);
    for (std::size_t group = 0; group < 3; ++group) {
      EXPECT_EQ(strongest(lag_products(line).products, group, 8, 30), 26u) << group;
      EXPECT_EQ(strongest(lag_products(line, next, guard).products, group, 118, 140), 130u) << group;
    }
  }
}

TEST(Lags, CountTheStepsThatMeet) {
  const FragmentCurves one = curves_of(pulse(126, 20), kStatistics);
  const FragmentCurves* both[] = {&one, &one};
  const LagProducts alone = lag_products(timeline_of(std::span(both).first(1), 0));
  EXPECT_EQ(alone.count[0], 115);
  EXPECT_EQ(alone.count[115], 0);
  const LagProducts twice = lag_products(timeline_of(both, 0));
  EXPECT_EQ(twice.count[129 - kFirstLag], 125);
  const LagProducts across = lag_products(timeline_of(std::span(both).first(1), 0), one, 0);
  EXPECT_EQ(across.count[129 - kFirstLag], 125);
  EXPECT_EQ(across.count[10 - kFirstLag], 6);
  EXPECT_EQ(across.products[10 - kFirstLag], 0) << "of too few";
}

TEST(Continued, APeriodGoesOn) {
  const FragmentCurves curves = curves_of(pulse(126, 25), kStatistics);
  const FragmentCurves* alone[] = {&curves};
  const Timeline line = timeline_of(alone, 0);
  const LagProducts products = lag_products(line);
  const TimelineBatch batch = pack_timelines(std::span(&line, 1), std::span(&products, 1));
  torch::Tensor weights = torch::zeros({1, batch.lags.size(2)});
  weights[0][25 - kFirstLag] = 1;
  const torch::Tensor next = continued(batch.values, batch.known, weights, 4, 43);
  ASSERT_EQ(next.size(1), 43);
  for (std::int64_t i = 0; i < 43; ++i) {
    // Step t of the line, 25 or 50 back.
    std::int64_t from = 125 + 4 + i;
    while (from >= 125) from -= 25;
    EXPECT_TRUE(torch::equal(next[0][i], batch.values[0][from])) << i;
  }
}

// Where part of the past is unknown, what is known counts in full.
TEST(Continued, WhatIsUnknownHasNoWeight) {
  torch::Tensor values = torch::ones({1, 40, 1}), known = torch::ones({1, 40});
  values.narrow(1, 20, 10).zero_();
  known.narrow(1, 20, 10).zero_();
  const torch::Tensor next = continued(values, known, torch::full({1, 20}, 0.05), 3, 15);
  EXPECT_TRUE(torch::allclose(next, torch::ones({1, 15, 1})));
}

// The session hears the past only where it lies directly before.
TEST(SuccessorSession, HearsWhatLiesDirectlyBeforeAndNothingElse) {
  const test::TemporaryFolder folder;
  const Manifest manifest = test::make_manifest(folder.path(), 1, 0, 12, {90});
  const FragmentSet set = manifest.fragments(Side::train);
  torch::manual_seed(1);
  const auto net = make_network("successor", Recipe::load("successor").settings());
  const auto model = net->model({});
  const auto session = model->open_session(set, 0, 1);
  const auto score = [&](const std::vector<std::size_t>& context) {
    std::vector<float> scores(2);
    session->score(context, std::vector<std::size_t>{9, 11}, scores);
    return scores;
  };
  EXPECT_EQ(score({2, 5}), score({5}));
  EXPECT_EQ(score({6, 5}), score({5})) << "the other way round";
  EXPECT_NE(score({4, 5}), score({5}));
  EXPECT_NE(score({3, 4, 5}), score({4, 5}));
  EXPECT_EQ(score({0, 1, 2, 3, 4, 5}), score({2, 3, 4, 5})) << "the context's length";
  // Of a supposed order all counts, wherever it lies; what does lie there sounds as before.
  const std::vector<float> real = score({3, 4, 5}), alone = score({5});
  session->suppose_contexts();
  EXPECT_EQ(score({3, 4, 5}), real);
  EXPECT_EQ(score({5}), alone);
  EXPECT_NE(score({2, 5}), alone);
  EXPECT_NE(score({2, 5}), score({7, 5}));
}

TEST(SuccessorSession, TheNearestEntriesToAnExitAreThoseThatItTellsApart) {
  const test::TemporaryFolder folder;
  const FragmentSet set = test::make_manifest(folder.path(), 2, 0, 60, {50}).fragments(Side::train);
  torch::manual_seed(1);
  const auto model = make_network("successor", Recipe::load("successor").settings())->model({});
  const auto session = model->open_session(set, 0, 1);
  std::vector<std::size_t> all(set.size() - 1);
  std::iota(all.begin(), all.end(), std::size_t{1});
  const std::size_t width = session->embedding_size();
  ASSERT_GT(width, 0u);
  const std::vector<std::size_t> context = {0};
  const std::vector<float> exit = session->exit(context), entries = session->entries(all);
  ASSERT_EQ(exit.size(), width);
  ASSERT_EQ(entries.size(), all.size() * width);
  std::vector<float> scores(all.size());
  session->score(context, all, scores);
  const auto distance = [&](std::size_t i) {
    double sum = 0;
    for (std::size_t k = 0; k < width; ++k) {
      const double step = exit[k] - entries[i * width + k];
      sum += step * step;
    }
    return sum;
  };
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return distance(a) < distance(b); });
  for (std::size_t i = 50; i < order.size(); ++i) {
    for (std::size_t k = 0; k < 50; ++k) EXPECT_GT(scores[order[k]], scores[order[i]]);
    if (i > 50) {
      EXPECT_GE(scores[order[i - 1]], scores[order[i]]);
    }
  }
  // A row depends on its fragment alone; on two threads it is the same.
  const std::vector<std::size_t> one = {37};
  const auto again = model->open_session(set, 0, 2);
  EXPECT_EQ(again->entries(one),
            std::vector<float>(entries.begin() + static_cast<std::ptrdiff_t>(36 * width),
                               entries.begin() + static_cast<std::ptrdiff_t>(37 * width)));
  EXPECT_EQ(again->exit(context), exit);
  const std::vector<std::vector<std::size_t>> contexts = {{3, 4}, {0}, {7}, {3, 4, 5}};
  const auto rows = again->exits(contexts);
  ASSERT_EQ(rows.size(), contexts.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], session->exit(contexts[i]));
}

TEST(SuccessorSession, ThoseBeyondTheNearestFiftyKeepTheirOrderBelow) {
  const test::TemporaryFolder folder;
  const Manifest manifest = test::make_manifest(folder.path(), 2, 0, 60, {50});
  const FragmentSet set = manifest.fragments(Side::train);
  torch::manual_seed(1);
  const auto model = make_network("successor", Recipe::load("successor").settings())->model({});
  std::vector<std::size_t> all;
  for (std::size_t i = 1; i < set.size(); ++i) all.push_back(i);
  std::vector<float> one(all.size()), two(all.size());
  const std::vector<std::size_t> context = {0};
  model->open_session(set, 0, 1)->score(context, all, one);
  model->open_session(set, 0, 2)->score(context, all, two);
  EXPECT_EQ(one, two) << "on one thread and on two";
  // Taking away what scores lowest changes nothing of the rest.
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return one[a] > one[b]; });
  std::vector<std::size_t> fewer;
  for (std::size_t i = 0; i < 80; ++i) fewer.push_back(all[order[i]]);
  std::vector<float> scores(fewer.size());
  model->open_session(set, 0, 1)->score(context, fewer, scores);
  for (std::size_t i = 0; i < fewer.size(); ++i) EXPECT_EQ(scores[i], one[order[i]]) << i;
}

TEST(SuccessorSession, WhatWasAskedBeforeChangesNoBit) {
  const test::TemporaryFolder folder;
  const FragmentSet set = test::make_manifest(folder.path(), 2, 0, 30, {50}).fragments(Side::train);
  torch::manual_seed(1);
  const auto model = make_network("successor", Recipe::load("successor").settings())->model({});
  const auto session = model->open_session(set, 0, 1);
  Random random(4);
  for (int round = 0; round < 30; ++round) {
    const std::vector<std::size_t> context = {random.below(3)};
    std::vector<std::size_t> some;
    for (std::size_t i = 3; i < set.size(); ++i)
      if (random.below(3) > 0) some.push_back(i);
    random.shuffle(std::span(some));
    some.resize(std::min<std::size_t>(some.size(), 40));  // all of them are told apart
    std::vector<float> scores(some.size()), anew(some.size());
    session->score(context, some, scores);
    model->open_session(set, 0, 1)->score(context, some, anew);
    EXPECT_EQ(scores, anew) << round;
  }
}

}  // namespace
}  // namespace segue
