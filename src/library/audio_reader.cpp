#include "library/audio_reader.hpp"

#include <cmath>

#include "audio/decoder.hpp"
#include "audio/resampler.hpp"

namespace segue {

AudioReader audio_reader(const std::filesystem::path& file) {
  return [file](Seconds start, Seconds length, int sample_rate) {
    AudioDecoder decoder = AudioDecoder::open(file, 1);
    const int rate = decoder.format().sample_rate;
    std::vector<float> mono(static_cast<std::size_t>(to_pcm_frames(length, rate)));
    decoder.seek(to_pcm_frames(start, rate));
    mono.resize(static_cast<std::size_t>(decoder.read(mono)));
    std::vector<float> audio;
    Resampler resampler(rate, sample_rate, 1);
    resampler.process(mono, audio);
    resampler.finish(audio);
    audio.resize(static_cast<std::size_t>(to_pcm_frames(length, sample_rate)));
    return audio;
  };
}

}  // namespace segue
