// What scripts/fit_metre.py learns from: for each file a line of JSON with the grids of beats that could
// be, the numbers that describe each, and the cues of its beats.
//
// beat_candidates FILE…
#include <cstdio>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analysis/log_mel.hpp"
#include "analysis/metre.hpp"
#include "analysis/rhythm.hpp"
#include "audio/decoder.hpp"
#include "audio/resampler.hpp"

namespace segue {
namespace {

std::vector<float> mono_of(const char* file) {
  AudioDecoder decoder = AudioDecoder::open(file, 1);
  std::vector<float> samples;
  std::vector<float> block(1 << 16);
  while (const auto frames = static_cast<std::size_t>(decoder.read(block))) {
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(frames));
  }
  std::vector<float> mono;
  Resampler resampler(decoder.format().sample_rate, LogMelGeometry::sample_rate, 1);
  resampler.process(samples, mono);
  resampler.finish(mono);
  return mono;
}

nlohmann::json candidates_of(const char* file) {
  const std::vector<float> samples = mono_of(file);
  OnsetListener onset_listener;
  TonalityListener tonality_listener;
  LogMelExtractor log_mel;
  SpectrumListener spectrum_listener;
  std::vector<float> rows;
  onset_listener.add(samples);
  tonality_listener.add(samples);
  log_mel.process(samples, rows);
  spectrum_listener.add(rows);
  const SpectrumSummary spectrum = spectrum_listener.finish();
  const std::vector<double> onsets = onset_curve(onset_listener.finish(), spectrum);
  const Tonality tonality = tonality_listener.finish();
  const BeatCues cues(spectrum, onsets, tonality.chroma);
  nlohmann::json grids = nlohmann::json::array();
  for (const std::vector<double>& beats : candidate_beats(onsets)) {
    grids.push_back({{"beats", beats},
                     {"numbers", describe_grid(cues, beats)},
                     {"cues", describe_beats(cues, beats)}});
  }
  return {{"file", file}, {"grids", grids}};
}

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  try {
    for (int i = 1; i < argc; ++i) std::cout << segue::candidates_of(argv[i]) << std::endl;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
