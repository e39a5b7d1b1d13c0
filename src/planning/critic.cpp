#include "planning/critic.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace segue {
namespace {
constexpr float kMostOdds = 1000;  // either way
}  // namespace

Critic::Critic(const FragmentPool& pool, std::unique_ptr<SeamEar> ear, const CriticConfig& config)
    : pool_(pool), ear_(std::move(ear)), config_(config) {}

// Of a ranking.
struct Critic::Heard {
  std::vector<std::size_t> audible, too_short;  // places in it
  std::size_t end = 0;                          // the first place of those that nobody hears
};

std::vector<float> Critic::odds(std::span<const FragmentSeam> seams) {
  if (known_.size() > config_.kept) known_.clear();
  std::vector<FragmentSeam> missing;
  std::unordered_set<std::uint64_t> asked;
  for (const FragmentSeam& seam : seams)
    if (!known_.contains(key(seam)) && asked.insert(key(seam)).second) missing.push_back(seam);
  const std::vector<float> heard = missing.empty() ? std::vector<float>() : ear_->odds(missing);
  for (std::size_t i = 0; i < missing.size(); ++i)
    known_[key(missing[i])] = std::round(std::clamp(heard[i], -kMostOdds, kMostOdds) * 256) / 256;
  std::vector<float> result;
  for (const FragmentSeam& seam : seams) result.push_back(known_.at(key(seam)));
  return result;
}

void Critic::judge(std::span<const RankedAfter> rankings) {
  std::vector<Heard> chosen;
  std::vector<FragmentSeam> seams;
  for (const RankedAfter& ranking : rankings) {
    chosen.push_back(choose(ranking));
    for (const std::size_t i : chosen.back().audible)
      seams.push_back({ranking.last, ranking.ranked[i].fragment});
  }
  const std::vector<float> all = odds(seams);
  std::span<const float> rest = all;
  for (std::size_t i = 0; i < rankings.size(); ++i) {
    const std::size_t count = chosen[i].audible.size();
    weigh(chosen[i], rest.first(count), rankings[i].ranked);
    rest = rest.subspan(count);
  }
}

Critic::Heard Critic::choose(const RankedAfter& ranking) const {
  Heard chosen;
  std::size_t& end = chosen.end;
  for (; end < ranking.ranked.size() && chosen.audible.size() < config_.heard; ++end) {
    const bool audible = ear_->has_opinion(ranking.last, ranking.ranked[end].fragment);
    (audible ? chosen.audible : chosen.too_short).push_back(end);
  }
  return chosen;
}

void Critic::weigh(const Heard& chosen, std::span<const float> odds, std::span<Candidate> ranked) const {
  const auto change_of = [&](float some) {
    return std::llround(config_.weight * log_unheard(some) / kScoreUnit);
  };
  std::int64_t least = 0, sum = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const std::int64_t change = change_of(odds[i]);
    ranked[chosen.audible[i]].score += change;
    least = std::min(least, change);
    sum += change;
  }
  const std::int64_t usual = odds.empty() ? change_of(0) : sum / static_cast<std::int64_t>(odds.size());
  for (const std::size_t i : chosen.too_short) ranked[i].score += usual;
  for (std::size_t i = chosen.end; i < ranked.size(); ++i) ranked[i].score += least;
}

}  // namespace segue
