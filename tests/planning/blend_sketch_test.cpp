#include "planning/blend_sketch.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/block_loudness.hpp"
#include "planning/spectral_levels.hpp"
#include "render/band_splitter.hpp"
#include "support/hits.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::HeardTrack;
using test::hits;
using test::TemporaryFolder;

// Two that are equally loud are for .41 of a blend; one that rests, or is 6 dB softer throughout, less.
TEST(BlendSketch, TellsForHowLongBothAreBusy) {
  const TemporaryFolder folder;
  const auto music = [&](const char* name, float level, Hop rests_from) {
    return FeatureFile::open(test::write_features(
        folder.path(), test::track_id(name), to_hops(Seconds(100)), [=](Hop frame, int band) {
          return frame >= rests_from || band > 60 ? -6.0f : band < 4 ? -1.0f : level;
        }));
  };
  const Hop never = to_hops(Seconds(200));
  const auto steady = music("steady", -3, never), softer = music("softer", -4.5f, never),
             resting = music("resting", -3, to_hops(Seconds(48)));
  Transition transition;
  transition.kind = TransitionKind::blend;
  transition.before = transition.after = frames_of(Seconds(6));
  transition.blend.low = transition.blend.mid =
      transition.blend.high = {-transition.before, transition.after};
  const auto busy = [&](const auto& out, const auto& in, double gain_db) {
    return sketch_blend({out.get(), Seconds(50), 0}, {in.get(), Seconds(50), gain_db}, transition,
                        {kSeamFlank, kSeamFlank}, Seconds(12))
        .both_busy.count();
  };
  EXPECT_NEAR(busy(steady, steady, 0), .41 * 12, .06);
  EXPECT_NEAR(busy(steady, softer, 15), .41 * 12, .06) << "as loud as it is played";
  EXPECT_LT(busy(steady, softer, 0), .2 * 12);
  EXPECT_LT(busy(resting, steady, 0), .1 * 12);
  transition.blend.mid = {0, transition.after};
  EXPECT_NEAR(busy(steady, steady, 0), .41 * 6, .06) << "while the middle fades";
  transition.before = transition.after = 0;
  transition.blend = {};
  EXPECT_NEAR(busy(steady, steady, 0), 0, .1);
}

TEST(SpectralLevels, TellHowMuchLouderAChangeMakesIt) {
  const TemporaryFolder folder;
  const std::vector<float> music = hits(40, .5, .25, .5, 900);
  std::vector<float> hiss = test::noise(.05, music.size(), 9);
  for (std::size_t i = 0; i < music.size(); ++i) hiss[i] += music[i];
  const HeardTrack track(folder, "a", hiss, 0, 0);
  const auto loudness = [](const std::vector<float>& mono) {
    BlockLoudness blocks(22050, 1);
    blocks.add(mono);
    return blocks.integrated();
  };
  for (const BandLevels& change :
       {BandLevels{6, 0, 0, 0, 0}, BandLevels{0, 0, 9, 0, 0}, BandLevels{0, -6, -6, 3, 9}}) {
    std::vector<float> changed(hiss.size());
    split_bands(hiss, 22050, BlendSide::borders_hz, [&](std::size_t band, std::span<const float> part) {
      const auto factor = static_cast<float>(std::pow(10, change[band] / 20));
      for (std::size_t i = 0; i < part.size(); ++i) changed[i] += factor * part[i];
    });
    EXPECT_NEAR(louder_by(*track.features, Seconds(0), Seconds(40), change),
                loudness(changed) - loudness(hiss), 1)
        << "which is gated";
  }
}

}  // namespace
}  // namespace segue
