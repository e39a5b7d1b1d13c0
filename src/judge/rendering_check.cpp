#include "judge/rendering_check.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "audio/decoder.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "features/geometry.hpp"
#include "library/audio_reader.hpp"
#include "render/renderer.hpp"

namespace segue {
namespace {

constexpr int kRate = LogMelGeometry::sample_rate;
constexpr Seconds kOffLength{0.5};  // encoders add some silence
constexpr Seconds kCompared{1};
constexpr Seconds kDelay{0.03};
constexpr std::size_t kPlacements = 40;  // that are compared
constexpr std::size_t kOddOnes = 10;     // of so many, one may be spoilt
constexpr double kSameSound = 0.5;       // correlation
constexpr double kLeastPower = 1e-6;     // mean square of what sounds

// A moment of the recording, and of the source that plays there as it is.
struct Moment {
  Seconds length{0};  // for which it does
  Seconds in_mix{0}, in_source{0};
  std::size_t source = 0;
};

std::vector<Moment> moments_of(const Plan& plan) {
  const std::vector<PcmFrame> seams = plan.seams();
  std::vector<Moment> moments;
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    const Placement& placement = plan.placements[i];
    const PcmFrame begin = seams[i] + (i == 0 ? 0 : plan.transitions[i - 1].reach_after());
    const PcmFrame end = i + 1 == plan.placements.size()
                             ? plan.length
                             : seams[i + 1] - plan.transitions[i].reach_before();
    const Stretch head = plan.head(i);
    const int rate = plan.sources[placement.source].sample_rate;
    Moment moment;
    moment.length = to_seconds(end - begin, plan.sample_rate);
    moment.in_mix = to_seconds(begin, plan.sample_rate) + (moment.length - kCompared) / 2;
    moment.in_source = to_seconds(placement.start + head.source, rate) + moment.in_mix -
                       to_seconds(seams[i] + head.output, plan.sample_rate);
    moment.source = placement.source;
    if (moment.length >= kCompared + 2 * kDelay) moments.push_back(moment);
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.length > b.length; });
  moments.resize(std::min(moments.size(), kPlacements));
  return moments;
}

double power(const std::vector<float>& sound, std::size_t begin, std::size_t size) {
  double sum = 0;
  for (std::size_t i = begin; i < begin + size; ++i)
    sum += static_cast<double>(sound[i]) * static_cast<double>(sound[i]);
  return sum;
}

// The largest correlation of a sound with as much of a longer one; either may be turned over. What is
// rendered has .9, other music .1.
double likeness(const std::vector<float>& sound, const std::vector<float>& longer) {
  const double own = power(sound, 0, sound.size());
  double most = 0;
  for (std::size_t lag = 0; lag + sound.size() <= longer.size(); ++lag) {
    double sum = 0;
    for (std::size_t i = 0; i < sound.size(); ++i)
      sum += static_cast<double>(sound[i]) * static_cast<double>(longer[lag + i]);
    most = std::max(most, std::abs(sum) / std::sqrt(own * power(longer, lag, sound.size()) + 1e-12));
  }
  return most;
}

}  // namespace

void require_rendering_of(const Plan& plan, const std::filesystem::path& file) {
  constexpr const char* remedy = "give the plan that it was made from";
  verify_sources(plan);
  const std::optional<Seconds> duration = AudioDecoder::open(file, 1).estimated_duration();
  const Seconds planned = to_seconds(plan.length, plan.sample_rate);
  if (duration && std::abs((*duration - planned).count()) > kOffLength.count())
    throw Error(ErrorKind::input,
                "lasts " + format_time(*duration) + ", but the plan makes " + format_time(planned), file,
                remedy);
  const AudioReader recording = audio_reader(file);
  std::size_t compared = 0;
  std::vector<Seconds> unlike;
  for (const Moment& moment : moments_of(plan)) {
    const std::vector<float> sound =
        audio_reader(plan.sources[moment.source].path)(moment.in_source, kCompared, kRate);
    if (power(sound, 0, sound.size()) < kLeastPower * static_cast<double>(sound.size())) continue;
    ++compared;
    if (likeness(sound, recording(moment.in_mix - kDelay, kCompared + 2 * kDelay, kRate)) < kSameSound)
      unlike.push_back(moment.in_mix);
  }
  if (unlike.size() <= compared / kOddOnes) return;
  throw Error(ErrorKind::input,
              "does not sound as the plan makes it at " +
                  format_time(*std::min_element(unlike.begin(), unlike.end())),
              file, remedy);
}

}  // namespace segue
