#include "planning/chooser.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/progress.hpp"
#include "planning/feasibility.hpp"

namespace segue {
namespace {

constexpr std::size_t kRunnersUp = 5;
constexpr std::size_t kRanked = 64;           // alternatives kept for stepping back
constexpr std::size_t kStepsKept = 64;        // how far back it may step
constexpr std::size_t kMostStepsBack = 5000;  // in one mix
constexpr double kScoreUnit = 1e-6;

}  // namespace

Chooser::Chooser(const MixConfig& config, const FragmentPool& pool, const SuccessorModel& model)
    : config_(config),
      pool_(pool),
      session_(model.open_session(pool.set())),
      context_length_(std::max<std::size_t>(1, model.context_length())),
      length_(to_pcm_frames(config.length, config.sample_rate)),
      limit_(track_limit(config, pool)),
      available_(pool, limit_),
      clock_(config.sample_rate) {}

std::vector<Choice> Chooser::choose() {
  Progress progress("choosing", config_.length.count(), "s of the mix");
  append(start());
  while (clock_.now() < length_) {
    throw_if_interrupted();
    progress.set(to_seconds(clock_.now(), config_.sample_rate).count());
    Choice choice = next();
    if (choice.ranking.empty()) {
      step_back();
    } else {
      append(std::move(choice));
    }
  }
  return std::move(choices_);
}

Choice Chooser::start() {
  Choice choice;
  if (config_.start) {
    choice.ranking.push_back({pool_.at(*config_.start), 0});
    return choice;
  }
  // A track by lot, then a fragment; further ones should the rules not let it go on from there.
  Random random(derive_seed(config_.seed, 0));
  std::vector<std::size_t> drawn = available_.draw(kRanked, random);
  random.shuffle(std::span(drawn));
  for (const std::size_t fragment : drawn) choice.ranking.push_back({fragment, 0});
  return choice;
}

Choice Chooser::next() {
  // One stream for each place in the mix: stepping back does not change what is drawn later.
  Random random(derive_seed(config_.seed, choices_.size()));
  const std::size_t last = choices_.back().taken().fragment;
  const std::vector<std::size_t> candidates = available_.draw(last, config_.candidates, random);
  Choice choice;
  if (!candidates.empty()) rank(candidates, choice);
  return choice;
}

void Chooser::rank(std::span<const std::size_t> candidates, Choice& choice) {
  std::vector<std::size_t> context;
  const std::size_t first = choices_.size() - std::min(choices_.size(), context_length_);
  for (std::size_t i = first; i < choices_.size(); ++i) context.push_back(choices_[i].taken().fragment);
  std::vector<float> scores(candidates.size());
  session_->score(context, candidates, scores);
  choice.heard = candidates.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!std::isfinite(scores[i])) {
      throw Error(ErrorKind::model, "the network gave a score that is no number", {},
                  "train it again, or choose another with --model");
    }
    choice.ranking.push_back({candidates[i], std::llround(scores[i] / kScoreUnit)});
  }
  const auto key = [&](const Candidate& candidate) {
    const PoolFragment& fragment = pool_.fragments()[candidate.fragment];
    return std::make_tuple(-candidate.score, fragment.tie, candidate.fragment);
  };
  const std::size_t kept = std::min(kRanked, choice.ranking.size());
  std::partial_sort(choice.ranking.begin(), choice.ranking.begin() + static_cast<std::ptrdiff_t>(kept),
                    choice.ranking.end(), [&](auto& a, auto& b) { return key(a) < key(b); });
  choice.ranking.resize(kept);
  choice.ranking.shrink_to_fit();
}

void Chooser::append(Choice choice) {
  play(choice.taken().fragment, true);
  choices_.push_back(std::move(choice));
  forget_old_rankings();
}

void Chooser::play(std::size_t fragment, bool forward) {
  const PcmFrame frames = pool_.pcm_end(fragment) - pool_.pcm_start(fragment);
  const int rate = pool_.track_of(fragment).record.format.sample_rate;
  if (forward) {
    available_.take(fragment);
    clock_.add(frames, rate);
  } else {
    available_.give_back(fragment);
    clock_.remove(frames, rate);
  }
}

// A choice too far back to be changed keeps what the plan tells of it.
void Chooser::forget_old_rankings() {
  if (choices_.size() <= kStepsKept) return;
  Choice& old = choices_[choices_.size() - kStepsKept - 1];
  old.ranking.resize(std::min(old.ranking.size(), std::max(old.rank, kRunnersUp) + 1));
  old.ranking.shrink_to_fit();
}

void Chooser::step_back() {
  if (dead_end_.empty()) {
    dead_end_ = available_.unused() == 0    ? "every fragment has been played"
                : available_.allowed() == 0 ? "no track may fill more than its share"
                                            : "neighbours of one track may not meet again";
  }
  const std::size_t oldest = choices_.size() - std::min(choices_.size(), kStepsKept);
  while (choices_.size() > oldest) {
    if (++steps_back_ > kMostStepsBack) refuse();
    Choice choice = std::move(choices_.back());
    choices_.pop_back();
    play(choice.taken().fragment, false);
    if (++choice.rank < choice.ranking.size()) return append(std::move(choice));
  }
  refuse();
}

void Chooser::refuse() const {
  throw Error(ErrorKind::infeasible,
              "the rules leave nothing to go on with before the mix is " + format_time(config_.length) +
                  " long: " + dead_end_,
              {}, "add music, shorten --length, or allow a larger --track-share");
}

}  // namespace segue
