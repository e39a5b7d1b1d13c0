#include "model_torch/fragment_curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace segue {
namespace {

constexpr int kLowFlux = kCurveChannels[0], kLevels = kCurveChannels[2], kDetails = kCurveChannels[3];
constexpr int kBandsOfFlux = kBands / kFluxGroups, kBandsOfLevel = kBands / kLevels;

std::size_t at(Hop step, int channels) { return static_cast<std::size_t>(step * channels); }

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

// Four products at once, because they share what is read of `a`: sums[k] = Σ a[i] b[k][i]. The compiler
// makes a version for processors with wide vectors, too.
typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
constexpr std::size_t kLanes = 16;

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2,fma", "default")))
#endif
void dots(const float* a,
                                                                           const float* const b[4],
                                                                           std::size_t count,
                                                                           float* sums) {
  Lanes partial[4] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Lanes x = *reinterpret_cast<const Lanes*>(a + i);
    partial[0] += x * *reinterpret_cast<const Lanes*>(b[0] + i);
    partial[1] += x * *reinterpret_cast<const Lanes*>(b[1] + i);
    partial[2] += x * *reinterpret_cast<const Lanes*>(b[2] + i);
    partial[3] += x * *reinterpret_cast<const Lanes*>(b[3] + i);
  }
  for (std::size_t k = 0; k < 4; ++k) {
    float sum = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum += partial[k][lane];
    for (std::size_t rest = i; rest < count; ++rest) sum += a[rest] * b[k][rest];
    sums[k] = sum;
  }
}

float dot(const float* a, const float* b, std::size_t count) {
  const float* const same[4] = {b, b, b, b};
  float sums[4];
  dots(a, same, count, sums);
  return sums[0];
}

// Steps [begin, end) of `next`; step t lies `lag` after step t + offset - lag of what was before.
struct Meeting {
  Hop begin = 0, end = 0;
};

// Products of four neighbouring lags, `first` being the shortest.
void add_products(const Curves& before, const Curves& next, Hop offset, Hop first,
                  const Meeting (&meetings)[4], const float (&counts)[4], std::vector<float>& products) {
  Hop begin = 0, end = std::numeric_limits<Hop>::max();  // what all four share
  for (const Meeting& meeting : meetings) {
    begin = std::max(begin, meeting.begin);
    end = std::min(end, meeting.end);
  }
  end = std::max(begin, end);
  for (std::size_t group = 0; group < kCurveGroups; ++group) {
    const int channels = kCurveChannels[group];
    const float* to = next[group].data();
    const auto from = [&](Hop step, int k) {
      return before[group].data() + (step + offset - first - k) * channels;
    };
    float sums[4] = {};
    if (end > begin) {
      const float* const pasts[4] = {from(begin, 0), from(begin, 1), from(begin, 2), from(begin, 3)};
      dots(to + begin * channels, pasts, at(end - begin, channels), sums);
    }
    for (int k = 0; k < 4; ++k) {
      const Meeting& own = meetings[k];
      const auto rest = [&](Hop one, Hop other) {
        if (one < other) sums[k] += dot(to + one * channels, from(one, k), at(other - one, channels));
      };
      if (end > begin) {
        rest(own.begin, begin);
        rest(end, own.end);
      } else {
        rest(own.begin, own.end);
      }
      const auto lag = static_cast<std::size_t>(first - kFirstLag + k);
      if (counts[k] > 0 && lag < kLags)
        products[group * kLags + lag] = sums[k] / (static_cast<float>(channels) * counts[k]);
    }
  }
}

// All lags: `meeting` says which steps meet at a lag, `count` how many of them are known.
void add_all_products(const Curves& before, const Curves& next, Hop offset, float least,
                      const auto& meeting, const auto& count, LagProducts& result) {
  for (Hop lag = kFirstLag; lag < kFirstLag + kLags; lag += 4) {
    Meeting meetings[4];
    float counts[4] = {};
    bool any = false;
    for (int k = 0; k < 4 && lag + k < kFirstLag + kLags; ++k) {
      meetings[k] = meeting(lag + k);
      if (meetings[k].begin >= meetings[k].end) {
        meetings[k] = {};
        continue;
      }
      const float known = count(lag + k, meetings[k]);
      result.count[static_cast<std::size_t>(lag - kFirstLag + k)] = known;
      if (known < least) continue;
      counts[k] = known;
      any = true;
    }
    if (any) add_products(before, next, offset, lag, meetings, counts, result.products);
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
  result.entry = edge_means(fragment, statistics, kEdgeScales, false);
  result.exit = edge_means(fragment, statistics, kEdgeScales, true);
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
  const auto meeting = [&](Hop lag) { return Meeting{lag, std::max(lag, timeline.steps)}; };
  const auto count = [&](Hop lag, const Meeting& steps) {
    return dot(timeline.known.data() + lag, timeline.known.data(), at(steps.end - lag, 1));
  };
  add_all_products(timeline.curves, timeline.curves, 0, kLeastAlone, meeting, count, result);
  return result;
}

LagProducts lag_products(const Timeline& before, const FragmentCurves& next, Hop guard) {
  LagProducts result = no_products();
  const Hop gap = gap_between(guard), offset = before.steps + gap;
  const auto meeting = [&](Hop lag) {
    return Meeting{std::max<Hop>(0, lag - offset), std::min(next.steps, lag - gap)};
  };
  const auto count = [&](Hop lag, const Meeting& steps) {
    float known = 0;
    for (Hop step = steps.begin; step < steps.end; ++step)
      known += before.known[static_cast<std::size_t>(step + offset - lag)];
    return known;
  };
  add_all_products(before.curves, next.curves, offset, kLeastBetween, meeting, count, result);
  return result;
}

}  // namespace segue
