#include "evaluation/transition_test.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "evaluation/share.hpp"
#include "evaluation/track_ranges.hpp"

namespace segue {
namespace {

// One kind of negative, gathered over all queries.
struct Collected {
  std::vector<GroupedScore> scores;

  void add(float score, bool positive, std::size_t track) { scores.push_back({score, positive, track}); }

  double value() const {
    std::vector<float> positives;
    std::vector<float> negatives;
    for (const GroupedScore& s : scores) (s.positive ? positives : negatives).push_back(s.score);
    return auc(positives, negatives);
  }
  AucFigure figure(std::size_t tracks, std::uint64_t seed) const {
    return {value(), auc_interval(scores, tracks, seed)};
  }
};

class Test {
 public:
  Test(const SuccessorModel& model, const FragmentSet& fragments, const TransitionTestConfig& config,
       bool hard_alone)
      : config_(config),
        hard_alone_(hard_alone),
        fragments_(fragments),
        ranges_(track_ranges(fragments)),
        history_(std::max<std::size_t>(1, model.context_length())),
        session_(model.open_session(fragments, config.guard, config.threads)),
        inside_(config.seed),
        outside_(derive_seed(config.seed, 1)) {}

  TransitionAuc run() {
    TransitionAuc result = ask();
    result.easy = easy_.figure(result.tracks, config_.seed);
    result.hard = hard_.figure(result.tracks, config_.seed);
    result.reversed = reversed_.figure(result.tracks, config_.seed);
    return result;
  }

  double run_hard() {
    ask();
    return hard_.value();
  }

 private:
  // Gathers the scores; returns how many tracks and fragments there were.
  TransitionAuc ask() {
    TransitionAuc result;
    for (std::size_t track = 0; track < ranges_.size(); ++track) {
      const auto [begin, end] = ranges_[track];
      if (end - begin < 3) continue;  // no wrong answer within the track
      result.fragments += end - begin;
      for (std::size_t i = begin; i + 1 < end; ++i) {
        throw_if_interrupted();
        ask_forward(ranges_[track], result.tracks, i);
        if (!hard_alone_) ask_reversed(result.tracks, i);
      }
      ++result.tracks;
    }
    if (result.tracks == 0) {
      throw Error(ErrorKind::input, "no track is long enough to measure (three fragments at least)", {},
                  "give longer tracks or a shorter --fragment");
    }
    return result;
  }

  // `track` counts those that are measured.
  void ask_forward(const TrackRange& range, std::size_t track, std::size_t i) {
    const auto [begin, end] = range;
    context_.clear();
    for (std::size_t j = i + 1 - std::min(history_, i + 1 - begin); j <= i; ++j) context_.push_back(j);
    candidates_.assign(1, i + 1);
    const std::size_t inside = end - begin;
    while (candidates_.size() < 1 + config_.negatives) {
      const std::size_t other = begin + inside_.below(inside);
      if (other != i && other != i + 1) candidates_.push_back(other);
    }
    const std::size_t outside = hard_alone_ ? 0 : fragments_.size() - inside;
    for (std::size_t n = 0; outside > 0 && n < config_.negatives; ++n) {
      const std::size_t drawn = outside_.below(outside);
      candidates_.push_back(drawn < begin ? drawn : drawn + inside);
    }
    scores_.resize(candidates_.size());
    session_->score(context_, candidates_, scores_);
    hard_.add(scores_[0], true, track);
    if (!hard_alone_) easy_.add(scores_[0], true, track);
    for (std::size_t n = 1; n < scores_.size(); ++n) {
      (n <= config_.negatives ? hard_ : easy_).add(scores_[n], false, track);
    }
  }

  void ask_reversed(std::size_t track, std::size_t i) {
    reversed_.add(score_pair(i, i + 1), true, track);
    reversed_.add(score_pair(i + 1, i), false, track);
  }

  float score_pair(std::size_t from, std::size_t to) {
    float score = 0;
    session_->score(std::span(&from, 1), std::span(&to, 1), std::span(&score, 1));
    return score;
  }

  TransitionTestConfig config_;
  bool hard_alone_;
  const FragmentSet& fragments_;
  std::vector<TrackRange> ranges_;
  std::size_t history_;
  std::unique_ptr<ScoringSession> session_;
  Random inside_, outside_;  // apart, so that both tests draw the same fragments of the own track
  Collected easy_, hard_, reversed_;
  std::vector<std::size_t> context_, candidates_;
  std::vector<float> scores_;
};

}  // namespace

TransitionAuc measure_transitions(const SuccessorModel& model, const FragmentSet& fragments,
                                  const TransitionTestConfig& config) {
  return Test(model, fragments, config, false).run();
}

double measure_hard_auc(const SuccessorModel& model, const FragmentSet& fragments,
                        const TransitionTestConfig& config) {
  return Test(model, fragments, config, true).run_hard();
}

void to_json(nlohmann::json& json, const TransitionAuc& result) {
  json = {{"n_tracks", result.tracks}, {"n_fragments", result.fragments}};
  const auto put = [&](const char* key, const AucFigure& figure) {
    put_figure(json, key, figure.value, figure.interval);
  };
  put("auc_easy", result.easy);
  put("auc_hard", result.hard);
  put("auc_rev", result.reversed);
}

}  // namespace segue
