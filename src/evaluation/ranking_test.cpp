#include "evaluation/ranking_test.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "evaluation/puzzle.hpp"
#include "evaluation/rebuild.hpp"
#include "evaluation/same_audio.hpp"
#include "evaluation/track_ranges.hpp"

namespace segue {
namespace {

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
      : model_(model),
        config_(config),
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
    put_in_order(result);
    return result;
  }

 private:
  void rank_all(RankingResult& result) {
    ShareByTrack r1(ranges_.size()), tolerant(ranges_.size()), r10(ranges_.size()), mrr(ranges_.size()),
        global(ranges_.size());
    std::vector<std::size_t> context;
    for (std::size_t track = 0; track < ranges_.size(); ++track) {
      const auto [begin, end] = ranges_[track];
      for (std::size_t i = begin; i + 1 < end; ++i) {
        throw_if_interrupted();
        context.clear();
        for (std::size_t j = i + 1 - std::min(history_, i + 1 - begin); j <= i; ++j)
          context.push_back(j);
        // Two questions: some systems look closer at the best of those they are asked about.
        const std::vector<float> everywhere = scores_of(context, 0, fragments_.size(), i);
        global.add(track, rank(0, fragments_.size(), i, [&](std::size_t fragment) {
                            return everywhere[fragment];
                          }).chance(1));
        const std::vector<float> in_track = scores_of(context, begin, end, i);
        const auto score_of = [&, first = begin](std::size_t fragment) {
          return in_track[fragment - first];
        };
        const Rank inside = rank(begin, end, i, score_of);
        const double same = chance_of_same_audio(begin, end, i, score_of);
        r1.add(track, inside.chance(1));
        tolerant.add(track, same);
        r10.add(track, inside.chance(10));
        mrr.add(track, inside.reciprocal());
        if (config_.on_prediction)
          config_.on_prediction(prediction(begin, end, i, inside, same, score_of));
      }
    }
    result.r1 = r1.share(config_.seed);
    result.r1_tolerant = tolerant.share(config_.seed);
    result.r10 = r10.share(config_.seed);
    result.mrr = mrr.share(config_.seed);
    result.global_r1 = global.share(config_.seed);
  }

  // How well each of [begin, end) follows, in that order; i itself, which plays, is not asked.
  std::vector<float> scores_of(std::span<const std::size_t> context, std::size_t begin, std::size_t end,
                               std::size_t i) {
    std::vector<std::size_t> candidates;
    for (std::size_t other = begin; other < end; ++other) {
      if (other != i) candidates.push_back(other);
    }
    std::vector<float> scores(candidates.size());
    session_->score(context, candidates, scores);
    scores.insert(scores.begin() + static_cast<std::ptrdiff_t>(i - begin), 0.0f);
    return scores;
  }

  // Of i + 1 among [begin, end) without i.
  template <class ScoreOf>
  static Rank rank(std::size_t begin, std::size_t end, std::size_t i, const ScoreOf& score_of) {
    Rank rank;
    const float right = score_of(i + 1);
    if (!std::isfinite(right)) throw score_is_no_number();
    for (std::size_t other = begin; other < end; ++other) {
      if (other == i || other == i + 1) continue;
      const float score = score_of(other);
      if (!std::isfinite(score)) throw score_is_no_number();
      rank.above += score > right;
      rank.ties += score == right;
    }
    return rank;
  }

  // That the one taken for the next sounds like the true next, or is it.
  template <class ScoreOf>
  double chance_of_same_audio(std::size_t begin, std::size_t end, std::size_t i,
                              const ScoreOf& score_of) const {
    float best = score_of(i + 1);
    for (std::size_t other = begin; other < end; ++other) {
      if (other != i) best = std::max(best, score_of(other));
    }
    double taken = 0, same = 0;
    for (std::size_t other = begin; other < end; ++other) {
      if (other == i || score_of(other) != best) continue;
      taken += 1;
      same += other == i + 1 || audio_distance(fragments_, i + 1, other, config_.guard) < kSameAudio;
    }
    return same / taken;
  }

  template <class ScoreOf>
  Prediction prediction(std::size_t begin, std::size_t end, std::size_t i, const Rank& rank, double same,
                        const ScoreOf& score_of) const {
    Prediction prediction;
    prediction.track = fragments_.track_of(i);
    prediction.asked = fragments_.span_of(i);
    prediction.rank = 1 + static_cast<double>(rank.above) + static_cast<double>(rank.ties) / 2;
    prediction.r1 = rank.chance(1);
    prediction.r1_tolerant = same;
    for (std::size_t other = begin; other < end; ++other) {
      if (other != i) prediction.best.push_back({fragments_.span_of(other), score_of(other)});
    }
    std::stable_sort(prediction.best.begin(), prediction.best.end(),
                     [](auto& a, auto& b) { return a.score > b.score; });
    if (prediction.best.size() > kPredictionsKept) prediction.best.resize(kPredictionsKept);
    return prediction;
  }

  // Of one track: games won, and true neighbours found.
  struct Rebuilt {
    std::vector<double> games[3];
    Agreement whole;
  };
  static constexpr std::pair<std::size_t, std::size_t> kWindows[] = {{3, 1}, {6, 2}, {8, 3}};

  // As `rebuild` does, the tracks side by side.
  void put_in_order(RankingResult& result) {
    std::vector<Rebuilt> tracks(ranges_.size());
    parallel_for(ranges_.size(), config_.threads, [&](std::size_t track) {
      const auto [begin, end] = ranges_[track];
      const auto session = model_.open_session(fragments_, config_.guard, 1);
      std::uint64_t seed = derive_seed(config_.seed, track);
      const auto order_of = [&](std::size_t first, std::size_t n) {
        const FoundOrder found = find_order(*session, first, n, Assembly::best, seed++, history_);
        return compare_with_truth(found.order);
      };
      tracks[track].whole = order_of(begin, end - begin);
      for (std::size_t kind = 0; kind < std::size(kWindows); ++kind) {
        const auto [n, stride] = kWindows[kind];
        for (std::size_t first = begin; first + n <= end; first += stride)
          tracks[track].games[kind].push_back(order_of(first, n).whole ? 1 : 0);
      }
    });
    Share* const shares[] = {&result.rebuilt3, &result.rebuilt6, &result.rebuilt8};
    for (std::size_t kind = 0; kind < std::size(kWindows); ++kind) {
      ShareByTrack won(ranges_.size());
      for (std::size_t track = 0; track < tracks.size(); ++track) {
        for (const double game : tracks[track].games[kind]) won.add(track, game);
      }
      *shares[kind] = won.share(config_.seed);
    }
    ShareByTrack right(ranges_.size());
    for (std::size_t track = 0; track < tracks.size(); ++track) {
      for (std::size_t pair = 0; pair < tracks[track].whole.pairs; ++pair)
        right.add(track, pair < tracks[track].whole.right ? 1 : 0);
    }
    result.neighbours = right.share(config_.seed);
  }

  // The share of games won of all windows of n fragments.
  Share play(std::size_t n, std::size_t stride) {
    ShareByTrack won(ranges_.size());
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

  const SuccessorModel& model_;
  RankingTestConfig config_;
  const FragmentSet& fragments_;
  std::size_t history_;
  std::unique_ptr<ScoringSession> session_;
  std::vector<TrackRange> ranges_;  // of the tracks that are measured
};

}  // namespace

RankingResult measure_ranking(const SuccessorModel& model, const FragmentSet& fragments,
                              const RankingTestConfig& config) {
  return Test(model, fragments, config).run();
}

void to_json(nlohmann::json& json, const RankingResult& result) {
  json = nlohmann::json::object();
  const auto put = [&](const char* key, const Share& share) {
    put_figure(json, key, share.value, share.interval);
  };
  put("r1", result.r1);
  put("r1_tolerant", result.r1_tolerant);
  put("r10", result.r10);
  put("mrr", result.mrr);
  put("global_r1", result.global_r1);
  put("g3", result.g3);
  put("g6", result.g6);
  put("g8", result.g8);
  put("rebuilt3", result.rebuilt3);
  put("rebuilt6", result.rebuilt6);
  put("rebuilt8", result.rebuilt8);
  put("neighbours", result.neighbours);
}

void to_json(nlohmann::json& json, const Prediction& prediction) {
  json = {{"start", hops_to_seconds(prediction.asked.start).count()},
          {"length", hops_to_seconds(prediction.asked.length).count()},
          {"rank", prediction.rank},
          {"r1", prediction.r1},
          {"r1_tolerant", prediction.r1_tolerant},
          {"best", nlohmann::json::array()}};
  for (const Prediction::Choice& choice : prediction.best)
    json["best"].push_back(
        {{"start", hops_to_seconds(choice.span.start).count()}, {"score", choice.score}});
}

}  // namespace segue
