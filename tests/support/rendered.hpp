// A plan as sound, in memory.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "render/renderer.hpp"

namespace segue::test {

// Stereo, read `block` PCM frames at a time.
inline std::vector<float> render(const Plan& plan, std::size_t block = 3000) {
  Renderer renderer(plan);
  std::vector<float> out;
  std::vector<float> buffer(2 * block);
  while (const PcmFrame frames = renderer.read(buffer)) {
    out.insert(out.end(), buffer.begin(), buffer.begin() + 2 * frames);
  }
  EXPECT_EQ(renderer.position(), static_cast<PcmFrame>(out.size() / 2));
  return out;
}

}  // namespace segue::test
