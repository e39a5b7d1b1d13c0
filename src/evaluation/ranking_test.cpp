#include "evaluation/ranking_test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "evaluation/puzzle.hpp"
#include "evaluation/track_ranges.hpp"

namespace segue {
namespace {

// Sums by track.
class Mean {
 public:
  explicit Mean(std::size_t tracks) : sums_(tracks), counts_(tracks) {}

  void add(std::size_t track, double value) {
    sums_[track] += value;
    counts_[track] += 1;
  }

  Share share(std::uint64_t seed) const {
    const std::vector<double> once(sums_.size(), 1);
    return {mean(once), bootstrap_interval(sums_.size(), seed,
                                           [&](std::span<const double> drawn) { return mean(drawn); })};
  }

 private:
  double mean(std::span<const double> drawn) const {
    double sum = 0, count = 0;
    for (std::size_t track = 0; track < sums_.size(); ++track) {
      sum += drawn[track] * sums_[track];
      count += drawn[track] * counts_[track];
    }
    return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
  }

  std::vector<double> sums_, counts_;
};

// Where the right answer stands: `above` score higher, `ties` the same.
struct Rank {
  std::size_t above = 0;
  std::size_t ties = 0;

  // Of coming among the first `count`.
  double chance(std::size_t count) const {
    if (above >= count) return 0;
    return std::min(1.0, static_cast<double>(count - above) / static_cast<double>(ties + 1));
  }
  double reciprocal() const {
    double sum = 0;
    for (std::size_t i = 0; i <= ties; ++i) sum += 1 / static_cast<double>(above + 1 + i);
    return sum / static_cast<double>(ties + 1);
  }
};

class Test {
 public:
  Test(const SuccessorModel& model, const FragmentSet& fragments, const RankingTestConfig& config)
      : config_(config),
        fragments_(fragments),
        history_(std::max<std::size_t>(1, model.context_length())),
        session_(model.open_session(fragments, config.guard, config.threads)) {
    for (const TrackRange& range : track_ranges(fragments)) {
      if (range.end - range.begin >= 3) ranges_.push_back(range);
    }
    if (ranges_.empty()) {
      throw Error(ErrorKind::input, "no track is long enough to measure (three fragments at least)", {},
                  "give longer tracks or a shorter --fragment");
    }
  }

  RankingResult run() {
    RankingResult result;
    rank_all(result);
    result.g3 = play(3, 1);
    result.g6 = play(6, 2);
    result.g8 = play(8, 3);
    return result;
  }

 private:
  void rank_all(RankingResult& result) {
    Mean r1(ranges_.size()), r10(ranges_.size()), mrr(ranges_.size()), global(ranges_.size());
    std::vector<std::size_t> context, candidates;
    std::vector<float> scores;
    for (std::size_t track = 0; track < ranges_.size(); ++track) {
      const auto [begin, end] = ranges_[track];
      for (std::size_t i = begin; i + 1 < end; ++i) {
        throw_if_interrupted();
        context.clear();
        for (std::size_t j = i + 1 - std::min(history_, i + 1 - begin); j <= i; ++j)
          context.push_back(j);
        candidates.clear();
        for (std::size_t other = 0; other < fragments_.size(); ++other) {
          if (other != i) candidates.push_back(other);
        }
        scores.resize(candidates.size());
        session_->score(context, candidates, scores);
        const auto score_of = [&](std::size_t fragment) {
          return scores[fragment < i ? fragment : fragment - 1];
        };
        const Rank inside = rank(begin, end, i, score_of);
        r1.add(track, inside.chance(1));
        r10.add(track, inside.chance(10));
        mrr.add(track, inside.reciprocal());
        global.add(track, rank(0, fragments_.size(), i, score_of).chance(1));
      }
    }
    result.r1 = r1.share(config_.seed);
    result.r10 = r10.share(config_.seed);
    result.mrr = mrr.share(config_.seed);
    result.global_r1 = global.share(config_.seed);
  }

  // Of i + 1 among [begin, end) without i.
  template <class ScoreOf>
  static Rank rank(std::size_t begin, std::size_t end, std::size_t i, const ScoreOf& score_of) {
    Rank rank;
    const float right = score_of(i + 1);
    if (!std::isfinite(right)) throw not_a_number();
    for (std::size_t other = begin; other < end; ++other) {
      if (other == i || other == i + 1) continue;
      const float score = score_of(other);
      if (!std::isfinite(score)) throw not_a_number();
      rank.above += score > right;
      rank.ties += score == right;
    }
    return rank;
  }

  static Error not_a_number() {
    return Error(ErrorKind::model, "the network gave a score that is no number", {},
                 "train it again, or choose another with --model");
  }

  // The share of games won of all windows of n fragments.
  Share play(std::size_t n, std::size_t stride) {
    Mean won(ranges_.size());
    std::vector<double> scores(n * n);
    for (std::size_t track = 0; track < ranges_.size(); ++track) {
      const auto [begin, end] = ranges_[track];
      const std::size_t size = end - begin;
      // Neighbouring windows share most of their pairs; each is asked once.
      std::vector<std::vector<float>> rows(size);
      for (std::size_t a = 0; a < size && size >= n; ++a)
        rows[a] = scores_near(begin, end, begin + a, n);
      for (std::size_t first = 0; first + n <= size; first += stride) {
        for (std::size_t a = 0; a < n; ++a) {
          for (std::size_t b = 0; b < n; ++b)
            scores[a * n + b] = a == b ? 0 : rows[first + a][n - 1 + b - a];
        }
        won.add(track, chance_of_true_order(scores, n));
      }
    }
    return won.share(config_.seed);
  }

  // How well each fragment within n - 1 places of `a` follows it: entry n - 1 + d is that of a + d.
  std::vector<float> scores_near(std::size_t begin, std::size_t end, std::size_t a, std::size_t n) {
    throw_if_interrupted();
    const std::size_t low = a - std::min(n - 1, a - begin), high = std::min(end, a + n);
    std::vector<std::size_t> candidates;
    for (std::size_t b = low; b < high; ++b) {
      if (b != a) candidates.push_back(b);
    }
    std::vector<float> scores(candidates.size());
    session_->score(std::span(&a, 1), candidates, scores);
    std::vector<float> near(2 * n - 1);
    for (std::size_t k = 0; k < candidates.size(); ++k) near[n - 1 + candidates[k] - a] = scores[k];
    return near;
  }

  RankingTestConfig config_;
  const FragmentSet& fragments_;
  std::size_t history_;
  std::unique_ptr<ScoringSession> session_;
  std::vector<TrackRange> ranges_;  // of the tracks that are measured
};

nlohmann::json number_or_null(double value) {
  return std::isnan(value) ? nlohmann::json() : nlohmann::json(value);
}

}  // namespace

RankingResult measure_ranking(const SuccessorModel& model, const FragmentSet& fragments,
                              const RankingTestConfig& config) {
  return Test(model, fragments, config).run();
}

void to_json(nlohmann::json& json, const RankingResult& result) {
  json = nlohmann::json::object();
  const auto put = [&](const std::string& key, const Share& share) {
    json[key] = number_or_null(share.value);
    json[key + "_interval"] = {number_or_null(share.interval.low), number_or_null(share.interval.high)};
  };
  put("r1", result.r1);
  put("r10", result.r10);
  put("mrr", result.mrr);
  put("global_r1", result.global_r1);
  put("g3", result.g3);
  put("g6", result.g6);
  put("g8", result.g8);
}

}  // namespace segue
