// One pass over a file: everything the library keeps about a track.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "audio/decoder.hpp"
#include "audio/tags.hpp"
#include "base/content_hash.hpp"
#include "base/time.hpp"
#include "features/feature_file.hpp"
#include "features/geometry.hpp"

namespace segue {

inline constexpr int kAnalysisVersion = 3;
// From this version on spectrograms, loudness and fingerprints are as today's.
inline constexpr int kOldestFeatures = 1;

struct TrackAnalysis {
  TrackId track;
  Tags tags;
  AudioFormat format;
  PcmFrame pcm_frames = 0;                 // decoded, at the file's rate
  Hop hops = 0;                            // whole hops at 22 050 Hz
  double integrated_lufs = 0;              // as played in stereo; -inf if silent or shorter than 400 ms
  double sample_peak = 0;                  // as played in stereo, linear
  std::vector<std::uint32_t> fingerprint;  // Chromaprint of the first 120 s, raw
  MusicTraits traits;
  std::filesystem::path features;  // the feature file that was written
};

// Decodes once, in constant memory, and writes the feature file into `features_folder`.
// `track` is hash_audio_packets(file). Throws Error(input) for what cannot be analyzed (samples
// that are not numbers, or beyond 256 times full scale, included), Error(interrupted), Error(output).
TrackAnalysis analyze_file(const std::filesystem::path& file, const TrackId& track,
                           const std::filesystem::path& features_folder);

// What an analysis before version 2 did not hear: decodes the file once more, takes the spectrogram from
// `features`, and replaces that file by one that holds the music too. Throws as analyze_file().
MusicTraits add_music(const std::filesystem::path& file, const FeatureFile& features);

}  // namespace segue
