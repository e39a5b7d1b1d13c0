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

constexpr double kSlowestBeat = 1.5;  // seconds
constexpr int kBarsPerPhrase = 4;
constexpr int kUsualBar = 4;

// Every so many beats or bars. At least two, or none.
std::vector<double> moments_of(const Segmentation& segmentation, const TrackMusic& music) {
  const bool at_beats = segmentation.kind == SegmentationKind::beats;
  std::vector<double> moments;
  for (const Beat& beat : music.beats)
    if (at_beats || beat.place == 0) moments.push_back(beat.seconds);
  std::vector<double> chosen;
  if (segmentation.kind == SegmentationKind::phrases) {
    // Counted anew from each section on.
    auto section = music.sections.begin();
    int bar = 0;
    for (const double moment : moments) {
      while (section != music.sections.end() && section->begin <= moment + 1e-3) {
        bar = 0;
        ++section;
      }
      if (bar++ % kBarsPerPhrase == 0) chosen.push_back(moment);
    }
  } else {
    // Fragments of one beat would be too short in fast music.
    std::size_t step = static_cast<std::size_t>(segmentation.count);
    if (moments.size() >= 2) {
      const double interval = median_interval(moments);
      while (interval * static_cast<double>(step) < kShortestFragment.count()) ++step;
    }
    for (std::size_t i = 0; i < moments.size(); i += step) chosen.push_back(moments[i]);
  }
  if (chosen.size() < 2) chosen.clear();
  return chosen;
}

// Spans from moment to moment, and in steps of the usual length where there are none.
std::vector<FragmentSpan> cut_at(std::span<const double> moments, Hop hops) {
  const Hop shortest = to_hops(kShortestFragment);
  const Hop usual = std::max(shortest, to_hops(Seconds(median_interval(moments))));
  std::vector<Hop> cuts;
  for (const double moment : moments) {
    const Hop cut = to_hops(Seconds(moment));
    if (cut > hops || (!cuts.empty() && cut - cuts.back() < shortest)) continue;
    while (!cuts.empty() && cut - cuts.back() > usual + usual / 2) cuts.push_back(cuts.back() + usual);
    // What stands in for a missing beat gives way to the next one.
    if (!cuts.empty() && cut - cuts.back() < shortest) cuts.pop_back();
    cuts.push_back(cut);
  }
  if (cuts.empty()) cuts.push_back(0);  // the beats lie beyond the end
  for (Hop early = cuts.front() - usual; early >= shortest; early -= usual)
    cuts.insert(cuts.begin(), early);
  if (cuts.front() < shortest) cuts.erase(cuts.begin());
  cuts.insert(cuts.begin(), 0);
  while (cuts.back() + usual <= hops) cuts.push_back(cuts.back() + usual);
  if (hops - cuts.back() >= shortest) cuts.push_back(hops);
  std::vector<FragmentSpan> spans;
  for (std::size_t i = 1; i < cuts.size(); ++i) spans.push_back({cuts[i - 1], cuts[i] - cuts[i - 1]});
  return spans;
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
    case SegmentationKind::beats:
      return to_hops(Seconds(kSlowestBeat * segmentation.count));
    case SegmentationKind::bars:
      return to_hops(Seconds(kSlowestBeat * kUsualBar * segmentation.count));
    case SegmentationKind::phrases:
      return to_hops(Seconds(kSlowestBeat * kUsualBar * kBarsPerPhrase));
  }
  return shortest;
}

std::vector<FragmentSpan> cut(Hop hops, const Segmentation& segmentation, const TrackId& track,
                              std::span<const float> onset_strength, const TrackMusic& music) {
  if (segmentation.by_beats()) {
    const std::vector<double> moments = moments_of(segmentation, music);
    if (!moments.empty()) return cut_at(moments, hops);
  }
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
  if (segmentation.kind == SegmentationKind::onsets || segmentation.by_beats())
    move_to_onsets(spans, shortest, onset_strength);
  return spans;
}

std::vector<FragmentSpan> cut(const FeatureFile& features, const Segmentation& segmentation) {
  const TrackMusic& music = segmentation.by_beats() ? features.music() : TrackMusic();
  const bool by_onsets = segmentation.kind == SegmentationKind::onsets ||
                         (segmentation.by_beats() && moments_of(segmentation, music).empty());
  return cut(features.hops(), segmentation, features.track(),
             by_onsets ? onset_strength(features) : std::vector<float>(), music);
}

}  // namespace segue
