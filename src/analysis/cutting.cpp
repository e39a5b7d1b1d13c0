#include "analysis/cutting.hpp"

#include <algorithm>
#include <cstring>

#include "base/random.hpp"

namespace segue {
namespace {

// A number from the track's id: what tells its stream of lengths from every other track's.
std::uint64_t stream_of(const TrackId& track) {
  std::uint64_t stream = 0;
  for (std::size_t i = 0; i < 8; ++i) stream |= static_cast<std::uint64_t>(track.bytes[i]) << (8 * i);
  return stream;
}

}  // namespace

std::vector<FragmentSpan> cut(Hop hops, const Segmentation& segmentation, const TrackId& track) {
  const Hop shortest = std::max<Hop>(1, to_hops(segmentation.shortest));
  const Hop longest = segmentation.kind == SegmentationKind::equal
                          ? shortest
                          : std::max(shortest, to_hops(segmentation.longest));
  Random random(derive_seed(segmentation.seed, stream_of(track)));
  std::vector<FragmentSpan> spans;
  const auto choices = static_cast<std::uint64_t>(longest - shortest + 1);
  for (Hop start = 0; start + shortest <= hops;) {
    const Hop drawn = choices > 1 ? shortest + static_cast<Hop>(random.below(choices)) : shortest;
    const Hop length = std::min(drawn, hops - start);  // the last one takes what is left
    spans.push_back({start, length});
    start += length;
  }
  return spans;
}

}  // namespace segue
