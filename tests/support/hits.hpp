// Tracks of short hits at a steady tempo, as files and as analysis would know them.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "features/feature_file.hpp"
#include "library/audio_reader.hpp"
#include "planning/meeting.hpp"
#include "support/feature_files.hpp"
#include "support/plans.hpp"
#include "support/signals.hpp"

namespace segue::test {

// Mono: a hit every `period` seconds from `first` on, in soft noise.
inline std::vector<float> hits(double seconds, double period, double first, double level = .5,
                               double frequency = 900, int rate = 22050) {
  std::vector<float> samples = noise(.002, static_cast<std::size_t>(seconds * rate), 7);
  for (double at = first; at < seconds; at += period) {
    const auto begin = static_cast<std::size_t>(std::llround(at * rate));
    for (std::size_t i = begin; i < std::min(samples.size(), begin + rate / 8); ++i) {
      const double t = static_cast<double>(i - begin) / rate;
      samples[i] +=
          static_cast<float>(level * std::exp(-t * 60) * std::sin(2 * std::numbers::pi * frequency * t));
    }
  }
  return samples;
}

struct HeardTrack {
  PlanSource source;
  std::shared_ptr<const FeatureFile> features;

  // noted: seconds by which analysis hears each beat late. Of so many beats is a bar.
  HeardTrack(const TemporaryFolder& folder, const std::string& name, const std::vector<float>& mono,
             double period, double first, double noted = 0, int rate = 22050, int in_bar = 4) {
    write_float_wav(folder / (name + ".wav"), mono, rate, 1);
    source = source_of(folder / (name + ".wav"));
    TrackMusic music;
    const double seconds = static_cast<double>(mono.size()) / rate;
    for (int i = 0; period > 0 && first + i * period < seconds; ++i)
      music.beats.push_back({first + i * period + noted, i % in_bar});
    std::vector<float> rows;
    if (rate == LogMelGeometry::sample_rate) LogMelExtractor().process(mono, rows);
    const auto value = [&rows](Hop frame, int band) {
      const auto i = static_cast<std::size_t>(frame * LogMelGeometry::bands + band);
      return i < rows.size() ? rows[i] : -3.0f;
    };
    BlockLoudness blocks(rate, 1);
    blocks.add(mono);
    features =
        FeatureFile::open(write_features(folder.path(), track_id(name), to_hops(Seconds(seconds)), value,
                                         music, {blocks.momentary().begin(), blocks.momentary().end()}));
  }

  MeetingPlace place(double at, double room = 60) const {
    MeetingPlace place;
    place.features = features.get();
    place.audio = audio_reader(source.path);
    place.has_beat = !features->music().beats.empty();
    place.at = Seconds(at);
    place.length = to_seconds(source.pcm_frames, source.sample_rate);
    place.room = Seconds(room);
    return place;
  }
};

}  // namespace segue::test
