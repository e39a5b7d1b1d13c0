#include "planning/feasibility.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr Hop kUnlimited = std::numeric_limits<Hop>::max() / 2;

double mix_hops(const MixConfig& config) {
  return config.length.count() * LogMelGeometry::sample_rate / LogMelGeometry::hop_length;
}

Hop total_of(const FragmentPool& pool, const PoolTrack& track) {
  Hop hops = 0;
  for (std::size_t i = 0; i < track.count; ++i) hops += pool.fragments()[track.first + i].span.length;
  return hops;
}

// What the tracks can give if none fills more than `limit`; exact for equal lengths.
Hop capacity(const MixConfig& config, const FragmentPool& pool, Hop limit) {
  if (config.segmentation.kind == SegmentationKind::equal) {
    const Hop length = pool.fragments().front().span.length;
    limit = limit / length * length;
  }
  Hop hops = 0;
  for (const PoolTrack& track : pool.tracks()) hops += std::min(limit, total_of(pool, track));
  return hops;
}

// Of less than ten seconds, tenths.
std::string time_of(double hops) {
  const Seconds time(hops * LogMelGeometry::hop_length / LogMelGeometry::sample_rate);
  if (time.count() >= 10) return format_time(time);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::floor(time.count() * 10) / 10);
  return text;
}

}  // namespace

Hop track_limit(const MixConfig& config, const FragmentPool& pool) {
  if (config.style == Style::mix || config.track_share >= 1 || pool.tracks().empty()) return kUnlimited;
  Hop longest = 0;
  for (const PoolFragment& fragment : pool.fragments())
    longest = std::max(longest, fragment.span.length);
  const double even = mix_hops(config) / static_cast<double>(pool.tracks().size());
  // Whole fragments: as many as an even share takes, begun ones counted.
  Hop needed = static_cast<Hop>(std::ceil(even)) + longest;
  if (config.segmentation.kind == SegmentationKind::equal) {
    needed = static_cast<Hop>(std::ceil(even / static_cast<double>(longest))) * longest;
  }
  return std::max(static_cast<Hop>(config.track_share * mix_hops(config)), needed);
}

void require_feasible(const MixConfig& config, const FragmentPool& pool, Hop limit) {
  const double needed = mix_hops(config);
  if (pool.fragments().empty()) {
    throw Error(ErrorKind::infeasible, "the music has no sounding fragment of this length", {},
                "add music or choose a shorter --fragment");
  }
  const auto there = static_cast<double>(capacity(config, pool, kUnlimited));
  if (there < needed) {
    throw Error(ErrorKind::infeasible,
                "the music has " + time_of(there) + " of fragments for a mix of " +
                    format_time(config.length) + ", and none may come twice",
                {}, "add music or shorten --length");
  }
  if (static_cast<double>(capacity(config, pool, limit)) >= needed) return;
  int percent = 1;
  while (percent < 100 && static_cast<double>(capacity(
                              config, pool, static_cast<Hop>(percent * needed / 100))) < needed) {
    ++percent;
  }
  throw Error(ErrorKind::infeasible,
              "the music cannot fill " + format_time(config.length) +
                  " if no track may fill more than its share",
              {},
              "add music, shorten --length, or allow --track-share " +
                  std::string(percent < 100 ? "0." : "1.") + (percent < 10 ? "0" : "") +
                  std::to_string(percent % 100));
}

}  // namespace segue
