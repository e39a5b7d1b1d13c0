#include "audio/encoder.hpp"

#include <fcntl.h>
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <optional>
#include <vector>

#include "audio/dither.hpp"
#include "audio/id3.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

constexpr std::size_t kChunk = 4096;  // PCM frames handed over at a time

// Files as libsndfile sees them. Every byte goes through here, because the library drops the
// reason of a failed write, and some failures altogether.
struct FileBytes {
  CommittedFile file;
  sf_count_t base = 0;  // where the library's file begins: behind an ID3 tag
  sf_count_t position = 0;
  sf_count_t length = 0;
  int failure = 0;  // errno of the first failed write

  explicit FileBytes(const std::filesystem::path& target) : file(target) {}

  sf_count_t seek(sf_count_t offset, int whence) {
    if (whence == SEEK_CUR) offset += position;
    if (whence == SEEK_END) offset += length;
    return position = std::max<sf_count_t>(0, offset);
  }
  sf_count_t read(void* bytes, sf_count_t count) {
    const ssize_t got =
        ::pread(file.descriptor(), bytes, static_cast<std::size_t>(count), base + position);
    if (got > 0) position += got;
    return std::max<ssize_t>(0, got);
  }
  // Always claims success, since libsndfile leaks a Vorbis stream whose first bytes fail; `failure`
  // is looked at after each call into the library.
  sf_count_t write(const void* bytes, sf_count_t count) noexcept {
    for (sf_count_t done = 0; done < count && failure == 0;) {
      const ssize_t put = ::pwrite(file.descriptor(), static_cast<const char*>(bytes) + done,
                                   static_cast<std::size_t>(count - done), base + position + done);
      if (put < 0 && errno != EINTR) failure = errno;
      if (put == 0) failure = EIO;
      done += std::max<ssize_t>(0, put);
    }
    position += count;
    length = std::max(length, position);
    return count;
  }
};

FileBytes& bytes_of(void* user) { return *static_cast<FileBytes*>(user); }

SF_VIRTUAL_IO virtual_io() {
  return {[](void* user) { return bytes_of(user).length; },
          [](sf_count_t offset, int whence, void* user) { return bytes_of(user).seek(offset, whence); },
          [](void* out, sf_count_t count, void* user) { return bytes_of(user).read(out, count); },
          [](const void* in, sf_count_t count, void* user) { return bytes_of(user).write(in, count); },
          [](void* user) { return bytes_of(user).position; }};
}

bool is_lossless(Container container) {
  return container == Container::wav || container == Container::flac;
}

int format_of(const EncodingConfig& config) {
  const int pcm = config.bits == 24 ? SF_FORMAT_PCM_24 : SF_FORMAT_PCM_16;
  switch (config.container) {
    case Container::wav:
      return SF_FORMAT_RF64 | pcm;  // becomes plain WAV at the end if below 4 GB
    case Container::flac:
      return SF_FORMAT_FLAC | pcm;
    case Container::ogg_vorbis:
      return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    case Container::ogg_opus:
      return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    case Container::mp3:
      return SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
  }
  return 0;
}

// libsndfile's idea of quality for ours: Opus 40 … 240 kb/s for stereo, MP3 V5 … V0.
double library_quality(const EncodingConfig& config) {
  if (config.container == Container::ogg_opus) {
    const double bits_a_second = (20e3 + 100e3 * config.quality) * config.channels;
    return (bits_a_second - 6e3) / (250e3 * config.channels);
  }
  if (config.container == Container::mp3) return 1 - (1 - config.quality) * 0.5;
  return config.quality;
}

Error usage(const std::string& problem, const std::string& remedy) {
  return Error(ErrorKind::usage, problem, {}, remedy);
}

void validate_rate(Container container, int rate) {
  if (container == Container::ogg_opus) {
    constexpr std::array rates{8000, 12000, 16000, 24000, 48000};
    if (std::find(rates.begin(), rates.end(), rate) == rates.end()) {
      throw usage("Opus cannot hold " + std::to_string(rate) + " Hz", "use 48000 Hz");
    }
  } else if (container == Container::mp3) {
    constexpr std::array rates{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};
    if (std::find(rates.begin(), rates.end(), rate) == rates.end()) {
      throw usage("MP3 cannot hold " + std::to_string(rate) + " Hz", "use 44100 or 48000 Hz");
    }
  } else if (rate < 8000 || rate > 192000) {
    throw usage("a rate of " + std::to_string(rate) + " Hz is not written", "use 8000 to 192000 Hz");
  }
}

}  // namespace

Container EncodingConfig::container_for(const std::filesystem::path& file) {
  const std::string ending = lower_ascii(file.extension().native());
  if (ending == ".flac") return Container::flac;
  if (ending == ".wav") return Container::wav;
  if (ending == ".ogg" || ending == ".oga") return Container::ogg_vorbis;
  if (ending == ".opus") return Container::ogg_opus;
  if (ending == ".mp3") return Container::mp3;
  throw Error(ErrorKind::usage, "has an ending that names no format segue writes", file,
              "use .flac, .wav, .ogg, .oga, .opus or .mp3");
}

void EncodingConfig::validate() const {
  validate_rate(container, sample_rate);
  if (channels < 1 || channels > 2) {
    throw usage(std::to_string(channels) + " channels are not written", "use 1 or 2");
  }
  if (is_lossless(container) && bits != 16 && bits != 24) {
    throw usage(std::to_string(bits) + " bits are not written", "use 16 or 24");
  }
  if (!(quality >= 0 && quality <= 1)) {
    throw usage("the quality is outside 0 … 1", "choose another --quality");
  }
  if (chapters.size() > most_chapters(container))
    throw usage("the format holds no " + std::to_string(chapters.size()) + " chapter marks",
                "use FLAC, Ogg Vorbis or Opus");
}

struct AudioEncoder::State {
  EncodingConfig config;
  FileBytes bytes;
  SNDFILE* sound = nullptr;
  std::optional<DitherQuantizer> quantizer;
  std::vector<std::int32_t> integers;
  std::vector<float> clipped;

  State(const std::filesystem::path& target, const EncodingConfig& encoding)
      : config(encoding), bytes(target) {}
  ~State() { close(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void open() {
    if (config.container == Container::mp3) write_id3();
    SF_INFO info{};
    info.samplerate = config.sample_rate;
    info.channels = config.channels;
    info.format = format_of(config);
    SF_VIRTUAL_IO io = virtual_io();
    sound = sf_open_virtual(&io, SFM_WRITE, &info, &bytes);
    throw_if_failed(sound != nullptr);
    set_options();
    if (config.container != Container::mp3) set_tags();
    if (is_lossless(config.container)) {
      quantizer.emplace(config.bits, config.sample_rate, config.channels, config.dither_seed);
    }
  }

  void write_id3() {
    const std::string tag = id3_tag(config.tags, config.comment);
    bytes.file.write(tag);
    bytes.base = static_cast<sf_count_t>(tag.size());
  }

  void set_options() {
    if (config.container == Container::wav) sf_command(sound, SFC_RF64_AUTO_DOWNGRADE, nullptr, SF_TRUE);
    if (is_lossless(config.container)) return;
    if (config.container == Container::mp3) {
      int mode = SF_BITRATE_MODE_VARIABLE;
      sf_command(sound, SFC_SET_BITRATE_MODE, &mode, sizeof mode);
    }
    double quality = library_quality(config);
    sf_command(sound, SFC_SET_VBR_ENCODING_QUALITY, &quality, sizeof quality);
  }

  void set_tags() {
    const auto set = [this](int key, const std::string& text) {
      if (!text.empty()) sf_set_string(sound, key, to_valid_utf8(text).c_str());
    };
    set(SF_STR_TITLE, config.tags.title);
    set(SF_STR_ARTIST, config.tags.artist);
    set(SF_STR_ALBUM, config.tags.album);
    set(SF_STR_GENRE, config.tags.genre);
    set(SF_STR_DATE, config.tags.year);
    set(SF_STR_COMMENT, config.comment);
    // WAV's INFO list has no field for a licence; copyright is what comes nearest.
    set(config.container == Container::wav ? SF_STR_COPYRIGHT : SF_STR_LICENSE, config.tags.licence);
  }

  void throw_if_failed(bool success) const {
    if (bytes.failure != 0) throw write_error(bytes.file.target(), bytes.failure);
    if (success) return;
    throw Error(ErrorKind::output, std::string("cannot be encoded (") + sf_strerror(sound) + ")",
                bytes.file.target(), "choose another format");
  }

  void write_chunk(std::span<const float> samples) {
    const auto frames =
        static_cast<sf_count_t>(samples.size() / static_cast<std::size_t>(config.channels));
    sf_count_t written = 0;
    if (quantizer) {
      integers.resize(samples.size());
      quantizer->quantize(samples, integers);
      written = sf_writef_int(sound, integers.data(), frames);
    } else {
      clipped.resize(samples.size());
      std::transform(samples.begin(), samples.end(), clipped.begin(),
                     [](float sample) { return std::clamp(sample, -1.0f, 1.0f); });
      written = sf_writef_float(sound, clipped.data(), frames);
    }
    throw_if_failed(written == frames);
  }

  // True if all is on the file.
  bool close() {
    if (sound == nullptr) return true;
    const int result = sf_close(sound);
    sound = nullptr;
    return result == 0;
  }
};

AudioEncoder::AudioEncoder(const std::filesystem::path& target, const EncodingConfig& config) {
  config.validate();
  state_ = std::make_unique<State>(target, config);
  state_->open();
}

AudioEncoder::~AudioEncoder() = default;

void AudioEncoder::write(std::span<const float> interleaved) {
  if (state_->sound == nullptr) throw Error(ErrorKind::internal, "a committed file was written to");
  if (!std::all_of(interleaved.begin(), interleaved.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(ErrorKind::internal, "would hold a sample that is not a number",
                state_->bytes.file.target());
  }
  const std::size_t step = kChunk * static_cast<std::size_t>(state_->config.channels);
  for (std::size_t at = 0; at < interleaved.size(); at += step) {
    state_->write_chunk(interleaved.subspan(at, std::min(step, interleaved.size() - at)));
  }
}

const std::filesystem::path& AudioEncoder::finish() {
  if (state_->sound == nullptr) return state_->bytes.file.temporary();
  state_->throw_if_failed(state_->close());
  const EncodingConfig& config = state_->config;
  CommittedFile& file = state_->bytes.file;
  if (!config.chapters.empty() && !write_chapters(file.temporary(), config.container, config.chapters)) {
    throw Error(ErrorKind::output, "cannot get its chapter marks", file.target(),
                "make room on its disk, or leave --chapters out");
  }
  return file.temporary();
}

void AudioEncoder::commit() {
  finish();
  state_->bytes.file.commit();
}

}  // namespace segue
