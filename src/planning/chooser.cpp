#include "planning/chooser.hpp"

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "planning/feasibility.hpp"
#include "planning/library_index.hpp"

namespace segue {
namespace {

constexpr std::size_t kToldOf = 6;            // answers that the plan tells of: one taken, five not
constexpr std::size_t kStepsKept = 64;        // how far back it may step
constexpr std::size_t kMostStepsBack = 5000;  // in one mix

__extension__ using Wide = __int128;

}  // namespace

Chooser::Chooser(const MixConfig& config, const FragmentPool& pool, const Hearing& hearing)
    : config_(config),
      pool_(pool),
      hearing_(hearing),
      length_(to_pcm_frames(config.length, config.sample_rate)),
      available_(pool, track_limit(config, pool)),
      clock_(config.sample_rate) {}

std::vector<Choice> Chooser::choose() {
  Progress progress("choosing", config_.length.count(), "s of the mix");
  layers_.push_back(start());
  while (true) {
    throw_if_interrupted();
    Layer next = grow();
    progress.set(to_seconds(clock_.now(), config_.sample_rate).count());
    if (!next.steps.empty()) {
      layers_.push_back(std::move(next));
      forget();
    } else if (!finished_.empty()) {
      tell();
      return std::move(finished_);
    } else {
      step_back();
    }
  }
}

// One fragment by lot, as the report does; the others should the rules not let it go on from there.
Chooser::Layer Chooser::start() {
  auto ranking = std::make_shared<Ranking>();
  if (config_.start) {
    ranking->best.push_back({pool_.at(*config_.start), 0});
  } else {
    // A track by lot, then a fragment.
    Random random(derive_seed(config_.seed, 0));
    std::vector<std::size_t> drawn = available_.draw(kRanked, random);
    random.shuffle(std::span(drawn));
    for (const std::size_t fragment : drawn) ranking->best.push_back({fragment, 0});
  }
  Layer layer;
  for (std::size_t rank = 0; rank < ranking->best.size(); ++rank)
    layer.steps.push_back({0, {ranking, rank}, 0});
  return layer;
}

// What may come after each sequence of the beam.
Chooser::Layer Chooser::grow() {
  Layer next;
  next.width = config_.beam;
  const std::size_t end = layers_.back().end();
  for (std::size_t i = layers_.back().first; i < end; ++i) {
    stand_at(i);
    if (clock_.now() >= length_) {
      finish();
      continue;
    }
    const auto ranking = std::make_shared<const Ranking>(ask());
    for (std::size_t rank = 0; rank < ranking->best.size(); ++rank)
      next.steps.push_back({i, {ranking, rank}, stands().total + ranking->gain(rank)});
  }
  sort(next.steps);
  return next;
}

Ranking Chooser::ask() {
  std::vector<std::size_t> context;
  const std::size_t length = std::max<std::size_t>(1, hearing_.context_length);
  for (std::size_t i = at_.size() - std::min(at_.size(), length); i < at_.size(); ++i)
    context.push_back(layers_[i].steps[at_[i]].choice.taken().fragment);
  return hearing_.ranker.rank({context, candidates(context)});
}

std::vector<std::size_t> Chooser::candidates(std::span<const std::size_t> context) {
  const std::size_t last = context.back();
  if (hearing_.index != nullptr) {
    return hearing_.index->nearest(hearing_.session.exit(context), hearing_.candidates,
                                   [&](std::size_t next) { return available_.may_follow(last, next); });
  }
  // One stream for each place in the mix: stepping back does not change what is drawn later.
  Random random(derive_seed(config_.seed, at_.size()));
  return available_.draw(last, hearing_.candidates, random);
}

void Chooser::sort(std::vector<Step>& steps) const {
  const auto key = [&](const Step& step) {
    const std::size_t fragment = step.choice.taken().fragment;
    return std::make_tuple(-step.total, pool_.fragments()[fragment].tie, fragment, step.parent);
  };
  std::sort(steps.begin(), steps.end(), [&](auto& a, auto& b) { return key(a) < key(b); });
}

// Moves to the sequence that ends with a step of the last layer.
void Chooser::stand_at(std::size_t step) {
  std::vector<std::size_t> ahead;  // latest first
  std::size_t length = layers_.size();
  while (length > 0 && (length > at_.size() || at_[length - 1] != step)) {
    ahead.push_back(step);
    step = layers_[--length].steps[step].parent;
  }
  rewind(length);
  for (; !ahead.empty(); ahead.pop_back()) {
    const Step& next = layers_[at_.size()].steps[ahead.back()];
    play(next.choice.taken().fragment, true);
    at_.push_back(ahead.back());
  }
}

void Chooser::rewind(std::size_t length) {
  for (; at_.size() > length; at_.pop_back()) play(stands().choice.taken().fragment, false);
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

// What a sequence has gained by: its first fragment was not chosen.
std::size_t Chooser::seams_of(std::size_t fragments) { return std::max<std::size_t>(2, fragments) - 1; }

// Keeps the sequence where it stands if it is the best so far. Means are compared without dividing.
void Chooser::finish() {
  const std::int64_t total = stands().total;
  if (!finished_.empty() &&
      static_cast<Wide>(total) * static_cast<Wide>(seams_of(finished_.size())) <=
          static_cast<Wide>(finished_total_) * static_cast<Wide>(seams_of(at_.size())))
    return;
  finished_.clear();
  for (std::size_t i = 0; i < at_.size(); ++i) finished_.push_back(layers_[i].steps[at_[i]].choice);
  finished_total_ = total;
}

void Chooser::tell() const {
  char mean[32];
  std::snprintf(
      mean, sizeof mean, "%.3f",
      static_cast<double>(finished_total_) * 1e-6 / static_cast<double>(seams_of(finished_.size())));
  log_detail("chosen: " + std::to_string(finished_.size()) + " fragments, mean log-probability " + mean +
             ", " + std::to_string(steps_back_) + " steps back");
}

void Chooser::step_back() {
  if (dead_end_.empty()) {
    dead_end_ = available_.unused() == 0    ? "every fragment has been played"
                : available_.allowed() == 0 ? "no track may fill more than its share"
                                            : "neighbours of one track may not meet again";
  }
  while (layers_.size() > final_) {
    if (++steps_back_ > kMostStepsBack) refuse();
    Layer& last = layers_.back();
    last.first += last.width;
    if (last.first < last.steps.size()) return;
    rewind(layers_.size() - 1);
    layers_.pop_back();
  }
  refuse();
}

// Of a layer too far back to be changed, what later ones come from is kept, with what the plan tells.
void Chooser::forget() {
  if (layers_.size() <= kStepsKept || layers_.size() - kStepsKept <= final_) return;
  Layer& old = layers_[final_];
  for (Step& step : old.steps) {
    Ranking told = *step.choice.ranking;
    told.best.resize(std::min(told.best.size(), std::max(step.choice.rank + 1, kToldOf)));
    told.best.shrink_to_fit();
    step.choice.ranking = std::make_shared<const Ranking>(std::move(told));
  }
  // Where that leaves fewer, fewer are needed before, too.
  std::size_t layer = final_++;
  while (keep_parents(layer) && layer > 0) --layer;
}

// Keeps of a layer what the next one comes from, and where it stands; whether that was less.
bool Chooser::keep_parents(std::size_t layer) {
  std::vector<Step>& steps = layers_[layer].steps;
  std::vector<bool> needed(steps.size());
  for (const Step& step : layers_[layer + 1].steps) needed[step.parent] = true;
  if (layer < at_.size()) needed[at_[layer]] = true;
  std::vector<std::size_t> place(steps.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!needed[i]) continue;
    place[i] = kept;
    if (kept != i) steps[kept] = std::move(steps[i]);
    ++kept;
  }
  const bool fewer = kept < steps.size();
  steps.resize(kept);
  steps.shrink_to_fit();
  layers_[layer].first = 0;
  for (Step& step : layers_[layer + 1].steps) step.parent = place[step.parent];
  if (layer < at_.size()) at_[layer] = place[at_[layer]];
  return fewer;
}

void Chooser::refuse() const {
  throw Error(ErrorKind::infeasible,
              "the rules leave nothing to go on with before the mix is " + format_time(config_.length) +
                  " long: " + dead_end_,
              {}, "add music, shorten --length, or allow a larger --track-share");
}

}  // namespace segue
