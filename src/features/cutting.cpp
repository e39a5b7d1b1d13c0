#include "features/cutting.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/random.hpp"
#include "features/onset_strength.hpp"

namespace segue {
namespace {

// A number from the track's id: what tells its stream of lengths from every other track's.
std::uint64_t stream_of(const TrackId& track) {
  std::uint64_t stream = 0;
  for (std::size_t i = 0; i < 8; ++i) stream |= static_cast<std::uint64_t>(track.bytes[i]) << (8 * i);
  return stream;
}

Hop onset_reach(Hop length) { return std::min(to_hops(kOnsetReach), length / 4); }

void move_to_onsets(std::vector<FragmentSpan>& spans, Hop length, std::span<const float> strength) {
  if (!spans.empty() && strength.size() < static_cast<std::size_t>(spans.back().end()))
    throw Error(ErrorKind::internal, "cutting at onsets needs the onset strength of the whole track");
  const Hop reach = onset_reach(length);
  for (std::size_t i = 1; i < spans.size(); ++i) {
    const Hop cut = spans[i].start;
    Hop best = cut;
    for (Hop distance = 1; distance <= reach; ++distance) {
      for (const Hop hop : {cut - distance, cut + distance}) {
        if (hop < spans.back().end() &&
            strength[static_cast<std::size_t>(hop)] > strength[static_cast<std::size_t>(best)])
          best = hop;
      }
    }
    spans[i - 1].length = best - spans[i - 1].start;
    spans[i].length += cut - best;
    spans[i].start = best;
  }
}

Hop shortest_of(const Segmentation& segmentation) {
  return std::max<Hop>(1, to_hops(segmentation.shortest));
}

}  // namespace

Hop longest_fragment(const Segmentation& segmentation) {
  const Hop shortest = shortest_of(segmentation);
  switch (segmentation.kind) {
    case SegmentationKind::equal:
      return shortest;
    case SegmentationKind::random:
      return std::max(shortest, to_hops(segmentation.longest));
    case SegmentationKind::onsets:
      return shortest + 2 * onset_reach(shortest);
  }
  return shortest;
}

std::vector<FragmentSpan> cut(Hop hops, const Segmentation& segmentation, const TrackId& track,
                              std::span<const float> onset_strength) {
  const Hop shortest = shortest_of(segmentation);
  const Hop longest =
      segmentation.kind == SegmentationKind::random ? longest_fragment(segmentation) : shortest;
  Random random(derive_seed(segmentation.seed, stream_of(track)));
  std::vector<FragmentSpan> spans;
  const auto choices = static_cast<std::uint64_t>(longest - shortest + 1);
  for (Hop start = 0; start + shortest <= hops;) {
    const Hop drawn = choices > 1 ? shortest + static_cast<Hop>(random.below(choices)) : shortest;
    const Hop length = std::min(drawn, hops - start);  // the last one takes what is left
    spans.push_back({start, length});
    start += length;
  }
  if (segmentation.kind == SegmentationKind::onsets) move_to_onsets(spans, shortest, onset_strength);
  return spans;
}

std::vector<FragmentSpan> cut(const FeatureFile& features, const Segmentation& segmentation) {
  const bool by_onsets = segmentation.kind == SegmentationKind::onsets;
  return cut(features.hops(), segmentation, features.track(),
             by_onsets ? onset_strength(features) : std::vector<float>());
}

}  // namespace segue
