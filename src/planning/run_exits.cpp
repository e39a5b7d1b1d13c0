// Where a run may be left, and what may be entered from there.
#include <algorithm>
#include <limits>

#include "planning/library_index.hpp"
#include "planning/run_chooser.hpp"

namespace segue {
namespace {

constexpr std::size_t kMoments = 16;  // at which bounds that depend on the time are asked

}  // namespace

// Where the run may be left: so that another may play as well. Of a track that is over sooner, its end.
std::vector<RunChooser::Exit> RunChooser::exits_of(const Step& step, std::size_t end) const {
  const Bounds& bounds = config_.bounds;
  std::vector<Exit> exits;
  const Seconds closing = wishes_.closing();
  const Seconds least_after = bounds.end ? std::min(bounds.least / 2, closing / 2) : bounds.least / 2;
  for (std::size_t last = step.entry; last <= end; ++last) {
    const Seconds played = bounds_.seconds_of(step.entry, last);
    if (played > bounds.most) break;
    if (played >= bounds.least && config_.length - step.begin - played >= least_after)
      exits.push_back({last, step.begin + played, 0, nullptr});
  }
  // Where the closing track is short, the moment from which it reaches the end is not to be missed.
  if (bounds.end && closing < 2 * bounds.least) {
    const auto closes = [&](const Exit& exit) { return config_.length - exit.at <= closing; };
    if (std::any_of(exits.begin(), exits.end(), closes))
      std::erase_if(exits, [&](const Exit& exit) { return !closes(exit); });
  }
  // What goes over into the next track sounds on for a while.
  if (config_.blends) {
    const std::size_t track_end = bounds_.stretch_end(step.entry);
    const auto sounds_on = [&](const Exit& exit) {
      return exit.last < track_end && bounds_.seconds_of(exit.last + 1, track_end) >= kSoundsOn;
    };
    if (std::any_of(exits.begin(), exits.end(), sounds_on))
      std::erase_if(exits, [&](const Exit& exit) { return !sounds_on(exit); });
  }
  const Seconds all = bounds_.seconds_of(step.entry, end);
  if (exits.empty() && step.begin + all < length_) {
    for (std::size_t last = end + 1; last-- > step.entry && exits.empty();) {
      const Seconds played = bounds_.seconds_of(step.entry, last);
      if (played <= bounds.most && step.begin + played <= config_.length - kShortestFragment)
        exits.push_back({last, step.begin + played, 0, nullptr});
    }
  }
  return exits;
}

// What may follow at each exit; those where nothing may are left out. Times between tracks, tracks that
// are wanted at a time, energy, and what is left of the mix depend on the moment; else what the middle
// one leaves will do for all.
void RunChooser::find_allowed(std::vector<Exit>& exits, std::vector<PlayedRun> history) {
  const Bounds& bounds = config_.bounds;
  const auto allowed_at = [&](const Exit& exit) {
    history.back().last = exit.last;
    history.back().end = exit.at;
    auto allowed = std::make_shared<const Allowed>(
        bounds_.allowed(history, exit.at, wishes_.eligible(history, exit.at)));
    note(*allowed, exit.at);
    return allowed;
  };
  const bool ends_soon = !exits.empty() && config_.length - exits.back().at < bounds.least;
  if (bounds.no_repeat || bounds.artist_apart.count() > 0 || bounds.end || !bounds.include.empty() ||
      !bounds.energy.points.empty() || ends_soon) {
    thin(exits, kMoments);
    for (Exit& exit : exits) exit.allowed = allowed_at(exit);
  } else {
    const auto allowed = allowed_at(exits[exits.size() / 2]);
    for (Exit& exit : exits) exit.allowed = allowed;
  }
  std::erase_if(exits, [&](const Exit& exit) {
    return std::none_of(bounds_.entries().begin(), bounds_.entries().end(),
                        [&](std::size_t entry) { return may_enter(entry, exit); });
  });
}

// Leaves some, evenly over what there is.
void RunChooser::thin(std::vector<Exit>& exits, std::size_t count) {
  if (exits.size() <= count) return;
  std::vector<Exit> some;
  for (std::size_t i = 0; i < count; ++i)
    some.push_back(exits[(2 * i + 1) * exits.size() / (2 * count)]);
  exits = std::move(some);
}

// Keeps those that promise most.
void RunChooser::choose_exits(const Step& step, std::vector<Exit>& exits) {
  if (hearing_.index == nullptr) return thin(exits, config_.exits);
  hear_exits(step, exits);
  if (exits.size() <= config_.exits) return;
  std::vector<std::size_t> own;
  for (const Exit& exit : exits)
    if (exit.last < bounds_.stretch_end(step.entry)) own.push_back(exit.last + 1);
  const std::vector<float> entries = hearing_.session.entries(own);
  const std::size_t width = hearing_.session.embedding_size();
  double mean_own = 0;
  std::vector<double> own_distances;
  for (std::size_t i = 0; i < exits.size(); ++i) {
    const std::vector<float>& left = left_.at(context_of(step.entry, exits[i].last));
    const auto nearest = hearing_.index->nearest(
        left, 1, [&](std::size_t fragment) { return may_enter(fragment, exits[i]); });
    exits[i].promise = nearest.empty() ? -std::numeric_limits<double>::infinity()
                                       : -hearing_.index->distance(left, nearest.front());
    if (i >= own.size()) continue;  // the track ends there
    double distance = 0;
    for (std::size_t k = 0; k < width; ++k) {
      const double off = left[k] - entries[i * width + k];
      distance += off * off;
    }
    own_distances.push_back(distance);
    mean_own += distance / static_cast<double>(own.size());
  }
  for (std::size_t i = 0; i < exits.size(); ++i)
    exits[i].promise += i < own_distances.size() ? own_distances[i] : mean_own;
  std::stable_sort(exits.begin(), exits.end(), [](auto& a, auto& b) { return a.promise > b.promise; });
  exits.resize(config_.exits);
}

void RunChooser::hear_exits(const Step& step, std::span<const Exit> exits) {
  std::vector<std::vector<std::size_t>> contexts;
  for (const Exit& exit : exits) {
    std::vector<std::size_t> context = context_of(step.entry, exit.last);
    if (!left_.contains(context)) contexts.push_back(std::move(context));
  }
  std::vector<std::vector<float>> rows = hearing_.session.exits(contexts);
  for (std::size_t i = 0; i < contexts.size(); ++i) left_[contexts[i]] = std::move(rows[i]);
}

// The track that closes the mix is entered where it plays to the end.
bool RunChooser::may_enter(std::size_t fragment, const Exit& exit) const {
  const std::size_t number = number_of_[fragment];
  if (number >= exit.allowed->entries.size() || exit.allowed->entries[number] == 0) return false;
  return !config_.bounds.end || !wishes_.closes(bounds_.track_of(fragment)) ||
         exit.at + bounds_.seconds_of(fragment, bounds_.stretch_end(fragment)) >= length_;
}

std::vector<std::size_t> RunChooser::candidates(const std::vector<std::size_t>& context,
                                                const Exit& exit) {
  std::vector<std::size_t> candidates;
  if (hearing_.index != nullptr) {
    candidates =
        hearing_.index->nearest(left_.at(context), hearing_.candidates,
                                [&](std::size_t fragment) { return may_enter(fragment, exit); });
  } else {
    for (const std::size_t entry : bounds_.entries())
      if (may_enter(entry, exit)) candidates.push_back(entry);
    if (hearing_.candidates > 0 && candidates.size() > hearing_.candidates) {
      Random random(derive_seed(config_.seed, 1 + context.back()));
      random.shuffle(std::span(candidates));
      candidates.resize(hearing_.candidates);
      std::sort(candidates.begin(), candidates.end());
    }
  }
  return candidates;
}

}  // namespace segue
