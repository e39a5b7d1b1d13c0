#include "output/mix_writer.hpp"

#include <cmath>
#include <vector>

#include "audio/loudness.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/progress.hpp"

namespace segue {
namespace {

constexpr std::size_t kBlock = 4096;  // PCM frames

}  // namespace

MixReport write_mix(const Plan& plan, const std::filesystem::path& target, EncodingConfig encoding) {
  encoding.sample_rate = plan.sample_rate;
  encoding.channels = 2;
  encoding.validate();
  // The place is tried before the sources are read, which may take a while.
  AudioEncoder encoder(target, encoding);
  Renderer renderer(plan);
  LoudnessMeter meter(plan.sample_rate, 2, LoudnessMeter::Measure::integrated_and_true_peak);
  Progress progress("writing", to_seconds(plan.length, plan.sample_rate).count(), "s of audio");
  write_all(renderer, encoder, [&](std::span<const float> block) {
    meter.add(block);
    const auto frames = static_cast<PcmFrame>(block.size() / 2);
    progress.advance(to_seconds(frames, plan.sample_rate).count());
  });
  encoder.commit();
  return {meter.integrated(), meter.true_peak(), renderer.position()};
}

void write_all(Renderer& renderer, AudioEncoder& encoder,
               const std::function<void(std::span<const float>)>& heard) {
  std::vector<float> block(2 * kBlock);
  while (const PcmFrame frames = renderer.read(block)) {
    throw_if_interrupted();
    const auto some = std::span(block).first(2 * static_cast<std::size_t>(frames));
    encoder.write(some);
    heard(some);
  }
}

}  // namespace segue
