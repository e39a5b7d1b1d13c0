#include "training/sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.hpp"
#include "support/manifests.hpp"
#include "support/temporary_folder.hpp"
#include "training/augmentation.hpp"

namespace segue {
namespace {

class SamplerTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Manifest manifest_ = test::make_manifest(folder_.path(), 4, 2, 20);
  Recipe recipe_ = Recipe::load("crnn-tuned");

  std::vector<TrainingBatch> epoch(std::uint64_t number, bool augment = true) {
    Sampler sampler(manifest_, Side::train, recipe_, 7, augment);
    std::vector<TrainingBatch> batches;
    const std::size_t count = sampler.begin_epoch(number);
    for (std::size_t i = 0; i < count; ++i) batches.push_back(sampler.batch(i, 2));
    return batches;
  }
};

TEST_F(SamplerTest, GivesTheSameBatchesForTheSameSeedAndEpoch) {
  const auto a = epoch(3), b = epoch(3), c = epoch(4);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].candidates, b[i].candidates);
    ASSERT_EQ(a[i].fragments.size(), b[i].fragments.size());
    for (std::size_t f = 0; f < a[i].fragments.size(); ++f) {
      EXPECT_EQ(a[i].fragments[f].values, b[i].fragments[f].values);
    }
  }
  EXPECT_NE(a.front().fragments.front().values, c.front().fragments.front().values);
}

TEST_F(SamplerTest, NeverCallsTheTrueNextOrThePlayingFragmentWrong) {
  for (const TrainingBatch& batch : epoch(1)) {
    for (std::size_t q = 0; q < batch.queries; ++q) {
      const std::int64_t playing = batch.playing[q];
      EXPECT_EQ(batch.candidates[q * batch.width], playing + 1);
      for (std::size_t m = 1; m < batch.width; ++m) {
        const std::int64_t wrong = batch.candidates[q * batch.width + m];
        EXPECT_NE(wrong, playing);
        EXPECT_NE(wrong, playing + 1);
        EXPECT_LT(wrong, static_cast<std::int64_t>(batch.fragments.size()));
      }
    }
  }
}

TEST_F(SamplerTest, AsksForEveryFragmentsSuccessorWhenItOnlyMeasures) {
  std::size_t queries = 0;
  for (const TrainingBatch& batch : epoch(1, false)) queries += batch.queries;
  // 4 tracks of 20 fragments in clips of 16 and 4: 15 + 3 questions each.
  EXPECT_EQ(queries, 4u * (15 + 3));
}

TEST_F(SamplerTest, ShowsEachFragmentAsItIsWithoutAugmentation) {
  recipe_.set("guard", "0");
  recipe_.set("extremes", "0");
  const TrainingBatch batch = epoch(1, false).front();
  const FragmentSet expected = manifest_.fragments(Side::train);
  std::set<std::vector<float>> real;
  for (std::size_t i = 0; i < expected.size(); ++i) real.insert(expected.log_mel(i).values);
  EXPECT_TRUE(real.contains(batch.fragments.front().values));
  EXPECT_TRUE(real.contains(batch.fragments.back().values));
}

TEST_F(SamplerTest, MixesInExtremeCasesAtTheShareAskedFor) {
  recipe_.set("extremes", "1.5");
  recipe_.set("batch_clips", "64");
  const TrainingBatch batch = epoch(1).front();
  std::size_t extremes = 0;
  for (std::size_t q = 0; q < batch.queries; ++q) {
    for (std::size_t m = batch.width - 2; m < batch.width; ++m)
      extremes += batch.candidates[q * batch.width + m] >= 0;
  }
  EXPECT_NEAR(static_cast<double>(extremes) / static_cast<double>(batch.queries), 1.5, 0.35);
}

TEST_F(SamplerTest, TakesNoWrongAnswerOfOthersFromTheSameSong) {
  for (ManifestTrack& track : manifest_.tracks) track.song = "one and the same";
  recipe_.set("extremes", "0");
  for (const TrainingBatch& batch : epoch(1)) {
    for (std::size_t q = 0; q < batch.queries; ++q) {
      for (std::size_t m = 1 + batch.same; m < batch.width; ++m) {
        EXPECT_EQ(batch.candidates[q * batch.width + m], -1);
      }
    }
  }
}

TEST_F(SamplerTest, NoExtremeSoundsLikeTheRightAnswer) {
  const auto steady = [](Hop, int band) { return band < 40 ? -2.0f : -7.0f; };
  for (ManifestTrack& track : manifest_.tracks) {
    test::write_features(folder_.path(), track.id, 20 * 43, steady);
    track.group = "one";
  }
  for (const char* setting : {"gain_db", "tilt_db"}) recipe_.set(setting, "0");
  recipe_.set("extremes", "1");
  std::size_t taken = 0;
  for (const TrainingBatch& batch : epoch(1)) {
    for (std::size_t q = 0; q < batch.queries; ++q) {
      const std::int64_t wrong = batch.candidates[q * batch.width + batch.width - 1];
      if (wrong < 0) continue;
      ++taken;  // silence, noise, louder, softer; not reversed, faster, slower
      const auto right = static_cast<std::size_t>(batch.candidates[q * batch.width]);
      EXPECT_NE(batch.fragments[static_cast<std::size_t>(wrong)].values, batch.fragments[right].values);
    }
  }
  EXPECT_GT(taken, 10u);
}

TEST_F(SamplerTest, SaysWhenTheMusicIsTooLittle) {
  Manifest little = test::make_manifest(folder_.path(), 1, 1, 2);
  EXPECT_THROW(Sampler(little, Side::train, recipe_, 1, true), Error);
}

TEST_F(SamplerTest, CutsSomeTracksOtherwiseButNeverWhatItIsMeasuredBy) {
  recipe_ = Recipe::load("successor");
  recipe_.set("recut", "1");
  recipe_.set("guard", "0");
  const auto lengths_of = [](const std::vector<TrainingBatch>& batches) {
    std::set<Hop> lengths;
    for (const TrainingBatch& batch : batches)
      for (const LogMel& fragment : batch.fragments) lengths.insert(fragment.frames);
    return lengths;
  };
  const std::set<Hop> one = lengths_of(epoch(1)), again = lengths_of(epoch(1)),
                      other = lengths_of(epoch(2));
  EXPECT_GT(one.size(), 5u);
  EXPECT_EQ(one, again);
  EXPECT_NE(one, other);
  EXPECT_EQ(lengths_of(epoch(1, false)).size(), 1u) << "all as the manifest cuts them";
  recipe_.set("recut", "0");
  EXPECT_EQ(lengths_of(epoch(1)).size(), 1u);
}

TEST_F(SamplerTest, ClipsThatAreCutAtBarsBeginAtBars) {
  recipe_ = Recipe::load("successor");
  constexpr Hop kBar = 80;  // of four beats
  for (std::size_t i = 0; i < manifest_.tracks.size(); ++i) {
    TrackMusic music;
    for (int beat = 0; beat < 43; ++beat)
      music.beats.push_back({hops_to_seconds(beat * kBar / 4).count(), beat % 4});
    ManifestTrack& track = manifest_.tracks[i];
    track.features =
        test::write_features(folder_.path(), track.id, 860, test::wandering_spectrum(i + 1), music);
  }
  recipe_.set("recut", "1");
  recipe_.set("guard", "0");
  for (const char* name : {"stretch", "pitch", "gain_db", "tilt_db"}) recipe_.set(name, "0");
  std::set<std::vector<float>> bars;
  const Manifest cut = [&] {
    Manifest manifest = manifest_;
    for (ManifestTrack& track : manifest.tracks) {
      track.fragments.clear();
      for (Hop start = 0; start + kBar <= 860; start += kBar) track.fragments.push_back({start, kBar});
    }
    return manifest;
  }();
  const FragmentSet set = cut.fragments(Side::train);
  for (std::size_t i = 0; i < set.size(); ++i) bars.insert(set.log_mel(i).values);
  std::size_t as_long = 0, at_bars = 0;
  for (std::uint64_t number = 0; number < 12; ++number) {
    for (const TrainingBatch& batch : epoch(number)) {
      for (const LogMel& fragment : batch.fragments) {
        as_long += fragment.frames == visible_frames({0, kBar}).size();
        at_bars += bars.count(fragment.values);
      }
    }
  }
  EXPECT_GT(as_long, 50u);
  EXPECT_GT(static_cast<double>(at_bars), 0.8 * static_cast<double>(as_long)) << "others came by chance";
}

TEST_F(SamplerTest, TransposesAllOfAClipAlike) {
  recipe_ = Recipe::load("successor");
  for (const char* name : {"recut", "stretch", "shift", "gain_db", "tilt_db"}) recipe_.set(name, "0");
  recipe_.set("guard", "0");
  recipe_.set("pitch", "0");
  const auto plain = epoch(1);
  recipe_.set("pitch", "12");
  const auto moved = epoch(1);
  ASSERT_EQ(plain.size(), moved.size());
  std::size_t changed = 0, fragments = 0;
  for (std::size_t b = 0; b < plain.size(); ++b) {
    ASSERT_EQ(plain[b].fragments.size(), moved[b].fragments.size());
    for (std::size_t f = 0; f < plain[b].fragments.size(); ++f, ++fragments)
      changed += plain[b].fragments[f].values != moved[b].fragments[f].values;
  }
  EXPECT_GT(changed, fragments * 9 / 10);
}

}  // namespace
}  // namespace segue
