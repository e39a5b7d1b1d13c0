// The beam search beside methods that are slow and plain.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "model/registry.hpp"
#include "plan/output_clock.hpp"
#include "planning/feasibility.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/ranking.hpp"
#include "support/mix_library.hpp"

namespace segue {
namespace {

using test::MixLibrary;
using test::OpinionatedModel;
using Sequence = std::vector<std::size_t>;

// All that a choice may take after a sequence, and what it is worth, with nothing kept from step to
// step.
class Plain {
 public:
  Plain(const MixConfig& config, const FragmentPool& pool, const OpinionatedModel& model)
      : config_(config), pool_(pool), session_(model.open_session(pool.set(), 0, 1)) {}

  bool full(const Sequence& sequence) const {
    OutputClock clock(config_.sample_rate);
    for (const std::size_t fragment : sequence) {
      clock.add(pool_.pcm_end(fragment) - pool_.pcm_start(fragment),
                pool_.track_of(fragment).record.format.sample_rate);
    }
    return clock.now() >= to_pcm_frames(config_.length, config_.sample_rate);
  }

  std::vector<std::size_t> allowed(const Sequence& sequence) const {
    const Hop limit = track_limit(config_, pool_);
    std::vector<std::size_t> result;
    for (std::size_t next = 0; next < pool_.fragments().size(); ++next) {
      const PoolFragment& fragment = pool_.fragments()[next];
      Hop filled = fragment.span.length;
      bool fits = !pool_.adjacent(sequence.back(), next);
      for (const std::size_t played : sequence) {
        fits &= played != next;
        if (pool_.fragments()[played].track == fragment.track)
          filled += pool_.fragments()[played].span.length;
      }
      if (fits && filled <= limit) result.push_back(next);
    }
    return result;
  }

  // Best first, with the gain of each.
  std::vector<std::pair<std::size_t, std::int64_t>> ranked(const Sequence& sequence) {
    std::vector<std::size_t> next = nearest(sequence, allowed(sequence));
    if (next.empty()) return {};
    std::vector<float> scores(next.size());
    session_->score(std::span(sequence).last(1), next, scores);
    double sum = 0;
    std::vector<std::pair<std::size_t, std::int64_t>> result;
    for (std::size_t i = 0; i < next.size(); ++i) {
      result.emplace_back(next[i], std::llround(scores[i] * 1e6));
      sum += std::exp(static_cast<double>(result.back().second) * 1e-6);
    }
    std::sort(result.begin(), result.end(), [&](auto& a, auto& b) {
      if (a.second != b.second) return a.second > b.second;
      return pool_.fragments()[a.first].tie < pool_.fragments()[b.first].tie;
    });
    for (auto& [fragment, gain] : result) gain -= std::llround(std::log(sum) * 1e6);
    return result;
  }

 private:
  std::vector<std::size_t> nearest(const Sequence& sequence, std::vector<std::size_t> next) {
    const std::size_t width = session_->embedding_size();
    if (width == 0 || config_.candidates == 0 || next.empty()) return next;
    const std::vector<float> exit = session_->exit(sequence), entries = session_->entries(next);
    std::vector<std::pair<double, std::size_t>> distances;
    for (std::size_t i = 0; i < next.size(); ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < width; ++k) {
        const double step = exit[k] - entries[i * width + k];
        sum += step * step;
      }
      distances.emplace_back(sum, next[i]);
    }
    std::sort(distances.begin(), distances.end());
    next.clear();
    for (const auto& [distance, fragment] : distances)
      if (next.size() < config_.candidates.value_or(50)) next.push_back(fragment);
    return next;
  }

  const MixConfig& config_;
  const FragmentPool& pool_;
  std::unique_ptr<ScoringSession> session_;
};

// The report's assembly: the best next; back from a dead end. Nothing if that does not lead to an end.
std::optional<Sequence> greedy(const MixConfig& config, const FragmentPool& pool,
                               const OpinionatedModel& model) {
  Plain plain(config, pool, model);
  Sequence sequence = {pool.at(*config.start)};
  std::vector<Sequence> open = {{}};  // of each place, what else might have been taken, best last
  std::size_t fixed = 0;
  for (int steps = 0; !plain.full(sequence);) {
    Sequence next;
    for (const auto& [fragment, gain] : plain.ranked(sequence)) next.push_back(fragment);
    next.resize(std::min<std::size_t>(next.size(), 64));
    std::reverse(next.begin(), next.end());
    while (next.empty()) {
      if (sequence.size() == fixed || ++steps > 5000) return {};
      sequence.pop_back();
      next = open.back();
      open.pop_back();
    }
    sequence.push_back(next.back());
    next.pop_back();
    open.push_back(next);
    fixed = std::max(fixed, sequence.size() - std::min<std::size_t>(sequence.size(), 64));
  }
  return sequence;
}

Sequence sequence_of(const Plan& plan, const FragmentPool& pool) {
  Sequence sequence;
  for (const Placement& placement : plan.placements) {
    for (std::size_t i = 0; i < pool.fragments().size(); ++i) {
      if (pool.track_of(i).record.id == plan.sources[placement.source].track &&
          pool.pcm_start(i) == placement.start)
        sequence.push_back(i);
    }
  }
  return sequence;
}

// Any mix from any music, with a start.
MixConfig draw(MixLibrary& library, Random& random) {
  const auto tracks = 1 + random.below(6);
  double total = 0;
  for (std::size_t t = 0; t < tracks; ++t) {
    const double seconds = random.uniform(8, 40);
    library.add("track " + std::to_string(t), seconds, random.below(2) == 0 ? 44100 : 48000);
    total += seconds;
  }
  MixConfig config;
  const char* cuts[] = {"3", "1", "0.5-4", "2-2.5"};
  config.segmentation = Segmentation::parse(cuts[random.below(4)], random.next());
  config.length = Seconds(random.uniform(2, total));
  config.seed = random.next();
  config.track_share = random.uniform(0.3, 1);
  config.candidates = 0;
  config.start = StartPoint{test::track_id("track 0"), Seconds(3)};
  return config;
}

OpinionatedModel model_of(Random& random, MixConfig& config) {
  OpinionatedModel model(test::hashed_opinion(random.below(2) == 0 ? 4 : 100000));
  if (random.below(2) == 0) {
    model.embedding_size = 6;
    model.embedding = test::hashed_embedding(6);
    config.candidates = 1 + random.below(30);
  }
  return model;
}

TEST(Chooser, ABeamOfOneIsGreedyAndStepsBackLikeIt) {
  Random random(1);
  int planned = 0, dead_ends = 0;
  for (int round = 0; round < 120; ++round) {
    MixLibrary library;
    MixConfig config = draw(library, random);
    config.beam = 1;
    const OpinionatedModel model = model_of(random, config);
    const FragmentPool pool(config, library.library(), library.tracks());
    try {
      require_feasible(config, pool, track_limit(config, pool));
    } catch (const Error&) {
      continue;
    }
    const std::optional<Sequence> wanted = greedy(config, pool, model);
    try {
      const Plan plan = plan_mix(config, library.library(), library.tracks(), model);
      ASSERT_TRUE(wanted) << round;
      EXPECT_EQ(sequence_of(plan, pool), *wanted) << round;
      ++planned;
      for (const Placement& placement : plan.placements)
        dead_ends += placement.why.find("lead nowhere") != std::string::npos;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::infeasible) << error.what();
      EXPECT_FALSE(wanted) << round << error.what();
    }
  }
  EXPECT_GE(planned, 50);
  EXPECT_GE(dead_ends, 5) << "the examples should hold some";
}

// The best of all sequences, by trying them all.
std::int64_t best_total(Plain& plain, Sequence& sequence) {
  if (plain.full(sequence)) return 0;
  std::int64_t best = std::numeric_limits<std::int64_t>::min() / 2;
  for (const auto& [fragment, gain] : plain.ranked(sequence)) {
    sequence.push_back(fragment);
    best = std::max(best, gain + best_total(plain, sequence));
    sequence.pop_back();
  }
  return best;
}

// What a sequence has gained, choice by choice.
std::int64_t total_of(Plain& plain, const Sequence& sequence) {
  std::int64_t total = 0;
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    const Sequence before(sequence.begin(), sequence.begin() + static_cast<std::ptrdiff_t>(i));
    for (const auto& [fragment, gain] : plain.ranked(before))
      total += fragment == sequence[i] ? gain : 0;
  }
  return total;
}

// A few short tracks, and a beam that holds all sequences; opinions differ by seed.
struct Small {
  Small(int tracks, Segmentation segmentation, double length, std::uint64_t seed, float spread)
      : model(
            [spread, seed, opinion = test::hashed_opinion(100000)](const auto& last, const auto& next) {
              return spread * opinion({last.track, last.start + static_cast<Hop>(1000 * seed)}, next);
            }) {
    for (int t = 0; t < tracks; ++t) library.add("track " + std::to_string(t), 9.1);
    config.segmentation = segmentation;
    config.length = Seconds(length);
    config.track_share = 1;
    config.seed = seed;
    config.candidates = 0;
    config.beam = 1000;
    config.start = StartPoint{test::track_id("track 0"), Seconds(0)};
  }
  Plan plan() { return plan_mix(config, library.library(), library.tracks(), model); }

  MixLibrary library;
  MixConfig config;
  OpinionatedModel model;
};

TEST(Chooser, ABeamThatHoldsAllSequencesFindsTheBest) {
  int better = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    // Four fragments of 2.995 s: at most 8 · 7 · 6 sequences.
    Small small(3, Segmentation::parse("3"), 11.9, seed, 10);
    const FragmentPool pool(small.config, small.library.library(), small.library.tracks());
    Plain plain(small.config, pool, small.model);
    const auto total = [&] { return total_of(plain, sequence_of(small.plan(), pool)); };
    Sequence start = {pool.at(*small.config.start)};
    const std::int64_t best = best_total(plain, start);
    EXPECT_EQ(total(), best);
    small.config.beam = 1;
    const std::int64_t of_greedy = total();
    EXPECT_LE(of_greedy, best);
    better += of_greedy < best;
  }
  EXPECT_GE(better, 3) << "the examples should need more than greed";
}

// The best mean gain of all sequences, by trying them all.
double best_mean(Plain& plain, Sequence& sequence, std::int64_t total) {
  if (plain.full(sequence))
    return static_cast<double>(total) /
           static_cast<double>(std::max<std::size_t>(2, sequence.size()) - 1);
  double best = -std::numeric_limits<double>::infinity();
  for (const auto& [fragment, gain] : plain.ranked(sequence)) {
    sequence.push_back(fragment);
    best = std::max(best, best_mean(plain, sequence, total + gain));
    sequence.pop_back();
  }
  return best;
}

TEST(Chooser, OfSequencesOfUnequalCountsTheBestMeanIsTaken) {
  std::set<std::size_t> counts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Small small(2, Segmentation::parse("1-4", seed), 6, seed, 2);
    const FragmentPool pool(small.config, small.library.library(), small.library.tracks());
    Plain plain(small.config, pool, small.model);
    const Sequence chosen = sequence_of(small.plan(), pool);
    counts.insert(chosen.size());
    Sequence start = {pool.at(*small.config.start)};
    EXPECT_NEAR(static_cast<double>(total_of(plain, chosen)) / static_cast<double>(chosen.size() - 1),
                best_mean(plain, start, 0), 1e-6)
        << seed;
  }
  EXPECT_GE(counts.size(), 2u);
}

TEST(Chooser, WhereNoSequenceOfTheBeamGoesOnItStepsBack) {
  // Four fragments in a row can only be played 1 3 0 2 or 2 0 3 1.
  MixLibrary library;
  library.add("one", 12.1);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    for (const std::size_t beam : {1, 2, 3, 8}) {
      MixConfig config;
      config.length = Seconds(11.98);
      config.seed = seed;
      config.beam = beam;
      const Plan plan = plan_mix(config, library.library(), library.tracks(),
                                 OpinionatedModel(test::hashed_opinion(1000)));
      EXPECT_EQ(plan.placements.size(), 4u);
    }
  }
}

TEST(Chooser, SaysWhyABetterOneWasNotTaken) {
  Random random(5);
  MixLibrary library;
  for (int t = 0; t < 4; ++t) library.add("track " + std::to_string(t), 40);
  MixConfig config;
  config.length = Seconds(60);
  config.beam = 8;
  const Plan plan = plan_mix(config, library.library(), library.tracks(),
                             OpinionatedModel(test::hashed_opinion(1000)));
  int passed_over = 0;
  for (std::size_t i = 1; i < plan.placements.size(); ++i) {
    const Placement& placement = plan.placements[i];
    const auto above = std::count_if(placement.runners_up.begin(), placement.runners_up.end(),
                                     [&](auto& other) { return other.score > placement.score; });
    if (above == 0) {
      EXPECT_TRUE(placement.why.starts_with("best of ")) << placement.why;
    } else {
      EXPECT_TRUE(placement.why.ends_with("lead on less well or nowhere")) << placement.why;
      if (above < 5) {
        EXPECT_TRUE(placement.why.starts_with("number " + std::to_string(above + 1) + " of "))
            << placement.why;
      }
      ++passed_over;
    }
  }
  EXPECT_GE(passed_over, 1) << "the example should hold one";
}

TEST(Ranker, ASecondOpinionCountsInOrderAndSum) {
  MixLibrary library;
  library.add("a", 20);
  const FragmentPool pool(MixConfig{}, library.library(), library.tracks());
  const OpinionatedModel model([](auto&, auto& next) { return static_cast<float>(next.start) / 1000; });
  const auto session = model.open_session(pool.set(), 0, 1);
  const Question question{{0}, {2, 3, 4, 5}};
  const Ranker ranker(*session, pool, [](std::span<const RankedAfter> rankings) {
    EXPECT_EQ(rankings.size(), 1u);
    EXPECT_EQ(rankings.front().last, 0u);
    EXPECT_EQ(rankings.front().ranked.front().fragment, 5u);
    rankings.front().ranked.front().score = 0;
  });
  const Ranking ranking = ranker.rank(question), plain = Ranker(*session, pool).rank(question);
  std::vector<std::size_t> order;
  double sum = 0;
  for (std::size_t rank = 0; rank < ranking.best.size(); ++rank) {
    order.push_back(ranking.best[rank].fragment);
    sum += std::exp(static_cast<double>(plain.gain(rank)) * kScoreUnit);
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{4, 3, 2, 5}));
  EXPECT_NEAR(sum, 1, 1e-5) << "log probabilities";
  EXPECT_EQ(ranking.gain(0), plain.gain(1)) << "of what it says nothing";
  EXPECT_LT(ranking.gain(3), plain.gain(0));
}

// A network that hears on all cores.
TEST(Chooser, ThePlanIsTheSameOnOneCoreAndOnTwo) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
    if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
  MixLibrary library;
  Random random(6);
  for (int t = 0; t < 4; ++t) library.add_noise("track " + std::to_string(t), 30, random);
  const auto model = load_model("crnn-tuned");
  MixConfig config;
  config.length = Seconds(30);
  const nlohmann::json on_all = plan_mix(config, library.library(), library.tracks(), *model);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const nlohmann::json on_one = plan_mix(config, library.library(), library.tracks(), *model);
  sched_setaffinity(0, sizeof all, &all);
  EXPECT_EQ(on_all, on_one);
}

}  // namespace
}  // namespace segue
