#include "analysis/log_mel.hpp"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numbers>

#include "base/error.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr std::size_t kWindow = LogMelGeometry::window_length;
constexpr std::size_t kHop = LogMelGeometry::hop_length;
constexpr std::size_t kBins = kWindow / 2 + 1;
constexpr float kPowerScale = 1.0f / (512.0f * 512.0f);
constexpr float kFloor = 1e-7f;

// One plan serves all: FFTW's execution is thread-safe, its planner is not. FFTW_ESTIMATE chooses
// without measuring, so that every run computes the same bits.
std::mutex& planner() {
  static std::mutex mutex;
  return mutex;
}

template <class T>
struct FreeFftw {
  void operator()(T* memory) const noexcept { fftwf_free(memory); }
};

// A triangle's weights over the bins that it touches, padded with zeros to whole lanes.
constexpr std::size_t kLanes = 4;
struct Band {
  std::size_t first_bin = 0;
  std::vector<float> weights;
};

Band make_band(double left, double centre, double right) {
  constexpr double kBinWidth = static_cast<double>(kRate) / kWindow;
  std::vector<double> weights;
  Band band;
  double sum = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const double hertz = static_cast<double>(bin) * kBinWidth;
    if (hertz <= left || hertz >= right) continue;
    if (weights.empty()) band.first_bin = bin;
    weights.push_back(hertz <= centre ? (hertz - left) / (centre - left)
                                      : (right - hertz) / (right - centre));
    sum += weights.back();
  }
  if (weights.empty()) {  // narrower than the distance of two bins
    band.first_bin = static_cast<std::size_t>(std::llround(centre / kBinWidth));
    weights = {1.0};
    sum = 1;
  }
  for (const double weight : weights) band.weights.push_back(static_cast<float>(weight / sum));
  while (band.weights.size() % kLanes != 0) band.weights.push_back(0);
  return band;
}

std::array<Band, kBands> make_bands() {
  std::array<double, kBands + 2> edges{};
  const double low = hertz_to_mel(LogMelGeometry::lowest);
  const double step = (hertz_to_mel(LogMelGeometry::highest) - low) / (kBands + 1);
  for (std::size_t i = 0; i < edges.size(); ++i)
    edges[i] = mel_to_hertz(low + step * static_cast<double>(i));
  std::array<Band, kBands> bands;
  for (std::size_t i = 0; i < kBands; ++i) bands[i] = make_band(edges[i], edges[i + 1], edges[i + 2]);
  return bands;
}

float weighted_sum(const std::vector<float>& weights, const float* power) {
  std::array<float, kLanes> sums{};  // side by side, in a fixed order: fast, and the same everywhere
  for (std::size_t i = 0; i < weights.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += weights[i + lane] * power[i + lane];
  }
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

std::array<float, kWindow> make_hann() {
  std::array<float, kWindow> window{};
  for (std::size_t i = 0; i < kWindow; ++i) {
    const double turn = static_cast<double>(i) / kWindow;  // periodic
    window[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn));
  }
  return window;
}

struct Tables {
  std::array<float, kWindow> hann = make_hann();
  std::array<Band, kBands> bands = make_bands();
  std::size_t bins = 0;  // that any band looks at

  Tables() {
    for (const Band& band : bands) bins = std::max(bins, band.first_bin + band.weights.size());
  }
};

const Tables& tables() {
  static const Tables shared;
  return shared;
}

}  // namespace

struct LogMelExtractor::State {
  const Tables& shared = tables();
  std::unique_ptr<float, FreeFftw<float>> windowed{fftwf_alloc_real(kWindow)};
  std::unique_ptr<fftwf_complex, FreeFftw<fftwf_complex>> spectrum{fftwf_alloc_complex(kBins)};
  fftwf_plan plan = nullptr;
  std::array<float, kBins + kLanes> power{};
  // The samples from the next frame's first one on; a frame is taken wherever a window is full.
  std::vector<float> held;

  State() {
    const std::lock_guard lock(planner());
    plan = fftwf_plan_dft_r2c_1d(static_cast<int>(kWindow), windowed.get(), spectrum.get(),
                                 FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    if (plan == nullptr) throw Error(ErrorKind::internal, "FFTW has no plan for the spectrogram");
  }
  ~State() {
    const std::lock_guard lock(planner());
    fftwf_destroy_plan(plan);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // frame: kWindow samples; row: kBands values.
  void transform(const float* frame, float* row) {
    float* in = windowed.get();
    for (std::size_t i = 0; i < kWindow; ++i) in[i] = frame[i] * shared.hann[i];
    fftwf_execute(plan);
    const fftwf_complex* bin = spectrum.get();
    for (std::size_t i = 0; i < shared.bins; ++i) {
      power[i] = (bin[i][0] * bin[i][0] + bin[i][1] * bin[i][1]) * kPowerScale;
    }
    for (std::size_t i = 0; i < kBands; ++i) {
      const Band& band = shared.bands[i];
      row[i] = std::log10(weighted_sum(band.weights, &power[band.first_bin]) + kFloor);
    }
  }
};

LogMelExtractor::LogMelExtractor() : state_(std::make_unique<State>()) {}
LogMelExtractor::~LogMelExtractor() = default;

void LogMelExtractor::process(std::span<const float> samples, std::vector<float>& rows) {
  std::vector<float>& held = state_->held;
  held.insert(held.end(), samples.begin(), samples.end());
  std::size_t at = 0;
  for (; held.size() - at >= kWindow; at += kHop) {
    rows.resize(rows.size() + kBands);
    state_->transform(held.data() + at, rows.data() + rows.size() - kBands);
  }
  held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace segue
