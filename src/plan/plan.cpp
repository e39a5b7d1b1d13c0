#include "plan/plan.hpp"

#include <cmath>

#include "base/error.hpp"
#include "plan/output_clock.hpp"

namespace segue {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kLowestOutputRate = 8000;  // Hz
constexpr int kHighestOutputRate = 192000;
constexpr int kLowestSourceRate = 1000;
constexpr int kHighestSourceRate = 6'144'000;
constexpr PcmFrame kLongest = PcmFrame{1} << 45;  // frames; 5.8 years at 192 kHz
constexpr std::size_t kRunnersUp = 5;
constexpr double kLongestBlend = 180;  // s, with its releases
constexpr double kMostChanged = 12;    // dB
// What changes sooner clicks.
constexpr double kLeastRelease = 0.1;  // s
constexpr double kLeastFade = 0.005;   // s, of a band

PcmFrame stretched_frames(const BlendSide& side, PcmFrame sounding, int source_rate, int sample_rate) {
  return std::llround(side.played(sounding) * source_rate / sample_rate);
}

class Validator {
 public:
  Validator(const Plan& plan, const std::filesystem::path& file) : plan_(plan), file_(file) {}

  void run() const {
    check_output();
    for (std::size_t i = 0; i < plan_.sources.size(); ++i) check_source(i);
    require(!plan_.placements.empty(), "holds no placement");
    for (std::size_t i = 0; i < plan_.placements.size(); ++i) check_placement(i);
    require(plan_.transitions.size() + 1 == plan_.placements.size(),
            "has " + std::to_string(plan_.placements.size()) + " placements but " +
                std::to_string(plan_.transitions.size()) + " transitions");
    check_times();
  }

 private:
  void require(bool sound, const std::string& problem) const {
    if (sound) return;
    throw Error(ErrorKind::input, problem, file_, "mend it, or make a new plan with 'segue mix'");
  }

  void check_output() const {
    require(plan_.sample_rate >= kLowestOutputRate && plan_.sample_rate <= kHighestOutputRate,
            "'sample_rate' is outside 8000 … 192000 Hz");
    require(plan_.length > 0 && plan_.length <= kLongest, "'length' is no length");
    require(plan_.target_lufs >= -70 && plan_.target_lufs <= 0, "'target_lufs' is outside -70 … 0");
    require(plan_.ceiling_dbtp >= -40 && plan_.ceiling_dbtp <= 0, "'ceiling_dbtp' is outside -40 … 0");
  }

  void check_source(std::size_t i) const {
    const PlanSource& source = plan_.sources[i];
    const std::string name = "source " + std::to_string(i);
    require(!source.path.empty(), name + " has no path");
    require(source.sample_rate >= kLowestSourceRate && source.sample_rate <= kHighestSourceRate,
            name + " has no sample rate that audio can have");
    require(source.pcm_frames > 0 && source.pcm_frames <= kLongest, name + " has no length");
  }

  void check_placement(std::size_t i) const {
    const Placement& placement = plan_.placements[i];
    const std::string name = "placement " + std::to_string(i);
    require(placement.source < plan_.sources.size(), name + " names a source that is not there");
    require(placement.start >= 0 && placement.length > 0, name + " has a negative start or no length");
    const PcmFrame available = plan_.sources[placement.source].pcm_frames;
    require(placement.start < available && placement.length <= available - placement.start,
            name + " reaches outside its source");
    require(placement.gain_db >= -60 && placement.gain_db <= 24,
            name + " has a gain outside -60 … 24 dB");
    require(std::isfinite(placement.score), name + " has a score that is no number");
    require(placement.runners_up.size() <= kRunnersUp, name + " has more than five runners-up");
    for (const RunnerUp& other : placement.runners_up) {
      require(other.source < plan_.sources.size(), name + " has a runner-up from an unknown source");
      require(other.start >= 0 && other.start < plan_.sources[other.source].pcm_frames &&
                  std::isfinite(other.score),
              name + " has a runner-up that is nonsense");
    }
  }

  // Walks through the output, so that sums stay in range whatever the file says.
  void check_times() const {
    OutputClock clock(plan_.sample_rate);
    PcmFrame free_from = 0;  // output frame where the transition before ends
    for (std::size_t i = 0; i < plan_.placements.size(); ++i) {
      const Placement& placement = plan_.placements[i];
      if (i + 1 < plan_.placements.size()) check_shape(i);
      const Stretch head = plan_.head(i), tail = plan_.tail(i);
      require(head.source <= placement.length && tail.source <= placement.length - head.source,
              "placement " + std::to_string(i) + " is too short for its transitions");
      clock.add(placement.length - head.source - tail.source,
                plan_.sources[placement.source].sample_rate);
      clock.add_output(head.output + tail.output);
      const PcmFrame seam = clock.now();
      if (i + 1 == plan_.placements.size()) {
        require(plan_.length <= seam, "'length' is longer than what the placements give");
        break;
      }
      const std::string next = "placement " + std::to_string(i + 1);
      require(seam < plan_.length, next + " begins after the end of the mix");
      check_handles(i);
      const Transition& transition = plan_.transitions[i];
      require(seam - transition.reach_before() >= free_from,
              "the transition to " + next + " overlaps what comes before");
      free_from = seam + transition.reach_after();
    }
    require(free_from <= plan_.length, "the last transition reaches beyond the end of the mix");
  }

  // Whether transition i is anything that can be played.
  void check_shape(std::size_t i) const {
    const Transition& transition = plan_.transitions[i];
    const std::string name = "transition " + std::to_string(i);
    require(transition.before >= 0 && transition.after >= 0 && transition.before <= kLongest &&
                transition.after <= kLongest,
            name + " has a negative or endless side");
    if (!transition.is_blend()) return;
    const Blend& blend = transition.blend;
    for (const BlendSide* side : {&blend.out, &blend.in}) {
      require(side->tempo >= 0.5 && side->tempo <= 2, name + " has a tempo ratio outside 0.5 … 2");
      require(std::abs(side->shift) <= 2, name + " shifts by more than 2 semitones");
      require(std::abs(side->gain_db) <= kMostChanged, name + " has a gain outside -12 … 12 dB");
      for (const double band : side->spectrum_db)
        require(std::abs(band) <= kMostChanged, name + " has a band outside -12 … 12 dB");
      require(side->release >= 0 && side->release <= kLongest,
              name + " has a negative or endless release");
      require(!side->changes() || side->release >= at_least(kLeastRelease),
              name + " changes speed, pitch or level without a release of at least .1 s");
    }
    const auto most = static_cast<PcmFrame>(kLongestBlend * plan_.sample_rate);
    require(transition.before <= most && transition.after <= most && blend.out.release <= most &&
                blend.in.release <= most && transition.reach_before() + transition.reach_after() <= most,
            name + " lasts longer than 180 s");
    for (const BandFade* fade : {&blend.low, &blend.mid, &blend.high})
      require(
          fade->begin <= fade->end && fade->begin >= -transition.before && fade->end <= transition.after,
          name + " fades a band outside itself");
    for (const BandFade* fade : {&blend.low, &blend.mid, &blend.high})
      require(fade->end - fade->begin >= at_least(kLeastFade) - 2,  // rounded at another rate
              name + " fades a band within less than 5 ms");
  }

  // Whether both sources have sound where transition i wants to hear them.
  void check_handles(std::size_t i) const {
    const Transition& transition = plan_.transitions[i];
    const std::string name = "transition " + std::to_string(i);
    const Placement& out = plan_.placements[i];
    const Placement& in = plan_.placements[i + 1];
    const double out_tempo = transition.is_blend() ? transition.blend.out.tempo : 1;
    const double in_tempo = transition.is_blend() ? transition.blend.in.tempo : 1;
    const PcmFrame left = plan_.sources[out.source].pcm_frames - out.start - out.length;
    require(covers(left, plan_.sources[out.source].sample_rate, at_speed(transition.after, out_tempo)),
            name + " plays on beyond the end of its source");
    require(
        covers(in.start, plan_.sources[in.source].sample_rate, at_speed(transition.before, in_tempo)),
        name + " begins ahead of the start of its source");
  }

  PcmFrame at_least(double seconds) const {
    return static_cast<PcmFrame>(std::floor(seconds * plan_.sample_rate));
  }

  bool covers(PcmFrame source_frames, int source_rate, PcmFrame output_frames) const {
    return static_cast<Wide>(source_frames) * static_cast<Wide>(plan_.sample_rate) >=
           static_cast<Wide>(output_frames) * static_cast<Wide>(source_rate);
  }

  static PcmFrame at_speed(PcmFrame frames, double tempo) {
    return tempo == 1 ? frames : static_cast<PcmFrame>(static_cast<double>(frames) * tempo);
  }

  const Plan& plan_;
  const std::filesystem::path& file_;
};

}  // namespace

Stretch Plan::head(std::size_t i) const {
  if (i == 0 || i > transitions.size()) return {};
  const Transition& transition = transitions[i - 1];
  const BlendSide& side = transition.blend.in;
  if (!transition.is_blend() || !side.stretched()) return {};
  const int rate = sources.at(placements[i].source).sample_rate;
  return {stretched_frames(side, transition.after, rate, sample_rate), transition.reach_after()};
}

Stretch Plan::tail(std::size_t i) const {
  if (i >= transitions.size()) return {};
  const Transition& transition = transitions[i];
  const BlendSide& side = transition.blend.out;
  if (!transition.is_blend() || !side.stretched()) return {};
  const int rate = sources.at(placements[i].source).sample_rate;
  return {stretched_frames(side, transition.before, rate, sample_rate), transition.reach_before()};
}

std::vector<PcmFrame> Plan::seams() const {
  std::vector<PcmFrame> result;
  OutputClock clock(sample_rate);
  for (std::size_t i = 0; i < placements.size(); ++i) {
    result.push_back(clock.now());
    const Stretch first = head(i), last = tail(i);
    clock.add(placements[i].length - first.source - last.source,
              sources.at(placements[i].source).sample_rate);
    clock.add_output(first.output + last.output);
  }
  return result;
}

void Plan::validate(const std::filesystem::path& named) const { Validator(*this, named).run(); }

}  // namespace segue
