#include "planning/availability.hpp"

#include <algorithm>
#include <utility>

namespace segue {

Availability::Availability(const FragmentPool& pool, Hop limit)
    : pool_(pool), limit_(limit), tracks_(pool.tracks().size()), taken_(pool.fragments().size()) {
  for (std::size_t t = 0; t < tracks_.size(); ++t) {
    const PoolTrack& source = pool.tracks()[t];
    Track& track = tracks_[t];
    for (std::size_t i = 0; i < source.count; ++i) track.unused.push_back(source.first + i);
    std::sort(track.unused.begin(), track.unused.end(),
              [&](std::size_t a, std::size_t b) { return shorter(a, b); });
    unused_ += source.count;
    refresh(t);
  }
}

bool Availability::shorter(std::size_t a, std::size_t b) const {
  const auto& fragments = pool_.fragments();
  return std::pair(fragments[a].span.length, a) < std::pair(fragments[b].span.length, b);
}

void Availability::take(std::size_t fragment) {
  track_of(fragment).filled += pool_.fragments()[fragment].span.length;
  taken_[fragment] = true;
  remove(fragment);
}

void Availability::give_back(std::size_t fragment) {
  track_of(fragment).filled -= pool_.fragments()[fragment].span.length;
  taken_[fragment] = false;
  insert(fragment);
}

bool Availability::may_follow(std::size_t last, std::size_t fragment) const {
  const PoolFragment& next = pool_.fragments()[fragment];
  return !taken_[fragment] && next.span.length <= limit_ - tracks_[next.track].filled &&
         !pool_.adjacent(last, fragment);
}

void Availability::remove(std::size_t fragment) {
  auto& list = track_of(fragment).unused;
  list.erase(std::lower_bound(list.begin(), list.end(), fragment,
                              [&](std::size_t a, std::size_t b) { return shorter(a, b); }));
  --unused_;
  refresh(pool_.fragments()[fragment].track);
}

void Availability::insert(std::size_t fragment) {
  auto& list = track_of(fragment).unused;
  list.insert(std::lower_bound(list.begin(), list.end(), fragment,
                               [&](std::size_t a, std::size_t b) { return shorter(a, b); }),
              fragment);
  ++unused_;
  refresh(pool_.fragments()[fragment].track);
}

// Finds what still fits into a track's share, and whether anything does.
void Availability::refresh(std::size_t index) {
  Track& track = tracks_[index];
  const Hop room = limit_ - track.filled;
  const auto end = std::upper_bound(
      track.unused.begin(), track.unused.end(), room,
      [&](Hop hops, std::size_t fragment) { return hops < pool_.fragments()[fragment].span.length; });
  allowed_ -= track.allowed;
  track.allowed = static_cast<std::size_t>(end - track.unused.begin());
  allowed_ += track.allowed;
  const auto place = std::lower_bound(active_.begin(), active_.end(), index);
  const bool is_active = place != active_.end() && *place == index;
  if (track.allowed > 0 && !is_active) active_.insert(place, index);
  if (track.allowed == 0 && is_active) active_.erase(place);
}

std::vector<std::size_t> Availability::draw(std::size_t last, std::size_t count, Random& random) {
  // The neighbours step aside while the others are drawn; numbers follow time, so no others exist.
  std::vector<std::size_t> aside;
  for (const std::size_t other : {last - 1, last + 1}) {
    if (other >= pool_.fragments().size() || !pool_.adjacent(last, other)) continue;
    const auto& list = track_of(other).unused;
    const bool is_unused = std::binary_search(
        list.begin(), list.end(), other, [&](std::size_t a, std::size_t b) { return shorter(a, b); });
    if (is_unused) aside.push_back(other);
  }
  for (const std::size_t other : aside) remove(other);
  std::vector<std::size_t> drawn = draw(count, random);
  for (const std::size_t other : aside) insert(other);
  return drawn;
}

std::vector<std::size_t> Availability::draw(std::size_t count, Random& random) {
  std::vector<std::size_t> drawn;
  if (count == 0 || allowed_ <= count) {
    for (const std::size_t index : active_) {
      const Track& track = tracks_[index];
      drawn.insert(drawn.end(), track.unused.begin(),
                   track.unused.begin() + static_cast<std::ptrdiff_t>(track.allowed));
    }
  } else {
    for (const auto& [track, quota] : quotas(count, random))
      sample(tracks_[track], quota, random, drawn);
  }
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

// Tracks by lot. More are allowed than `count`; what a short track cannot give the others do.
std::vector<Availability::Quota> Availability::quotas(std::size_t count, Random& random) const {
  std::vector<std::size_t> tracks = active_;
  const std::size_t heard = std::min(count, tracks.size());
  for (std::size_t i = 0; i < heard; ++i)
    std::swap(tracks[i], tracks[i + random.below(tracks.size() - i)]);
  std::vector<Quota> quotas;
  for (std::size_t i = 0; i < heard; ++i) quotas.emplace_back(tracks[i], 0);
  std::vector<std::size_t> open(heard);  // places of tracks that can give more
  for (std::size_t i = 0; i < heard; ++i) open[i] = i;
  while (count > 0 && !open.empty()) {
    const std::size_t each = std::max<std::size_t>(1, count / open.size());
    std::erase_if(open, [&](std::size_t i) {
      auto& [track, quota] = quotas[i];
      const std::size_t left = tracks_[track].allowed - quota;
      const std::size_t given = std::min({each, left, count});
      quota += given;
      count -= given;
      return given == left;
    });
  }
  return quotas;
}

// Distinct fragments, each subset equally likely (Floyd's algorithm, CACM 30(9), 1987).
void Availability::sample(const Track& track, std::size_t count, Random& random,
                          std::vector<std::size_t>& out) {
  if (marked_.size() < track.allowed) marked_.resize(track.allowed);
  const std::size_t begin = out.size();
  for (std::size_t i = track.allowed - count; i < track.allowed; ++i) {
    std::size_t pick = random.below(i + 1);
    if (marked_[pick]) pick = i;
    marked_[pick] = true;
    out.push_back(pick);
  }
  for (std::size_t i = begin; i < out.size(); ++i) {
    marked_[out[i]] = false;
    out[i] = track.unused[out[i]];
  }
}

}  // namespace segue
