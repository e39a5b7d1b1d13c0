// Feature files that a test makes up.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "features/feature_file.hpp"

namespace segue::test {

inline TrackId track_id(std::string_view name) {
  ContentHasher hasher;
  hasher.update(name);
  return hasher.digest();
}

// value(frame, band): log10 power. Loudness is -20 LUFS throughout, but for what is given.
inline std::filesystem::path write_features(
    const std::filesystem::path& folder, const TrackId& id, Hop hops,
    const std::function<float(Hop, int)>& value = [](Hop, int) { return -3.0f; },
    const TrackMusic& music = {}, std::vector<float> loudness = {}) {
  FeatureFileWriter writer(folder);
  std::vector<float> row(LogMelGeometry::bands);
  for (Hop frame = 0; frame < hops - kFrameOverhang; ++frame) {
    for (int band = 0; band < LogMelGeometry::bands; ++band) row[band] = value(frame, band);
    writer.append(row);
  }
  const auto blocks = static_cast<std::size_t>(hops_to_seconds(hops).count() / kLoudnessBlock);
  loudness.resize(blocks, -20.0f);
  return writer.commit(id, hops, loudness, music);
}

}  // namespace segue::test
