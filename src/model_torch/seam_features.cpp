#include "model_torch/seam_features.hpp"

#include <algorithm>
#include <cmath>

#include "base/interrupt.hpp"

namespace segue {
namespace {

constexpr Hop kLongestFlux = 512;  // frames, 12 s
constexpr Hop kShortestLag = 10;   // frames, .23 s
constexpr Hop kLagMargin = 15;     // a lag needs that many products to be trusted
constexpr float kLittle = 1e-4f;

// [count × 8] flux of frames first+1 … first+count of the fragment.
std::vector<float> onset_flux(const LogMel& fragment, Hop first, Hop count) {
  std::vector<float> flux(static_cast<std::size_t>(count * kFluxGroups));
  float mean[kFluxGroups] = {};
  for (Hop i = 0; i < count; ++i) {
    const float* before = fragment.row(first + i).data();
    const float* now = fragment.row(first + i + 1).data();
    float* out = flux.data() + i * kFluxGroups;
    for (int band = 0; band < kBands; ++band) {
      out[band * kFluxGroups / kBands] +=
          std::max(0.0f, now[band] - before[band]) / (kBands / kFluxGroups);
    }
    for (int group = 0; group < kFluxGroups; ++group)
      mean[group] += out[group] / static_cast<float>(count);
  }
  for (std::size_t i = 0; i < flux.size(); ++i) flux[i] -= mean[i % kFluxGroups];
  return flux;
}

void normalise(std::span<float> flux) {
  double power = 0;
  for (const float value : flux) power += static_cast<double>(value) * value;
  const double rms = flux.empty() ? 0 : std::sqrt(power / static_cast<double>(flux.size()));
  const auto factor = static_cast<float>(1 / (rms + kLittle));
  for (float& value : flux) value *= factor;
}

float correlation(const std::vector<float>& flux, Hop lag) {
  const std::size_t shift = static_cast<std::size_t>(lag * kFluxGroups);
  float partial[kFluxGroups] = {};  // one sum a group, so that the compiler can use vectors
  for (std::size_t i = shift; i < flux.size(); i += kFluxGroups) {
    for (std::size_t g = 0; g < kFluxGroups; ++g) partial[g] += flux[i + g] * flux[i + g - shift];
  }
  float sum = 0;
  for (const float value : partial) sum += value;
  return sum / static_cast<float>(flux.size() - shift) * kFluxGroups;
}

// Weights of the lags kShortestLag, kShortestLag + 1 …
std::vector<float> lag_weights(const std::vector<float>& flux) {
  const Hop last = static_cast<Hop>(flux.size()) / kFluxGroups - kLagMargin;
  std::vector<float> weights;
  const float own = correlation(flux, 0) + 1e-6f;
  for (Hop lag = kShortestLag; lag < last; ++lag) {
    weights.push_back(10 * correlation(flux, lag) / own);
  }
  // A lag of two lone hits correlates far above 1: softmax without its maximum would overflow.
  const float highest = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
  float sum = 0;
  for (float& weight : weights) sum += weight = std::exp(weight - highest);
  for (float& weight : weights) weight /= sum;
  return weights;
}

// Carries the flux on by `gap` frames that nobody hears and `count` that are returned.
std::vector<float> continued(std::vector<float> flux, const std::vector<float>& weights, Hop gap,
                             Hop count) {
  const std::size_t known = flux.size();
  flux.resize(known + static_cast<std::size_t>((gap + count) * kFluxGroups));
  for (std::size_t t = known; t < flux.size(); t += kFluxGroups) {
    const float* from = flux.data() + t - kShortestLag * kFluxGroups;
    float sums[kFluxGroups] = {};
    for (const float weight : weights) {
      for (int g = 0; g < kFluxGroups; ++g) sums[g] += weight * from[g];
      from -= kFluxGroups;
    }
    std::copy(std::begin(sums), std::end(sums), flux.begin() + static_cast<std::ptrdiff_t>(t));
  }
  flux.erase(flux.begin(), flux.end() - static_cast<std::ptrdiff_t>(count * kFluxGroups));
  return flux;
}

}  // namespace

std::vector<float> edge_means(const LogMel& fragment, const BandStatistics& statistics, int scales,
                              bool exit) {
  std::vector<float> means(static_cast<std::size_t>(scales * kBands));
  double sums[kBands] = {};
  Hop read = 0;
  for (int scale = 0; scale < scales; ++scale) {
    const Hop window = std::min(fragment.frames, Hop{1} << scale);
    for (; read < window; ++read) {
      const float* row = fragment.row(exit ? fragment.frames - 1 - read : read).data();
      for (int band = 0; band < kBands; ++band) sums[band] += row[band];
    }
    float* out = means.data() + scale * kBands;
    for (std::size_t band = 0; band < kBands; ++band) {
      const double mean = sums[band] / static_cast<double>(window);
      out[band] = static_cast<float>((mean - statistics.mean[band]) / statistics.scale[band]);
    }
  }
  return means;
}

SeamFeatures seam_features(const LogMel& fragment, Hop guard, int flux_frames,
                           const BandStatistics& statistics) {
  const Hop frames = fragment.frames;
  SeamFeatures result;
  result.entry = edge_means(fragment, statistics, kSeamScales, false);
  result.exit = edge_means(fragment, statistics, kSeamScales, true);

  const Hop heard = std::min(frames - 1, kLongestFlux);
  std::vector<float> beginning = onset_flux(fragment, 0, heard);
  const Hop wanted = std::min<Hop>(heard, flux_frames);
  beginning.resize(static_cast<std::size_t>(wanted * kFluxGroups));
  normalise(beginning);
  beginning.resize(static_cast<std::size_t>(flux_frames * kFluxGroups));
  result.entry_flux = std::move(beginning);
  result.entry_flux_frames = static_cast<int>(wanted);

  std::vector<float> ending = onset_flux(fragment, frames - 1 - heard, heard);
  normalise(ending);
  const std::vector<float> weights = lag_weights(ending);
  result.exit_flux_known = !weights.empty();
  if (result.exit_flux_known) {
    result.exit_flux =
        continued(std::move(ending), weights, 2 * guard + kFrameOverhang + 1, flux_frames);
    normalise(result.exit_flux);
  } else {
    result.exit_flux.assign(static_cast<std::size_t>(flux_frames * kFluxGroups), 0.0f);
  }
  return result;
}

BandStatistics band_statistics(const FragmentSet& fragments) {
  double sums[kBands] = {}, squares[kBands] = {};
  double count = 0;
  std::vector<float> rows;
  for (std::size_t track = 0; track < fragments.track_count(); ++track) {
    throw_if_interrupted();
    const FeatureFile& features = fragments.features_of(track);
    for (Hop begin = 0; begin < features.frames(); begin += 4096) {
      const FrameRange range{begin, std::min(begin + 4096, features.frames())};
      rows.resize(static_cast<std::size_t>(range.size() * kBands));
      features.read_log_mel(range, rows);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        sums[i % kBands] += rows[i];
        squares[i % kBands] += static_cast<double>(rows[i]) * rows[i];
      }
      count += static_cast<double>(range.size());
    }
  }
  BandStatistics result;
  for (int band = 0; band < kBands; ++band) {
    const double mean = count > 0 ? sums[band] / count : 0;
    const double variance = count > 0 ? squares[band] / count - mean * mean : 1;
    result.mean.push_back(static_cast<float>(mean));
    result.scale.push_back(static_cast<float>(std::sqrt(std::max(variance, 1e-4))));
  }
  return result;
}

}  // namespace segue
