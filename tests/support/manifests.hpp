// Small data sets for learning: tracks whose spectrum wanders slowly and whose pulse has its own
// tempo, so that neighbours can be told from strangers.
#pragma once

#include <cmath>
#include <string>

#include "base/random.hpp"
#include "features/manifest.hpp"
#include "support/feature_files.hpp"

namespace segue::test {

inline std::function<float(Hop, int)> wandering_spectrum(std::uint64_t seed) {
  Random random(seed);
  std::vector<double> rate, phase;
  for (int band = 0; band < LogMelGeometry::bands; ++band) {
    rate.push_back(random.uniform(0.01, 0.03));
    phase.push_back(random.uniform(0, 6.28));
  }
  const Hop period = 12 + static_cast<Hop>(random.below(12));
  return [=](Hop frame, int band) {
    const auto i = static_cast<std::size_t>(band);
    const double wander = std::sin(rate[i] * static_cast<double>(frame) + phase[i]);
    const double pulse = std::exp(-static_cast<double>(frame % period) / 3);
    return static_cast<float>(-3 + wander + pulse);
  };
}

// `train` and `validation` tracks of `fragments` fragments each; lengths in hops are taken in turn.
inline Manifest make_manifest(const std::filesystem::path& folder, int train, int validation,
                              int fragments, const std::vector<Hop>& lengths = {43}) {
  Manifest manifest;
  manifest.segmentation = "equal:1";
  for (int number = 0; number < train + validation; ++number) {
    ManifestTrack track;
    track.name = "track " + std::to_string(number);
    track.id = track_id(track.name);
    track.song = track.name;
    track.group = number % 2 == 0 ? "even" : "odd";
    track.side = number < train ? Side::train : Side::validation;
    Hop place = 0;
    for (int i = 0; i < fragments; ++i) {
      const Hop length = lengths[static_cast<std::size_t>(i) % lengths.size()];
      track.fragments.push_back({place, length});
      place += length;
    }
    track.features = write_features(folder, track.id, place,
                                    wandering_spectrum(static_cast<std::uint64_t>(number) + 1));
    manifest.tracks.push_back(track);
  }
  return manifest;
}

}  // namespace segue::test
