#include "planning/wishes.hpp"

#include <algorithm>

namespace segue {

Wishes::Wishes(const MixConfig& config, const FragmentPool& pool, const BoundKeeper& bounds)
    : config_(config), pool_(pool), bounds_(bounds) {
  if (!config.bounds.end) return;
  for (const std::size_t entry : bounds.entries())
    if (closes(bounds.track_of(entry)))
      closing_ = std::max(closing_, bounds.seconds_of(entry, bounds.stretch_end(entry)));
}

bool Wishes::is_track(std::size_t track, const TrackId& id) const {
  return pool_.tracks()[track].track->is(id);
}

// What must be heard and has not been.
std::vector<TrackId> Wishes::owed(std::span<const PlayedRun> history) const {
  std::vector<TrackId> owed;
  for (const TrackId& id : config_.bounds.include) {
    const bool heard = std::any_of(history.begin(), history.end(), [&](const PlayedRun& run) {
      return is_track(bounds_.track_of(run.first), id);
    });
    if (!heard) owed.push_back(id);
  }
  return owed;
}

BoundKeeper::Eligible Wishes::eligible(std::span<const PlayedRun> history, Seconds now) const {
  const Bounds& bounds = config_.bounds;
  const Seconds left = config_.length - now;
  if (bounds.end && left < std::min(2 * bounds.least, closing_))
    return [this](std::size_t track) { return closes(track); };
  const std::vector<TrackId> wanted = owed(history);
  const Seconds usual = (bounds.least + bounds.most) / 2;
  const Seconds needed = usual * static_cast<double>(wanted.size() + (bounds.end ? 1 : 0));
  if (!wanted.empty() && left <= needed + bounds.least) {
    return [this, wanted](std::size_t track) {
      return std::any_of(wanted.begin(), wanted.end(), [&](auto& id) { return is_track(track, id); });
    };
  }
  if (!bounds.end) return {};
  const bool may_close = left <= std::min(bounds.most, closing_);
  return [this, may_close](std::size_t track) { return may_close || !closes(track); };
}

bool Wishes::may_end_with(std::span<const PlayedRun> history) const {
  const bool ends = !config_.bounds.end || closes(bounds_.track_of(history.back().first));
  return ends && owed(history).empty();
}

}  // namespace segue
