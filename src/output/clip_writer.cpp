#include "output/clip_writer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "audio/decoder.hpp"
#include "audio/resampler.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/progress.hpp"

namespace segue {
namespace {

constexpr PcmFrame kBlock = 16384;

class Joiner {
 public:
  Joiner(const std::filesystem::path& target, const EncodingConfig& encoding)
      : encoding_(encoding), encoder_(target, encoding) {}

  void append(const Clip& clip) {
    if (!decoder_ || file_ != clip.file) {
      end_run();
      decoder_.emplace(AudioDecoder::open(clip.file, encoding_.channels));
      file_ = clip.file;
    }
    if (decoder_->position() != clip.start) {
      end_run();
      decoder_->seek(clip.start);
    }
    if (!resampler_)
      resampler_.emplace(decoder_->format().sample_rate, encoding_.sample_rate, encoding_.channels);
    for (PcmFrame left = clip.length; left > 0;) left -= read(std::min(left, kBlock));
  }

  void finish() {
    end_run();
    encoder_.commit();
  }

 private:
  PcmFrame read(PcmFrame frames) {
    throw_if_interrupted();
    block_.resize(static_cast<std::size_t>(frames * encoding_.channels));
    const PcmFrame got = decoder_->read(block_);
    if (got == 0) {
      throw Error(ErrorKind::input, "ends earlier than when it was analyzed", file_, "analyze it again");
    }
    block_.resize(static_cast<std::size_t>(got * encoding_.channels));
    if (!std::all_of(block_.begin(), block_.end(), [](float x) { return std::isfinite(x); })) {
      throw Error(ErrorKind::input, "holds samples that are not numbers", file_, "leave it out");
    }
    resampler_->process(block_, resampled_);
    drain();
    return got;
  }

  // What follows each other in a file is resampled in one go.
  void end_run() {
    if (resampler_) resampler_->finish(resampled_);
    resampler_.reset();
    drain();
  }

  void drain() {
    encoder_.write(resampled_);
    resampled_.clear();
  }

  EncodingConfig encoding_;
  AudioEncoder encoder_;
  std::optional<AudioDecoder> decoder_;
  std::optional<Resampler> resampler_;
  std::filesystem::path file_;
  std::vector<float> block_, resampled_;
};

}  // namespace

void write_clips(std::span<const Clip> clips, const std::filesystem::path& target,
                 const EncodingConfig& encoding) {
  Joiner joiner(target, encoding);
  Progress progress("writing", static_cast<double>(clips.size()), "pieces");
  for (const Clip& clip : clips) {
    joiner.append(clip);
    progress.advance(1);
  }
  joiner.finish();
}

void take_format_of(const std::filesystem::path& file, EncodingConfig& encoding) {
  const AudioFormat format = AudioDecoder::open(file).format();
  encoding.channels = std::min(format.channels, 2);
  encoding.sample_rate = encoding.container == Container::ogg_opus ? 48000 : format.sample_rate;
}

}  // namespace segue
