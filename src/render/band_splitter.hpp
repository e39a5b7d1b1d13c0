// Splitting sound into bands that add up to it again.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace segue {

// Splits one channel at rising borders (Hz) and calls `use` with each band, the lowest first. A border
// has the slopes of a Linkwitz-Riley crossover of fourth order (Linkwitz 1976), 1 / (1 + (f / f0)^4) for
// what is below, but no phase: a second-order Butterworth filter runs forward and backward. So all bands
// added are the input, to the last bits of a float, and nothing shifts in time.
void split_bands(std::span<const float> samples, int sample_rate, std::span<const double> borders,
                 const std::function<void(std::size_t band, std::span<const float>)>& use);

}  // namespace segue
