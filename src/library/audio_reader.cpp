#include "library/audio_reader.hpp"

#include <algorithm>

#include "audio/decoder.hpp"
#include "audio/resampler.hpp"

namespace segue {
namespace {

PcmFrame read(AudioDecoder& decoder, std::span<float> signal) {
  if (decoder.channels() == 1) return decoder.read(signal);
  std::vector<float> stereo(2 * signal.size());
  const PcmFrame count = decoder.read(stereo);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    signal[i] = (stereo[2 * i] - stereo[2 * i + 1]) / 2;
  return count;
}

}  // namespace

AudioReader audio_reader(const std::filesystem::path& file, AudioSignal signal) {
  return [file, signal](Seconds start, Seconds length, int sample_rate) {
    AudioDecoder decoder = AudioDecoder::open(file, signal == AudioSignal::middle ? 1 : 2);
    const int rate = decoder.format().sample_rate;
    const PcmFrame from = to_pcm_frames(start, rate);
    const PcmFrame wanted = to_pcm_frames(start + length, rate) - from;
    const PcmFrame silent = std::clamp<PcmFrame>(-from, 0, wanted);  // before the track
    std::vector<float> mono(static_cast<std::size_t>(wanted));
    decoder.seek(std::max<PcmFrame>(0, from));
    mono.resize(static_cast<std::size_t>(silent + read(decoder, std::span(mono).subspan(silent))));
    if (sample_rate == 0) {
      mono.erase(mono.begin(), mono.begin() + silent);
      return mono;
    }
    std::vector<float> audio;
    Resampler resampler(rate, sample_rate, 1);
    resampler.process(mono, audio);
    resampler.finish(audio);
    audio.resize(static_cast<std::size_t>(to_pcm_frames(length, sample_rate)));
    return audio;
  };
}

}  // namespace segue
