#include "library/audio_reader.hpp"

#include <algorithm>

#include "audio/decoder.hpp"
#include "audio/resampler.hpp"

namespace segue {

AudioReader audio_reader(const std::filesystem::path& file) {
  return [file](Seconds start, Seconds length, int sample_rate) {
    AudioDecoder decoder = AudioDecoder::open(file, 1);
    const int rate = decoder.format().sample_rate;
    const PcmFrame from = to_pcm_frames(start, rate);
    const PcmFrame wanted = to_pcm_frames(start + length, rate) - from;
    const PcmFrame silent = std::clamp<PcmFrame>(-from, 0, wanted);  // before the track
    std::vector<float> mono(static_cast<std::size_t>(wanted));
    decoder.seek(std::max<PcmFrame>(0, from));
    mono.resize(static_cast<std::size_t>(silent + decoder.read(std::span(mono).subspan(silent))));
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
