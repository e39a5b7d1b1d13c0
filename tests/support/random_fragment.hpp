// A fragment of noise, for networks.
#pragma once

#include "base/random.hpp"
#include "features/fragment_set.hpp"

namespace segue {

inline LogMel random_fragment(Hop frames, Random& random) {
  LogMel fragment{frames, {}};
  for (Hop i = 0; i < frames * kBands; ++i)
    fragment.values.push_back(static_cast<float>(random.normal() - 3));
  return fragment;
}

}  // namespace segue
