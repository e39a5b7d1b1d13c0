#include "render/time_stretcher.hpp"

#include <rubberband/RubberBandStretcher.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace segue {
namespace {

constexpr double kRunIn = 0.2;          // s of input beyond either end, so that the windows have settled
constexpr double kMapStep = 0.05;       // s between points at which the stretcher is told where it is
constexpr std::size_t kLossReach = 10;  // steps of the map on either side, by which losses are measured
constexpr double kMostLost = 1.5, kSilent = 1e-9;
constexpr std::size_t kBlock = 8192;  // PCM frames given at a time

// Band-limited interpolation by a windowed sinc (Smith, Digital Audio Resampling), for reading at
// speeds near 1.
class Interpolator {
 public:
  static constexpr int kReach = 16;  // PCM frames on either side

  // The value at a place of one channel, silent beyond its ends.
  static float at(const std::vector<float>& channel, double place) {
    const double whole = std::floor(place);
    const auto phase = static_cast<std::size_t>((place - whole) * kPhases);
    const auto& taps = table()[std::min<std::size_t>(phase, kPhases - 1)];
    const auto first = static_cast<PcmFrame>(whole) - kReach + 1;
    double sum = 0;
    for (int k = 0; k < 2 * kReach; ++k) {
      const PcmFrame i = first + k;
      if (i >= 0 && i < static_cast<PcmFrame>(channel.size()))
        sum += static_cast<double>(taps[static_cast<std::size_t>(k)]) *
               static_cast<double>(channel[static_cast<std::size_t>(i)]);
    }
    return static_cast<float>(sum);
  }

 private:
  static constexpr std::size_t kPhases = 4096;
  using Taps = std::array<float, 2 * kReach>;

  static const std::vector<Taps>& table() {
    static const std::vector<Taps> taps = [] {
      std::vector<Taps> all(kPhases);
      for (std::size_t p = 0; p < kPhases; ++p) {
        double sum = 0;
        for (int k = 0; k < 2 * kReach; ++k) {
          const double x = k - kReach + 1 - (static_cast<double>(p) + .5) / kPhases;
          const double angle = std::numbers::pi * x;
          const double window = std::pow(std::cos(angle / (2 * kReach)), 2);
          const double value = (std::abs(x) < 1e-9 ? 1 : std::sin(angle) / angle) * window;
          all[p][static_cast<std::size_t>(k)] = static_cast<float>(value);
          sum += value;
        }
        for (float& tap : all[p]) tap = static_cast<float>(static_cast<double>(tap) / sum);
      }
      return all;
    }();
    return taps;
  }
};

// By Rubber Band: input PCM frames [0, n) in m output frames, through given pairs of both.
std::vector<std::vector<float>> by_rubber_band(const std::vector<std::vector<float>>& input,
                                               int sample_rate, std::size_t m,
                                               const std::map<std::size_t, std::size_t>& map) {
  using RubberBand::RubberBandStretcher;
  const std::size_t n = input[0].size();
  RubberBandStretcher stretcher(static_cast<std::size_t>(sample_rate), input.size(),
                                RubberBandStretcher::OptionProcessOffline |
                                    RubberBandStretcher::OptionThreadingNever |
                                    RubberBandStretcher::OptionChannelsTogether,
                                static_cast<double>(m) / static_cast<double>(n));
  stretcher.setExpectedInputDuration(n);
  stretcher.setMaxProcessSize(kBlock);
  std::vector<const float*> from(input.size());
  const auto give = [&](auto&& to) {
    for (std::size_t at = 0; at < n; at += kBlock) {
      throw_if_interrupted();
      for (std::size_t c = 0; c < input.size(); ++c) from[c] = input[c].data() + at;
      to(std::min(kBlock, n - at), at + kBlock >= n);
    }
  };
  give([&](std::size_t count, bool last) { stretcher.study(from.data(), count, last); });
  stretcher.setKeyFrameMap(map);
  std::vector<std::vector<float>> output(input.size());
  std::vector<float*> to(input.size());
  give([&](std::size_t count, bool last) {
    stretcher.process(from.data(), count, last);
    for (int ready = stretcher.available(); ready > 0; ready = stretcher.available()) {
      for (std::size_t c = 0; c < input.size(); ++c) {
        output[c].resize(output[c].size() + static_cast<std::size_t>(ready));
        to[c] = output[c].data() + output[c].size() - ready;
      }
      stretcher.retrieve(to.data(), static_cast<std::size_t>(ready));
    }
  });
  for (auto& channel : output) channel.resize(m);
  return output;
}

// What overlaps in the windows of a phase vocoder is not quite in phase, which makes it softer (Laroche
// and Dolson, IEEE TSAP 7(3), 1999): by how much each stretch between two pairs of the map, and what is
// about it, is to be louder.
std::vector<double> losses(const std::vector<std::vector<float>>& input,
                           const std::vector<std::vector<float>>& output,
                           const std::map<std::size_t, std::size_t>& map) {
  std::vector<double> before{0}, after{0};  // energy up to each pair
  std::vector<double> frames_before{0}, frames_after{0};
  const auto energy = [](const std::vector<std::vector<float>>& sound, std::size_t from,
                         std::size_t to) {
    double sum = 0;
    for (const auto& channel : sound)
      for (std::size_t i = from; i < std::min(to, channel.size()); ++i)
        sum += static_cast<double>(channel[i]) * static_cast<double>(channel[i]);
    return sum;
  };
  std::size_t in = 0, out = 0;
  for (const auto& [in_end, out_end] : map) {
    before.push_back(before.back() + energy(input, in, in_end));
    after.push_back(after.back() + energy(output, out, out_end));
    frames_before.push_back(static_cast<double>(in = in_end));
    frames_after.push_back(static_cast<double>(out = out_end));
  }
  const std::size_t count = map.size();
  std::vector<double> gains(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i > kLossReach ? i - kLossReach : 0,
                      to = std::min(count, i + kLossReach + 1);
    const double was =
        (before[to] - before[from]) / std::max(1.0, frames_before[to] - frames_before[from]);
    const double is = (after[to] - after[from]) / std::max(1.0, frames_after[to] - frames_after[from]);
    gains[i] = std::clamp(std::sqrt((was + kSilent) / (is + kSilent)), 1 / kMostLost, kMostLost);
  }
  return gains;
}

void give_back(std::vector<std::vector<float>>& output, std::span<const double> gains,
               const std::map<std::size_t, std::size_t>& map) {
  // From the middle of each to that of the next.
  std::vector<double> middles;
  std::size_t begin = 0;
  for (const auto& [in, out] : map) {
    middles.push_back(static_cast<double>(begin + out) / 2);
    begin = out;
  }
  for (auto& channel : output) {
    std::size_t k = 0;
    for (std::size_t t = 0; t < channel.size(); ++t) {
      const auto at = static_cast<double>(t);
      while (k + 1 < middles.size() && middles[k + 1] <= at) ++k;
      double gain = gains[k];
      if (at > middles[k] && k + 1 < middles.size())
        gain += (gains[k + 1] - gain) * (at - middles[k]) / (middles[k + 1] - middles[k]);
      channel[t] *= static_cast<float>(gain);
    }
  }
}

}  // namespace

std::vector<float> stretch(std::span<const float> interleaved, PcmFrame input_begin, int channels,
                           int sample_rate, PcmFrame begin, PcmFrame end, const StretchMap& map) {
  if (channels < 1 || sample_rate < 1 || end < begin)
    throw Error(ErrorKind::internal, "nothing can be stretched so", {}, "report this");
  const auto width = static_cast<std::size_t>(channels);
  const auto run_in = static_cast<PcmFrame>(kRunIn * sample_rate);
  const PcmFrame first = begin - run_in, last = end + run_in;
  // Beyond the ends that are asked for, the speed and pitch there go on.
  const auto input_at = [&](double t) {
    const auto b = static_cast<double>(begin), e = static_cast<double>(end);
    if (t < b) return map.input(b) + (t - b) * (map.input(b + 1) - map.input(b));
    if (t > e) return map.input(e) + (t - e) * (map.input(e) - map.input(e - 1));
    return map.input(t);
  };
  const auto pitch_at = [&](double t) {
    return map.pitch(std::clamp(t, static_cast<double>(begin), static_cast<double>(end)));
  };
  // Raising the pitch is playing faster what was stretched as much more: output t reads place u(t) of
  // what Rubber Band gives, du = pitch dt.
  std::vector<double> places{0};  // at each output frame from `first` on
  bool pitched = false;
  for (PcmFrame t = first; t < last; ++t) {
    const double pitch = pitch_at(static_cast<double>(t) + .5);
    pitched |= pitch != 1;
    places.push_back(places.back() + pitch);
  }
  const auto input_first = static_cast<PcmFrame>(std::floor(input_at(static_cast<double>(first))));
  const auto input_last = static_cast<PcmFrame>(std::ceil(input_at(static_cast<double>(last))));
  const auto n = static_cast<std::size_t>(std::max<PcmFrame>(1, input_last - input_first));
  const auto m = static_cast<std::size_t>(std::llround(places.back()));
  std::vector<std::vector<float>> input(width, std::vector<float>(n));
  const auto given = static_cast<PcmFrame>(interleaved.size() / width);
  for (std::size_t i = 0; i < n; ++i) {
    const PcmFrame at = input_first + static_cast<PcmFrame>(i) - input_begin;
    if (at < 0 || at >= given) continue;
    for (std::size_t c = 0; c < width; ++c)
      input[c][i] = interleaved[static_cast<std::size_t>(at) * width + c];
  }
  std::map<std::size_t, std::size_t> points;
  const auto step = static_cast<std::size_t>(kMapStep * sample_rate);
  for (std::size_t i = step; i + step / 2 < places.size(); i += step) {
    const double in = input_at(static_cast<double>(first + static_cast<PcmFrame>(i)));
    const PcmFrame from = std::llround(in) - input_first;
    if (from > 0 && from < static_cast<PcmFrame>(n))
      points[static_cast<std::size_t>(from)] = static_cast<std::size_t>(std::llround(places[i]));
  }
  points[n] = m;
  auto output = by_rubber_band(input, sample_rate, m, points);
  give_back(output, losses(input, output, points), points);
  std::vector<float> result(static_cast<std::size_t>(end - begin) * width);
  for (PcmFrame t = begin; t < end; ++t) {
    const auto i = static_cast<std::size_t>(t - first);
    for (std::size_t c = 0; c < width; ++c)
      result[static_cast<std::size_t>(t - begin) * width + c] =
          pitched ? Interpolator::at(output[c], places[i])
                  : output[c][std::min(i, output[c].size() - 1)];
  }
  return result;
}

}  // namespace segue
