#include "planning/beat_line.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace segue {
namespace {

constexpr std::size_t kLeastBeats = 8;
constexpr double kMostError = 0.03;  // s
constexpr std::size_t kLeftOut = 5;  // every so many beats one may be
constexpr double kFarOff = 0.02;     // s, from the line
constexpr double kUnusual = 2;       // RMS errors

}  // namespace

double BeatLine::nearest(double moment) const {
  return begin + std::round((moment - begin) / period) * period;
}

std::optional<BeatLine> fit_beats(std::span<const Beat> beats, Seconds moment, Seconds before,
                                  Seconds after) {
  std::vector<double> times;
  for (const Beat& beat : beats)
    if (beat.seconds >= (moment - before).count() && beat.seconds <= (moment + after).count())
      times.push_back(beat.seconds);
  if (times.size() < kLeastBeats) return std::nullopt;
  const std::vector<double> all = times;
  std::vector<double> numbers{0};
  const double period = median_interval(times);
  if (period <= 0) return std::nullopt;
  for (std::size_t i = 1; i < times.size(); ++i)
    numbers.push_back(numbers.back() + std::max(1.0, std::round((times[i] - times[i - 1]) / period)));
  const std::size_t least = std::max(kLeastBeats, times.size() - times.size() / kLeftOut);
  BeatLine line;
  for (;;) {
    const auto n = static_cast<double>(times.size());
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      mean_x += numbers[i] / n;
      mean_y += times[i] / n;
    }
    for (std::size_t i = 0; i < times.size(); ++i) {
      xx += (numbers[i] - mean_x) * (numbers[i] - mean_x);
      xy += (numbers[i] - mean_x) * (times[i] - mean_y);
    }
    line.period = xy / xx;
    if (!(line.period > 0)) return std::nullopt;
    line.begin = mean_y - line.period * mean_x;
    const auto off = [&](std::size_t i) {
      return std::abs(times[i] - line.begin - numbers[i] * line.period);
    };
    line.error = 0;
    std::size_t farthest = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      line.error += off(i) * off(i) / n;
      if (off(i) > off(farthest)) farthest = i;
    }
    line.error = std::sqrt(line.error);
    if (times.size() <= least || off(farthest) < std::max(kFarOff, kUnusual * line.error)) break;
    times.erase(times.begin() + static_cast<std::ptrdiff_t>(farthest));
    numbers.erase(numbers.begin() + static_cast<std::ptrdiff_t>(farthest));
  }
  if (line.error > kMostError) return std::nullopt;
  line.begin = line.nearest(moment.count());
  for (const double time : all) {
    const double off = time - line.nearest(time);
    line.jitter += off * off / static_cast<double>(all.size());
  }
  line.jitter = std::sqrt(line.jitter);
  return line;
}

int beats_in_bar(std::span<const Beat> beats) {
  std::vector<int> bars;  // how many of each size
  int size = 0;
  for (const Beat& beat : beats) {
    if (beat.place == 0 && size > 0) {
      bars.resize(std::max(bars.size(), static_cast<std::size_t>(size) + 1));
      ++bars[static_cast<std::size_t>(size)];
    }
    size = beat.place == 0 ? 1 : size > 0 ? size + 1 : 0;
  }
  if (bars.empty()) return 4;
  return static_cast<int>(std::max_element(bars.begin(), bars.end()) - bars.begin());
}

std::optional<double> nearest_downbeat(std::span<const Beat> beats, double moment, double reach,
                                       double first, double last) {
  std::optional<double> nearest;
  const double from = std::max(first, moment - reach), to = std::min(last, moment + reach);
  const auto begin = std::lower_bound(beats.begin(), beats.end(), from,
                                      [](const Beat& beat, double at) { return beat.seconds < at; });
  for (auto beat = begin; beat != beats.end() && beat->seconds <= to; ++beat) {
    if (beat->place != 0) continue;
    if (!nearest || std::abs(beat->seconds - moment) < std::abs(*nearest - moment))
      nearest = beat->seconds;
  }
  return nearest;
}

Pulse pulse_of(const BeatCues& cues, const BeatLine& line, Seconds begin, Seconds end) {
  Pulse pulse;
  double beats = 0;
  for (double beat = line.nearest(begin.count()); beat <= end.count(); beat += line.period, ++beats) {
    const BeatCues::Rises on = cues.rises(beat), between = cues.rises(beat + line.period / 2);
    for (std::size_t band = 0; band < BeatCues::kRises - 1; ++band) {
      pulse.on += on[band];
      pulse.between += between[band];
    }
  }
  if (beats > 0) pulse = {pulse.on / beats, pulse.between / beats};
  return pulse;
}

}  // namespace segue
