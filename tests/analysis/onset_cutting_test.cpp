// Onsets are found where they begin: from audio through the log-mel spectrogram to the cut.
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/log_mel.hpp"
#include "features/cutting.hpp"
#include "features/onset_strength.hpp"
#include "support/feature_files.hpp"
#include "support/signals.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

// Short noises over soft noise: each must be cut in the hop in which it begins, or the one before.
TEST(OnsetCutting, AnOnsetIsCutWhereItBegins) {
  constexpr std::size_t kSamples = 22050 * 20;
  std::vector<float> samples = test::noise(0.001, kSamples, 1);
  const std::vector<float> loud = test::noise(0.5, 2000, 2);
  std::vector<Hop> onsets;
  for (std::size_t at = 66000; at + 2000 < kSamples; at += 66150 + 137) {
    std::copy(loud.begin(), loud.end(), samples.begin() + static_cast<std::ptrdiff_t>(at));
    onsets.push_back(static_cast<Hop>(at / LogMelGeometry::hop_length));
  }
  std::vector<float> rows;
  LogMelExtractor().process(samples, rows);
  const test::TemporaryFolder folder;
  const Hop hops = static_cast<Hop>(kSamples) / LogMelGeometry::hop_length;
  const auto features =
      FeatureFile::open(test::write_features(folder.path(), TrackId{}, hops, [&](Hop i, int band) {
        return rows[static_cast<std::size_t>(i * LogMelGeometry::bands + band)];
      }));
  ASSERT_EQ(onset_strength(*features).size(), static_cast<std::size_t>(hops));
  Segmentation segmentation;
  segmentation.kind = SegmentationKind::onsets;
  segmentation.shortest = segmentation.longest = Seconds(3);
  const auto spans = cut(*features, segmentation);
  ASSERT_GE(spans.size(), onsets.size());
  for (std::size_t i = 0; i + 1 < spans.size(); ++i) {
    EXPECT_LE(spans[i + 1].start, onsets[i]) << i;
    EXPECT_GE(spans[i + 1].start, onsets[i] - 1) << i;
  }
}

}  // namespace
}  // namespace segue
