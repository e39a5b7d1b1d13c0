#include "training/augmentation.hpp"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

constexpr float kFloor = 1e-7f;  // of power, as the feature files have it

LogMel empty(Hop frames) {
  return {frames, std::vector<float>(static_cast<std::size_t>(frames * kBands))};
}

float* row(LogMel& matrix, Hop frame) { return matrix.values.data() + frame * kBands; }

}  // namespace

LogMel resample_frames(const LogMel& source, Hop count) {
  if (count == source.frames) return source;
  LogMel result = empty(count);
  const double step =
      count > 1 ? static_cast<double>(source.frames - 1) / static_cast<double>(count - 1) : 0;
  for (Hop i = 0; i < count; ++i) {
    const double place = static_cast<double>(i) * step;
    const Hop left = std::min(static_cast<Hop>(place), source.frames - 1);
    const Hop right = std::min(left + 1, source.frames - 1);
    const auto weight = static_cast<float>(place - static_cast<double>(left));
    const float* a = source.row(left).data();
    const float* b = source.row(right).data();
    float* out = row(result, i);
    for (int band = 0; band < kBands; ++band) out[band] = a[band] + weight * (b[band] - a[band]);
  }
  return result;
}

void change_level(LogMel& fragment, double gain_db, double tilt_db) {
  if (gain_db == 0 && tilt_db == 0) return;
  float change[kBands];
  for (int band = 0; band < kBands; ++band) {
    change[band] = static_cast<float>((gain_db + tilt_db * (2.0 * band / (kBands - 1) - 1)) / 10);
  }
  const float floor = std::log10(kFloor);
  for (Hop frame = 0; frame < fragment.frames; ++frame) {
    float* out = row(fragment, frame);
    for (int band = 0; band < kBands; ++band) {
      if (out[band] > floor + 2) {  // the floor is below 1 % of it
        out[band] = std::max(floor, out[band] + change[band]);
      } else {  // digital silence stays what it is
        const double power = std::max(0.0, std::pow(10.0, out[band]) - kFloor);
        out[band] = static_cast<float>(std::log10(power * std::pow(10.0, change[band]) + kFloor));
      }
    }
  }
}

void shift_pitch(LogMel& fragment, double semitones) {
  if (semitones == 0) return;
  const double low = hertz_to_mel(LogMelGeometry::lowest);
  const double step = (hertz_to_mel(LogMelGeometry::highest) - low) / (kBands + 1);
  const double ratio = std::pow(2.0, -semitones / 12);
  int left[kBands];
  float weight[kBands], old[kBands];
  for (int band = 0; band < kBands; ++band) {
    const double hertz = mel_to_hertz(low + (band + 1) * step) * ratio;
    const double place = std::clamp((hertz_to_mel(hertz) - low) / step - 1, 0.0, kBands - 1.0);
    left[band] = std::min(static_cast<int>(place), kBands - 2);
    weight[band] = static_cast<float>(place - left[band]);
  }
  for (Hop frame = 0; frame < fragment.frames; ++frame) {
    float* out = row(fragment, frame);
    std::copy(out, out + kBands, old);
    for (int band = 0; band < kBands; ++band)
      out[band] = old[left[band]] + weight[band] * (old[left[band] + 1] - old[left[band]]);
  }
}

LogMel reversed(const LogMel& fragment) {
  LogMel result = empty(fragment.frames);
  for (Hop frame = 0; frame < fragment.frames; ++frame) {
    const auto from = fragment.row(fragment.frames - 1 - frame);
    std::copy(from.begin(), from.end(), row(result, frame));
  }
  return result;
}

LogMel silence(Hop frames) {
  LogMel result = empty(frames);
  std::fill(result.values.begin(), result.values.end(), std::log10(kFloor));
  return result;
}

LogMel noise(Hop frames, Random& random) {
  const double level = random.uniform(-5, 0);  // log10 of the power at the middle band
  const double slope = random.uniform(-3, 0);  // log10 of the power over all bands: white … brown
  LogMel result = empty(frames);
  for (int band = 0; band < kBands; ++band) {
    // HTK-mel bands of 1 bin at the bottom to about 25 at the top.
    const int bins = 1 + band * band / 260;
    const double mean = std::pow(10, level + slope * (static_cast<double>(band) / kBands - 0.5));
    double recent[4] = {0, 0, 0, 0};  // windows overlap by three quarters
    for (Hop frame = -3; frame < frames; ++frame) {
      double power = 0;
      for (int bin = 0; bin < bins; ++bin) power -= std::log(1 - random.uniform());
      recent[(frame + 4) % 4] = mean * power / bins;
      if (frame < 0) continue;
      const double smooth = (recent[0] + recent[1] + recent[2] + recent[3]) / 4;
      row(result, frame)[band] = static_cast<float>(std::log10(smooth + kFloor));
    }
  }
  return result;
}

}  // namespace segue
