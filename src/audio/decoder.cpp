#include "audio/decoder.hpp"

#include <cassert>

#include "audio/decoding_plugin.hpp"
#include "base/error.hpp"
#include "base/shared_object.hpp"

namespace segue {
namespace {

const DecodingPlugin& plugin() {
  using Entry = const DecodingPlugin* (*)();
  static const DecodingPlugin* const loaded =
      reinterpret_cast<Entry>(shipped_symbol(kMediaPlugin, "segue_decoding_plugin"))();
  return *loaded;
}

}  // namespace

AudioDecoder::AudioDecoder(std::unique_ptr<DecoderImplementation> implementation)
    : implementation_(std::move(implementation)) {}
AudioDecoder::~AudioDecoder() = default;
AudioDecoder::AudioDecoder(AudioDecoder&&) noexcept = default;
AudioDecoder& AudioDecoder::operator=(AudioDecoder&&) noexcept = default;

AudioDecoder AudioDecoder::open(const std::filesystem::path& file, int channels) {
  assert(channels >= 0 && channels <= 2);
  return AudioDecoder(plugin().open(file, channels));
}

const AudioFormat& AudioDecoder::format() const noexcept { return implementation_->format(); }
const Tags& AudioDecoder::tags() const noexcept { return implementation_->tags(); }
int AudioDecoder::channels() const noexcept { return implementation_->channels(); }
std::optional<Seconds> AudioDecoder::estimated_duration() const noexcept {
  return implementation_->estimated_duration();
}
PcmFrame AudioDecoder::read(std::span<float> interleaved) { return implementation_->read(interleaved); }
PcmFrame AudioDecoder::position() const noexcept { return implementation_->position(); }
void AudioDecoder::seek(PcmFrame frame) { implementation_->seek(frame); }
int AudioDecoder::skipped_packets() const noexcept { return implementation_->skipped_packets(); }

TrackId hash_audio_packets(const std::filesystem::path& file) {
  return plugin().hash_audio_packets(file);
}

}  // namespace segue
