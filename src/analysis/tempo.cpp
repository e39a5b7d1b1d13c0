#include "analysis/tempo.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "features/music.hpp"

namespace segue {
namespace {

constexpr std::size_t kLine = 16, kShortLine = 6;  // beats

struct Line {
  double slope = 0;    // seconds a beat
  double squares = 0;  // of what lies beside it, sum
};

// Least squares through beats 0, 1, 2, …
Line line_through(std::span<const double> beats) {
  const auto count = static_cast<double>(beats.size());
  const double middle = (count - 1) / 2;
  double mean = 0;
  for (const double beat : beats) mean += beat / count;
  double product = 0;
  double square = 0;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    product += x * (beats[i] - mean);
    square += x * x;
  }
  Line line{product / square, 0};
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const double off = beats[i] - mean - line.slope * (static_cast<double>(i) - middle);
    line.squares += off * off;
  }
  return line;
}

}  // namespace

Tempo measure_tempo(std::span<const double> beats) {
  Tempo tempo;
  if (beats.size() < 2) return tempo;
  std::vector<double> intervals;
  for (std::size_t i = 1; i < beats.size(); ++i) intervals.push_back(beats[i] - beats[i - 1]);
  const double median = median_interval(beats);
  const auto is_usual = [&](double interval) { return std::abs(interval / median - 1) < 0.2; };
  // Runs of beats without a gap; each gives a line, and the longer ones count more.
  double beats_in = 0;
  double seconds_in = 0;
  std::vector<std::span<const double>> runs;
  for (std::size_t begin = 0; begin + 1 < beats.size();) {
    std::size_t end = begin + 1;
    while (end < beats.size() && is_usual(intervals[end - 1])) ++end;
    const auto run = beats.subspan(begin, end - begin);
    if (run.size() >= 2) {
      const auto spans = static_cast<double>(run.size() - 1);
      seconds_in += spans * line_through(run).slope;
      beats_in += spans;
    }
    runs.push_back(run);
    begin = end;
  }
  const double beat = beats_in > 0 ? seconds_in / beats_in : median;
  tempo.bpm = 60 / beat;
  // By lines of sixteen beats; where no run has as many, by what there is.
  std::vector<double> local;  // seconds a beat
  double squares = 0;
  double squared = 0;
  for (const std::size_t least : {kLine, kShortLine}) {
    if (!local.empty()) break;
    for (const auto& run : runs) {
      const std::size_t length = std::min(kLine, run.size());
      for (std::size_t i = 0; length >= least && i + length <= run.size(); i += length / 2) {
        const Line line = line_through(run.subspan(i, length));
        local.push_back(line.slope);
        squares += line.squares;
        squared += static_cast<double>(length);
      }
    }
  }
  tempo.lines = local.size();
  for (const double slope : local) tempo.drift = std::max(tempo.drift, std::abs(beat / slope - 1));
  if (squared > 0) tempo.jitter = std::sqrt(squares / squared);
  return tempo;
}

}  // namespace segue
