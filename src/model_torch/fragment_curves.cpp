#include "model_torch/fragment_curves.hpp"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

constexpr int kBands = LogMelGeometry::bands;
constexpr int kLowFlux = kCurveChannels[0], kLevels = kCurveChannels[2], kDetails = kCurveChannels[3];
constexpr int kBandsOfFlux = kBands / kFluxGroups, kBandsOfLevel = kBands / kLevels;

std::size_t at(Hop step, int channels) { return static_cast<std::size_t>(step * channels); }

std::vector<float> edge_means(Hop frames, const BandStatistics& statistics, const auto& row_at) {
  std::vector<float> means(static_cast<std::size_t>(kEdgeScales * kBands));
  double sums[kBands] = {};
  Hop read = 0;
  for (int scale = 0; scale < kEdgeScales; ++scale) {
    const Hop window = std::min(frames, Hop{1} << scale);
    for (; read < window; ++read) {
      const float* row = row_at(read);
      for (int band = 0; band < kBands; ++band) sums[band] += row[band];
    }
    for (std::size_t band = 0; band < kBands; ++band) {
      const double mean = sums[band] / static_cast<double>(window);
      means[static_cast<std::size_t>(scale) * kBands + band] =
          static_cast<float>((mean - statistics.mean[band]) / statistics.scale[band]);
    }
  }
  return means;
}

std::vector<float> scored_frames(const LogMel& fragment, Hop begin, Hop count,
                                 const BandStatistics& statistics) {
  std::vector<float> scored;
  scored.reserve(static_cast<std::size_t>(count * kBands));
  for (Hop i = begin; i < begin + count; ++i) {
    const float* row = fragment.row(i).data();
    for (std::size_t band = 0; band < kBands; ++band)
      scored.push_back((row[band] - statistics.mean[band]) / statistics.scale[band]);
  }
  return scored;
}

// Takes the mean over time off each channel, then divides all of the group by their RMS.
void normalise(std::vector<float>& curve, int channels, float little) {
  const auto width = static_cast<std::size_t>(channels);
  const std::size_t steps = curve.size() / width;
  if (steps == 0) return;
  std::vector<double> mean(width);
  for (std::size_t i = 0; i < curve.size(); ++i) mean[i % width] += curve[i];
  for (double& value : mean) value /= static_cast<double>(steps);
  double power = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    curve[i] -= static_cast<float>(mean[i % width]);
    power += static_cast<double>(curve[i]) * curve[i];
  }
  const auto factor =
      static_cast<float>(1 / (std::sqrt(power / static_cast<double>(curve.size())) + little));
  for (float& value : curve) value *= factor;
}

// The compiler makes a version for processors with wide vectors, too.
__attribute__((target_clones("avx2,fma", "default"))) float dot(const float* a, const float* b,
                                                                std::size_t count) {
  float partial[16] = {};
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (std::size_t k = 0; k < 16; ++k) partial[k] += a[i + k] * b[i + k];
  }
  float sum = 0;
  for (const float value : partial) sum += value;
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// a[first_a …] with b[first_b …], `steps` long.
void add_products(const Curves& a, Hop first_a, const Curves& b, Hop first_b, Hop steps, float count,
                  std::size_t lag, std::vector<float>& products) {
  for (std::size_t group = 0; group < kCurveGroups; ++group) {
    const int channels = kCurveChannels[group];
    const float sum = dot(a[group].data() + at(first_a, channels),
                          b[group].data() + at(first_b, channels), at(steps, channels));
    products[group * kLags + lag] = sum / (static_cast<float>(channels) * count);
  }
}

LagProducts no_products() {
  return {std::vector<float>(kCurveGroups * kLags), std::vector<float>(kLags)};
}

Timeline empty_timeline(Hop steps) {
  Timeline timeline;
  timeline.steps = steps;
  timeline.known.resize(static_cast<std::size_t>(steps));
  for (std::size_t group = 0; group < kCurveGroups; ++group)
    timeline.curves[group].resize(at(steps, kCurveChannels[group]));
  return timeline;
}

}  // namespace

FragmentCurves curves_of(const LogMel& fragment, const BandStatistics& statistics) {
  const Hop frames = fragment.frames;
  FragmentCurves result;
  result.entry = edge_means(frames, statistics, [&](Hop i) { return fragment.row(i).data(); });
  result.exit =
      edge_means(frames, statistics, [&](Hop i) { return fragment.row(frames - 1 - i).data(); });
  const Hop near = std::min(frames, kNearFrames);
  result.first = scored_frames(fragment, 0, near, statistics);
  result.last = scored_frames(fragment, frames - near, near, statistics);
  result.steps = frames - 1;
  for (std::size_t group = 0; group < kCurveGroups; ++group)
    result.curves[group].resize(at(result.steps, kCurveChannels[group]));
  auto& [low, high, level, detail] = result.curves;
  float scored[kBands];
  for (Hop step = 0; step < result.steps; ++step) {
    const float* before = fragment.row(step).data();
    const float* now = fragment.row(step + 1).data();
    for (std::size_t band = 0; band < kBands; ++band) {
      scored[band] = (now[band] - statistics.mean[band]) / statistics.scale[band];
      const float rise = std::max(0.0f, now[band] - before[band]) / kBandsOfFlux;
      const int group = static_cast<int>(band) / kBandsOfFlux;
      if (group < kLowFlux)
        low[at(step, kLowFlux) + static_cast<std::size_t>(group)] += rise;
      else
        high[at(step, kCurveChannels[1]) + static_cast<std::size_t>(group - kLowFlux)] += rise;
      level[at(step, kLevels) + band / kBandsOfLevel] += scored[band] / kBandsOfLevel;
    }
    float* out = detail.data() + at(step, kDetails);
    for (int i = 0; i < kDetails; ++i) out[i] = scored[i + 1] - scored[i];
  }
  constexpr std::array<float, kCurveGroups> kLittle{1e-4f, 1e-4f, 0.1f, 0.1f};
  for (std::size_t group = 0; group < kCurveGroups; ++group)
    normalise(result.curves[group], kCurveChannels[group], kLittle[group]);
  return result;
}

Timeline timeline_of(std::span<const FragmentCurves* const> fragments, Hop guard) {
  const Hop gap = gap_between(guard);
  Hop total = -gap;
  for (const FragmentCurves* fragment : fragments) total += fragment->steps + gap;
  Timeline timeline = empty_timeline(std::min(std::max<Hop>(0, total), kLongestTimeline));
  Hop end = timeline.steps;  // of the fragment that is copied, latest first
  for (auto i = fragments.rbegin(); i != fragments.rend() && end > 0; ++i) {
    const FragmentCurves& fragment = **i;
    const Hop steps = std::min(fragment.steps, end);
    for (std::size_t group = 0; group < kCurveGroups; ++group) {
      const int channels = kCurveChannels[group];
      std::copy_n(fragment.curves[group].data() + at(fragment.steps - steps, channels),
                  at(steps, channels), timeline.curves[group].data() + at(end - steps, channels));
    }
    std::fill_n(timeline.known.begin() + (end - steps), steps, 1.0f);
    end -= steps + gap;
  }
  return timeline;
}

Timeline reversed(const FragmentCurves& fragment) {
  Timeline timeline = empty_timeline(std::min(fragment.steps, kLongestTimeline));
  std::fill(timeline.known.begin(), timeline.known.end(), 1.0f);
  for (std::size_t group = 0; group < kCurveGroups; ++group) {
    const int channels = kCurveChannels[group];
    for (Hop step = 0; step < timeline.steps; ++step) {
      std::copy_n(fragment.curves[group].data() + at(step, channels), channels,
                  timeline.curves[group].data() + at(timeline.steps - 1 - step, channels));
    }
  }
  return timeline;
}

LagProducts lag_products(const Timeline& timeline) {
  LagProducts result = no_products();
  for (Hop lag = kFirstLag; lag < kFirstLag + kLags && lag < timeline.steps; ++lag) {
    const Hop steps = timeline.steps - lag;
    const float count = dot(timeline.known.data() + lag, timeline.known.data(), at(steps, 1));
    const auto column = static_cast<std::size_t>(lag - kFirstLag);
    result.count[column] = count;
    if (count < kLeastAlone) continue;
    add_products(timeline.curves, lag, timeline.curves, 0, steps, count, column, result.products);
  }
  return result;
}

LagProducts lag_products(const Timeline& before, const FragmentCurves& next, Hop guard) {
  LagProducts result = no_products();
  const Hop gap = gap_between(guard);
  for (Hop lag = kFirstLag; lag < kFirstLag + kLags; ++lag) {
    // Step b of the next one sounds `lag` after step before.steps + gap + b - lag of what was before.
    const Hop begin = std::max<Hop>(0, lag - gap - before.steps);
    const Hop end = std::min(next.steps, lag - gap);
    if (begin >= end) continue;
    const Hop from = before.steps + gap + begin - lag;
    float count = 0;
    for (Hop i = 0; i < end - begin; ++i) count += before.known[static_cast<std::size_t>(from + i)];
    const auto column = static_cast<std::size_t>(lag - kFirstLag);
    result.count[column] = count;
    if (count < kLeastBetween) continue;
    add_products(before.curves, from, next.curves, begin, end - begin, count, column, result.products);
  }
  return result;
}

}  // namespace segue
