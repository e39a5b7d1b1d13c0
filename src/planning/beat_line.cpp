#include "planning/beat_line.hpp"

#include <cmath>
#include <vector>

namespace segue {
namespace {

constexpr std::size_t kLeastBeats = 8;
constexpr double kMostError = 0.03;  // s

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
  std::vector<double> numbers{0};
  const double period = median_interval(times);
  if (period <= 0) return std::nullopt;
  for (std::size_t i = 1; i < times.size(); ++i)
    numbers.push_back(numbers.back() + std::max(1.0, std::round((times[i] - times[i - 1]) / period)));
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
  BeatLine line;
  line.period = xy / xx;
  if (!(line.period > 0)) return std::nullopt;
  line.begin = mean_y - line.period * mean_x;
  for (std::size_t i = 0; i < times.size(); ++i)
    line.error += std::pow(times[i] - line.begin - numbers[i] * line.period, 2) / n;
  line.error = std::sqrt(line.error);
  if (line.error > kMostError) return std::nullopt;
  line.begin = line.nearest(moment.count());
  return line;
}

}  // namespace segue
