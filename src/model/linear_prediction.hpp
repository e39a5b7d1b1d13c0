// Linear prediction by Burg's method (Burg, "Maximum entropy spectral analysis", 1975; the recursion as
// in Kay and Marple, Proc. IEEE 69, 1981).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace segue {

struct LinearPrediction {
  std::vector<float> coefficients;  // x[t] is expected to be Σ coefficients[k] · x[t - 1 - k]
  double power = 0;                 // mean square of what that misses, over the samples it was made from
};

// samples: finite. `order` coefficients, fewer where there are not twice as many samples. Of silence all
// are 0. The recursion is stable: what is predicted on and on never grows.
LinearPrediction predict_linearly(std::span<const float> samples, std::size_t order);

}  // namespace segue
