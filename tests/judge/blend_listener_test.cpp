#include "judge/blend_listener.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/half.hpp"
#include "judge/join_chooser.hpp"
#include "support/mix_library.hpp"

namespace segue {
namespace {

// Two tracks of made-up spectra, which nobody can decode.
class ListeningToBlends : public testing::Test {
 protected:
  ListeningToBlends() {
    test::MadeMusic loud, soft;
    loud.log_mel = -3;
    soft.log_mel = -4;
    soft.loudness = [](double) { return -26.0; };  // 8 LU below the other
    library_.add_music("loud", 90, loud);
    library_.add_music("soft", 90, soft);
    cutting_.segmentation = Segmentation::parse("bars");
  }

  static float value(const SeamWindow& window, Hop frame) {
    return float_from_half(window.log_mel[static_cast<std::size_t>(frame) * LogMelGeometry::bands + 40]);
  }
  // By how much what comes differs from what went, a second ahead of the middle and a second behind it.
  static double step(const SeamWindow& window) {
    const Hop second = to_hops(Seconds(1));
    return std::abs(value(window, window.frames / 2 + second) -
                    value(window, window.frames / 2 - second));
  }

  test::MixLibrary library_;
  MixConfig cutting_;
};

TEST_F(ListeningToBlends, SketchesNeedNoAudioAndLetTheTwoMeet) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  const auto sources = sources_of(pool);
  constexpr Seconds kKind{0.1};
  const BlendListener listener(pool, sources, kKind);
  const JoinPlace first{0, 40 * 44100, 0}, other{1, 40 * 44100, 0};
  Join join{first, other};
  const auto cut = listener.hear(join, 1, true);
  join.fade = kKind;
  const auto met = listener.hear(join, 1, true);
  ASSERT_TRUE(cut && met);
  EXPECT_EQ(met->frames, seam_window_frames(kKind));
  EXPECT_NEAR(step(*cut), 1, 0.02) << "log10 of power, as they are";
  EXPECT_NEAR(step(*met), 0.2, 0.05) << "their levels meet";

  join = {first, first};
  const auto untouched = listener.hear(join, 1, true);
  join.fade = kKind;
  const auto through = listener.hear(join, 1, true);
  ASSERT_TRUE(untouched && through);
  for (Hop frame = 0; frame < untouched->frames; ++frame) {
    ASSERT_NEAR(value(*untouched, frame), value(*untouched, 0), 0.01) << frame;
    ASSERT_NEAR(value(*through, frame), value(*untouched, frame), 0.1) << "it goes on as it was made";
  }
}

TEST_F(ListeningToBlends, SoundNeedsTheFile) {
  const FragmentPool pool(cutting_, library_.library(), library_.tracks());
  const auto sources = sources_of(pool);
  const BlendListener listener(pool, sources, Seconds(0.1));
  const Join join{{0, 40 * 44100, 0}, {1, 40 * 44100, 0}};
  EXPECT_THROW(listener.hear(join, 1, false), Error);
}

}  // namespace
}  // namespace segue
