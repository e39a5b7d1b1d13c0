#include "judge/heard_recording.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/block_loudness.hpp"
#include "analysis/log_mel.hpp"
#include "audio/decoder.hpp"
#include "audio/loudness.hpp"
#include "audio/resampler.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace segue {
namespace {

void add_spectra(HeardRecording& recording) {
  LogMelExtractor extractor;
  std::vector<float> rows;
  constexpr std::size_t step = 1 << 16;
  const auto pool = [&] {
    const std::size_t whole = rows.size() / (HeardRecording::pooled * kBands);
    for (std::size_t i = 0; i < whole; ++i) {
      float mean[kBands] = {};
      for (std::size_t k = 0; k < HeardRecording::pooled * kBands; ++k)
        mean[k % kBands] +=
            rows[i * HeardRecording::pooled * kBands + k] / static_cast<float>(HeardRecording::pooled);
      const float level = std::accumulate(mean, mean + kBands, 0.0f) / static_cast<float>(kBands);
      for (const float value : mean) recording.spectra.push_back(value - level);
    }
    rows.erase(rows.begin(),
               rows.begin() + static_cast<std::ptrdiff_t>(whole * HeardRecording::pooled * kBands));
  };
  for (std::size_t at = 0; at < recording.mono.size(); at += step) {
    extractor.process(std::span(recording.mono).subspan(at, std::min(step, recording.mono.size() - at)),
                      rows);
    pool();
  }
}

}  // namespace

std::span<const float> HeardRecording::part(Seconds begin, Seconds end) const {
  const auto size = static_cast<PcmFrame>(mono.size());
  const PcmFrame from = std::clamp<PcmFrame>(to_pcm_frames(begin, rate), 0, size);
  const PcmFrame to = std::clamp<PcmFrame>(to_pcm_frames(end, rate), from, size);
  return std::span(mono).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
}

HeardRecording hear_recording(const std::filesystem::path& file) {
  HeardRecording recording;
  AudioDecoder decoder = AudioDecoder::open(file, 2);
  const int rate = decoder.format().sample_rate;
  LoudnessMeter meter(rate, 2, LoudnessMeter::Measure::integrated_and_true_peak);
  BlockLoudness blocks(rate, 2);
  Resampler resampler(rate, HeardRecording::rate, 1);
  std::vector<float> stereo(2 * 16384), mono;
  while (const PcmFrame frames = decoder.read(stereo)) {
    throw_if_interrupted();
    const auto some = std::span(stereo).first(2 * static_cast<std::size_t>(frames));
    if (!std::all_of(some.begin(), some.end(), [](float x) { return std::isfinite(x); }))
      throw Error(ErrorKind::input, "holds samples that are not finite numbers", file,
                  "convert it to 16 bits");
    meter.add(some);
    blocks.add(some);
    mono.clear();
    for (std::size_t i = 0; i < some.size(); i += 2) mono.push_back((some[i] + some[i + 1]) / 2);
    resampler.process(mono, recording.mono);
  }
  resampler.finish(recording.mono);
  recording.true_peak = meter.true_peak();
  recording.integrated = meter.integrated();
  recording.loudness.assign(blocks.momentary().begin(), blocks.momentary().end());
  add_spectra(recording);
  return recording;
}

}  // namespace segue
