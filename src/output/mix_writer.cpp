#include "output/mix_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "audio/decoder.hpp"
#include "audio/loudness.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

constexpr std::size_t kBlock = 4096;    // PCM frames
constexpr double kMetersDiffer = 0.15;  // dB, of true peaks
constexpr double kCodingAdds = 0.5;     // dB, to most peaks
constexpr double kSpare = 0.1;          // dB
constexpr double kLowestCeiling = -40;  // dBTP, of a plan
constexpr int kMostAttempts = 4;

double decoded_true_peak(const std::filesystem::path& file) {
  AudioDecoder decoder = AudioDecoder::open(file, 2);
  LoudnessMeter meter(decoder.format().sample_rate, 2, LoudnessMeter::Measure::integrated_and_true_peak);
  std::vector<float> block(2 * kBlock);
  while (const PcmFrame frames = decoder.read(block)) {
    throw_if_interrupted();
    meter.add(std::span(block).first(2 * static_cast<std::size_t>(frames)));
  }
  return meter.true_peak();
}

}  // namespace

MixReport write_mix(const Plan& plan, const std::filesystem::path& target, EncodingConfig encoding) {
  encoding.sample_rate = plan.sample_rate;
  encoding.channels = 2;
  encoding.validate();
  Plan limited = plan;
  const bool lossy = is_lossy(encoding.container);
  if (lossy) limited.ceiling_dbtp = std::max(kLowestCeiling, plan.ceiling_dbtp - kCodingAdds);
  for (int attempt = 1;; ++attempt) {
    // The place is tried before the sources are read, which may take a while.
    AudioEncoder encoder(target, encoding);
    Renderer renderer(limited);
    // Of what is coded, peaks are measured as they are decoded.
    LoudnessMeter meter(
        plan.sample_rate, 2,
        lossy ? LoudnessMeter::Measure::integrated : LoudnessMeter::Measure::integrated_and_true_peak);
    Progress progress(attempt == 1 ? "writing" : "writing with softer peaks",
                      to_seconds(plan.length, plan.sample_rate).count(), "s of audio");
    write_all(renderer, encoder, [&](std::span<const float> block) {
      meter.add(block);
      const auto frames = static_cast<PcmFrame>(block.size() / 2);
      progress.advance(to_seconds(frames, plan.sample_rate).count());
    });
    MixReport report{meter.integrated(), 0, renderer.position()};
    if (!lossy) {
      report.true_peak_dbtp = meter.true_peak();
    } else {
      report.true_peak_dbtp = decoded_true_peak(encoder.finish());
      const double excess = report.true_peak_dbtp - (plan.ceiling_dbtp - kMetersDiffer);
      const double lower = limited.ceiling_dbtp - excess - kSpare;
      if (excess > 0 && attempt < kMostAttempts && lower >= kLowestCeiling) {
        limited.ceiling_dbtp = lower;
        continue;
      }
      if (report.true_peak_dbtp > plan.ceiling_dbtp) {
        char peak[64];
        std::snprintf(peak, sizeof peak, ": as it is coded, peaks reach %.1f dBTP",
                      report.true_peak_dbtp);
        log_warning(printable(target) + peak);
      }
    }
    encoder.commit();
    return report;
  }
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
