#include "planning/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr float kHighest = 1e6f;  // sums of a day's scores stay whole numbers

std::int64_t quantised(double score) { return std::llround(score / kScoreUnit); }

std::int64_t par_of(const std::vector<Candidate>& best_first) {
  const auto highest = static_cast<double>(best_first.front().score) * kScoreUnit;
  double sum = 0;
  for (const Candidate& candidate : best_first)
    sum += std::exp(static_cast<double>(candidate.score) * kScoreUnit - highest);
  return quantised(highest + std::log(sum));
}

}  // namespace

Ranker::Ranker(ScoringSession& session, const FragmentPool& pool, SecondOpinion second_opinion)
    : session_(session), pool_(pool), second_opinion_(std::move(second_opinion)) {}

std::vector<Ranking> Ranker::rank(std::span<const Question> questions) const {
  std::vector<Ranking> rankings;
  rankings.reserve(questions.size());
  std::vector<RankedAfter> asked;
  for (const Question& question : questions) {
    Ranking& ranking = rankings.emplace_back(score(question));
    if (!ranking.best.empty()) asked.push_back({question.context.back(), ranking.best});
  }
  if (second_opinion_) second_opinion_(asked);
  for (Ranking& ranking : rankings) {
    if (second_opinion_) sort(ranking.best);
    ranking.best.resize(std::min(kRanked, ranking.best.size()));
    ranking.best.shrink_to_fit();
  }
  return rankings;
}

Ranking Ranker::rank(const Question& question) const {
  return std::move(rank(std::span(&question, 1)).front());
}

// By the network alone.
Ranking Ranker::score(const Question& question) const {
  const std::vector<std::size_t>& candidates = question.candidates;
  Ranking ranking;
  ranking.heard = candidates.size();
  if (candidates.empty()) return ranking;
  std::vector<float> scores(candidates.size());
  session_.score(question.context, candidates, scores);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!std::isfinite(scores[i])) throw score_is_no_number();
    ranking.best.push_back({candidates[i], quantised(std::clamp(scores[i], -kHighest, kHighest))});
  }
  sort(ranking.best);
  ranking.par = par_of(ranking.best);
  return ranking;
}

std::int64_t Ranker::score(std::span<const std::size_t> context, std::size_t candidate) const {
  float score = 0;
  session_.score(context, std::span(&candidate, 1), std::span(&score, 1));
  if (!std::isfinite(score)) throw score_is_no_number();
  return quantised(std::clamp(score, -kHighest, kHighest));
}

void Ranker::sort(std::vector<Candidate>& candidates) const {
  const auto key = [&](const Candidate& candidate) {
    return std::make_tuple(-candidate.score, pool_.fragments()[candidate.fragment].tie,
                           candidate.fragment);
  };
  std::sort(candidates.begin(), candidates.end(), [&](auto& a, auto& b) { return key(a) < key(b); });
}

}  // namespace segue
