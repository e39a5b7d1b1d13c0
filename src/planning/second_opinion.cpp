#include "planning/second_opinion.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/baselines.hpp"

namespace segue {
namespace {

class Opinion {
 public:
  Opinion(const FragmentPool& pool, const OpinionConfig& config) : edge_weight_(config.edge_weight) {
    if (edge_weight_ != 0) {
      edge_ = make_edge_model();
      session_ = edge_->open_session(pool.set());
    }
    if (!config.hears()) return;
    critic_ =
        std::make_unique<Critic>(pool,
                                 config.blends.empty() ? crossfade_ear(pool, config.critics, config.ear)
                                                       : blend_ear(pool, config.blends, config.ear),
                                 config.critic);
  }

  void judge(std::span<const RankedAfter> rankings) {
    if (session_)
      for (const RankedAfter& ranking : rankings) look_at_edges(ranking);
    if (critic_) critic_->judge(rankings);
  }

 private:
  void look_at_edges(const RankedAfter& ranking) {
    const auto [last, ranked] = ranking;
    std::vector<std::size_t> fragments;
    for (const Candidate& candidate : ranked) fragments.push_back(candidate.fragment);
    std::vector<float> nearness(fragments.size());
    session_->score(std::span(&last, 1), fragments, nearness);
    for (std::size_t i = 0; i < ranked.size(); ++i)
      ranked[i].score += std::llround(edge_weight_ * static_cast<double>(nearness[i]) / kScoreUnit);
    // The critic hears the best of the sum.
    std::sort(ranked.begin(), ranked.end(), [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.fragment < b.fragment;
    });
  }

  double edge_weight_;
  std::unique_ptr<SuccessorModel> edge_;
  std::unique_ptr<ScoringSession> session_;
  std::unique_ptr<Critic> critic_;
};

}  // namespace

SecondOpinion second_opinion(const FragmentPool& pool, const OpinionConfig& config) {
  if (config.edge_weight == 0 && !config.hears()) return {};
  const auto opinion = std::make_shared<Opinion>(pool, config);
  return [opinion](std::span<const RankedAfter> rankings) { opinion->judge(rankings); };
}

}  // namespace segue
