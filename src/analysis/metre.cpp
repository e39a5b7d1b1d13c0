#include "analysis/metre.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "analysis/metre_weights.hpp"
#include "base/interrupt.hpp"
#include "base/statistics.hpp"

namespace segue {
namespace {

constexpr double kClosest = 3;  // standard deviations, beyond which a beat is no more unusual
constexpr double kHarmony = 4;  // brings changes of harmony to the size of rises
constexpr std::size_t kBeatCues = BeatCues::kRises + 1;

double harmony_at(const BeatCues& cues, double beat, double period) {
  return cues.harmony_change(beat, std::clamp(2 * period, 0.6, 1.5));
}

// Takes the mean from each column and divides it by its spread; returns the spreads.
template <std::size_t N>
std::array<double, N> standardise(std::vector<std::array<double, N>>& rows) {
  std::array<double, N> spreads{};
  for (std::size_t k = 0; k < N; ++k) {
    const MeanAndDeviation usual = mean_and_deviation(rows, [k](const auto& row) { return row[k]; });
    spreads[k] = usual.deviation + 1e-3;
    for (auto& row : rows) row[k] = std::clamp((row[k] - usual.mean) / spreads[k], -kClosest, kClosest);
  }
  return spreads;
}

// Mean product with the row `lag` rows on.
template <std::size_t N>
std::array<double, N> repetition(const std::vector<std::array<double, N>>& rows, std::size_t lag) {
  std::array<double, N> sum{};
  if (rows.size() <= lag) return sum;
  const auto pairs = static_cast<double>(rows.size() - lag);
  for (std::size_t i = 0; i + lag < rows.size(); ++i)
    for (std::size_t k = 0; k < N; ++k) sum[k] += rows[i][k] * rows[i + lag][k] / pairs;
  return sum;
}

// Fills the numbers one after the other.
class Filler {
 public:
  explicit Filler(GridNumbers& numbers) : numbers_(numbers) {}
  void add(double number) { numbers_[count_++] = number; }
  void add(std::span<const double> numbers) {
    for (const double number : numbers) add(number);
  }

 private:
  GridNumbers& numbers_;
  std::size_t count_ = 0;
};

void describe_tempo(double bpm, Filler& out) {
  const double octaves = std::log2(bpm / 110);
  out.add(octaves);
  out.add(octaves * octaves);
  for (const double near : {50.0, 65.0, 80.0, 100.0, 125.0, 155.0, 190.0}) {
    const double distance = std::log2(bpm / near) / 0.3;
    out.add(std::exp(-distance * distance / 2));
  }
}

// What begins at this share of each beat, on average.
BeatCues::Rises mean_rises(const BeatCues& cues, std::span<const double> beats, double share) {
  BeatCues::Rises mean{};
  for (std::size_t i = 0; i + 1 < beats.size(); ++i) {
    const auto rises = cues.rises(beats[i] + share * (beats[i + 1] - beats[i]));
    for (std::size_t k = 0; k < mean.size(); ++k)
      mean[k] += rises[k] / static_cast<double>(beats.size() - 1);
  }
  return mean;
}

// How far the means of even and odd rows lie apart, of `number` of a row.
template <class Rows, class Number>
double alternation(const Rows& rows, Number number) {
  std::array<double, 2> sum{};
  std::array<double, 2> count{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sum[i % 2] += number(rows[i]);
    ++count[i % 2];
  }
  return std::abs(sum[0] / count[0] - sum[1] / count[1]);
}

}  // namespace

GridNumbers describe_grid(const BeatCues& cues, std::span<const double> beats) {
  GridNumbers numbers{};
  Filler out(numbers);
  const double period = median_interval(beats);
  describe_tempo(60 / period, out);
  for (const double share : {0.0, 1.0 / 4, 1.0 / 3, 1.0 / 2, 2.0 / 3})
    out.add(mean_rises(cues, beats, share));
  std::vector<std::array<double, kBeatCues>> rows;
  double at_beats = 0;
  double at_halves = 0;
  for (std::size_t i = 0; i < beats.size(); ++i) {
    auto& row = rows.emplace_back();
    const auto rises = cues.rises(beats[i]);
    std::copy(rises.begin(), rises.end(), row.begin());
    row.back() = kHarmony * harmony_at(cues, beats[i], period);
    at_beats += row.back();
    if (i + 1 < beats.size())
      at_halves += kHarmony * harmony_at(cues, (beats[i] + beats[i + 1]) / 2, period);
  }
  out.add(at_beats / static_cast<double>(beats.size()));
  out.add(at_halves / static_cast<double>(beats.size()));
  auto unusual = rows;
  out.add(standardise(unusual));
  for (const std::size_t lag : {1, 2, 3, 4}) out.add(repetition(unusual, lag));
  for (std::size_t k = 0; k < kBeatCues; ++k)
    out.add(alternation(rows, [&](auto& row) { return row[k]; }));
  // Kick against snare.
  out.add(alternation(rows, [](auto& row) { return row[0] - (row[1] + row[2]) / 2; }));
  double unsteady = 0;
  for (std::size_t i = 1; i < beats.size(); ++i) {
    const double off = std::log((beats[i] - beats[i - 1]) / period);
    unsteady += std::min(0.25, off * off) / static_cast<double>(beats.size() - 1);
  }
  out.add(std::sqrt(unsteady));
  return numbers;
}

namespace {

constexpr double kLowOffBeat = 2;  // so much more that begins low between the beats than on them
constexpr double kLeastLow = 0.5;  // standard deviations
constexpr double kMiddle = 0.05;   // of a beat, from the middle between two

// The grid whose beats lie between those of `grid`; none: candidates.size().
std::size_t grid_between(std::span<const std::vector<double>> candidates, std::size_t grid) {
  const std::vector<double>& beats = candidates[grid];
  const auto lies_between = [&](const std::vector<double>& other) {
    std::size_t i = 0;
    const auto next = std::upper_bound(other.begin(), other.end(), beats.front());
    for (auto beat = next; beat != other.end() && i + 1 < beats.size(); ++beat, ++i) {
      const double share = (*beat - beats[i]) / (beats[i + 1] - beats[i]);
      if (std::abs(share - 0.5) > kMiddle) return false;
    }
    return i + 2 >= beats.size();  // the last may be missing
  };
  const auto found = std::find_if(candidates.begin(), candidates.end(), lies_between);
  return static_cast<std::size_t>(found - candidates.begin());
}

}  // namespace

std::vector<BarCues> describe_beats(const BeatCues& cues, std::span<const double> beats) {
  std::vector<BarCues> rows;
  const double usual = median_interval(beats);
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const double period = i + 1 < beats.size() ? beats[i + 1] - beats[i] : usual;
    auto& row = rows.emplace_back();
    const auto rises = cues.rises(beats[i]);
    std::copy(rises.begin(), rises.end(), row.begin());
    row[BeatCues::kRises] = cues.harmony_change(beats[i], std::max(0.4, period));
    row[BeatCues::kRises + 1] = cues.harmony_change(beats[i], std::max(0.6, 2 * period));
    row[BeatCues::kRises + 2] = cues.harmony_change(beats[i], std::max(0.6, 4 * period));
  }
  standardise(rows);
  return rows;
}

std::size_t choose_grid(const BeatCues& cues, std::span<const std::vector<double>> candidates) {
  std::size_t best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    throw_if_interrupted();
    const GridNumbers numbers = describe_grid(cues, candidates[i]);
    double score = 0;
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const GridWeight& weight = kGridWeights[k];
      score += weight.weight * std::clamp((numbers[k] - weight.mean) / weight.spread, -4.0, 4.0);
    }
    if (score <= most) continue;
    most = score;
    best = i;
  }
  // The model has heard few pieces in which chords after the beat outdo basses and drums on it.
  const double on_beats = mean_rises(cues, candidates[best], 0)[0];
  const double between = mean_rises(cues, candidates[best], 0.5)[0];
  if (between < kLowOffBeat * std::max(on_beats, kLeastLow)) return best;
  const std::size_t other = grid_between(candidates, best);
  return other < candidates.size() ? other : best;
}

namespace {

// The weights are those of means over a whole track; as sums over the beats of about this many.
constexpr double kBeatsHeard = 64;
constexpr double kSlip = 2;  // what it costs that a bar has more or fewer beats, in log odds

struct Path {
  double score = 0;
  std::vector<int> places;
};

Path best_path(const std::vector<BarCues>& rows, int metre) {
  const auto count = static_cast<std::size_t>(metre);
  const BarCues* weights = kPlaceWeights.data() + (metre == 3 ? 0 : 3);
  const auto fits = [&](std::size_t beat, std::size_t place) {
    return std::inner_product(rows[beat].begin(), rows[beat].end(), weights[place].begin(), 0.0) *
           static_cast<double>(metre) / kBeatsHeard;
  };
  std::vector<double> scores(count);
  for (std::size_t place = 0; place < count; ++place) scores[place] = fits(0, place);
  std::vector<std::vector<std::size_t>> from(rows.size(), std::vector<std::size_t>(count));
  for (std::size_t beat = 1; beat < rows.size(); ++beat) {
    std::vector<double> next(count);
    for (std::size_t place = 0; place < count; ++place) {
      const std::size_t usual = (place + count - 1) % count;
      std::size_t best = usual;
      for (std::size_t other = 0; other < count; ++other)
        if (scores[other] - kSlip > scores[best] - (best == usual ? 0 : kSlip)) best = other;
      from[beat][place] = best;
      next[place] = scores[best] - (best == usual ? 0 : kSlip) + fits(beat, place);
    }
    scores = std::move(next);
  }
  Path path;
  auto place = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  path.score = scores[place];
  path.places.resize(rows.size());
  for (std::size_t beat = rows.size(); beat-- > 0; place = from[beat][place])
    path.places[beat] = static_cast<int>(place);
  return path;
}

}  // namespace

Bars find_bars(const BeatCues& cues, std::span<const double> beats) {
  if (beats.size() < 2) return {};
  const std::vector<BarCues> rows = describe_beats(cues, beats);
  double three = kThreeBias;
  for (std::size_t i = 0; i < kMetreLags.size(); ++i) {
    const BarCues again = repetition(rows, kMetreLags[i]);
    three += 2 * std::inner_product(again.begin(), again.end(), kLagWeights[i].begin(), 0.0);
  }
  const Path in_three = best_path(rows, 3);
  const Path in_four = best_path(rows, 4);
  const double scale = kBeatsHeard / static_cast<double>(rows.size());
  Bars bars;
  bars.beats_per_bar = (in_three.score - in_four.score) * scale + three > 0 ? 3 : 4;
  const Path& path = bars.beats_per_bar == 3 ? in_three : in_four;
  for (std::size_t i = 0; i < beats.size(); ++i) bars.beats.push_back({beats[i], path.places[i]});
  return bars;
}

}  // namespace segue
