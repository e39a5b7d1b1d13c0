#include "planning/critic.hpp"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {
constexpr float kMostOdds = 1000;  // either way
}  // namespace

Critic::Critic(const FragmentPool& pool, std::unique_ptr<SeamEar> ear, const CriticConfig& config)
    : pool_(pool), ear_(std::move(ear)), config_(config) {}

std::vector<float> Critic::odds(std::size_t from, std::span<const std::size_t> to) {
  if (known_.size() > config_.kept) known_.clear();
  const auto key = [&](std::size_t candidate) {
    return static_cast<std::uint64_t>(from) * pool_.fragments().size() + candidate;
  };
  std::vector<std::size_t> missing;
  for (const std::size_t candidate : to)
    if (!known_.contains(key(candidate))) missing.push_back(candidate);
  const std::vector<float> heard = missing.empty() ? std::vector<float>() : ear_->odds(from, missing);
  for (std::size_t i = 0; i < missing.size(); ++i)
    known_[key(missing[i])] = std::round(std::clamp(heard[i], -kMostOdds, kMostOdds) * 256) / 256;
  std::vector<float> result;
  for (const std::size_t candidate : to) result.push_back(known_.at(key(candidate)));
  return result;
}

void Critic::judge(std::size_t last, std::span<Candidate> ranked) {
  const auto change_of = [&](float odds) {
    return std::llround(config_.weight * log_unheard(odds) / kScoreUnit);
  };
  std::vector<std::size_t> heard, fragments, too_short;  // places in `ranked`, but for fragments
  std::size_t end = 0;
  for (; end < ranked.size() && heard.size() < config_.heard; ++end) {
    const std::size_t fragment = ranked[end].fragment;
    const bool audible = ear_->has_opinion(last, fragment);
    (audible ? heard : too_short).push_back(end);
    if (audible) fragments.push_back(fragment);
  }
  const std::vector<float> seams = odds(last, fragments);
  std::int64_t least = 0, sum = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const std::int64_t change = change_of(seams[i]);
    ranked[heard[i]].score += change;
    least = std::min(least, change);
    sum += change;
  }
  const std::int64_t usual =
      heard.empty() ? change_of(0) : sum / static_cast<std::int64_t>(heard.size());
  for (const std::size_t i : too_short) ranked[i].score += usual;
  for (std::size_t i = end; i < ranked.size(); ++i) ranked[i].score += least;
}

}  // namespace segue
