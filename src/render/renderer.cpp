#include "render/renderer.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "render/blend_maker.hpp"
#include "render/limiter.hpp"
#include "render/voice.hpp"

namespace segue {
namespace {

// True-peak meters interpolate differently: FFmpeg's reads up to .15 dB more than libebur128's.
// The ceiling holds by either.
constexpr double kMeterTolerance = 0.25;  // dB

constexpr PcmFrame kBlock = 1024;    // output PCM frames rendered at a time, whatever read() asks for
constexpr double kEdgeFade = 0.005;  // s

// Output PCM frames [begin, end) in which a sound comes or goes.
struct Fade {
  PcmFrame begin = 0;
  PcmFrame end = 0;

  // π/2 times the share of the fade that is over in the middle of a PCM frame.
  double angle(PcmFrame at) const {
    const double share = (static_cast<double>(at - begin) + 0.5) / static_cast<double>(end - begin);
    return std::numbers::pi / 2 * share;
  }
};

double gain_of(const Placement& placement) {
  return std::pow(10, placement.gain_db / 20) * (placement.inverted ? -1 : 1);
}

// A placement's own sound with its gain: sin as it comes, cos as it goes, so that powers add up to 1.
struct Plain {
  Voice voice;
  double gain;
  Fade in;
  Fade out;

  // The gain at an output PCM frame.
  float gain_at(PcmFrame at) const {
    double value = gain;
    if (at < in.end) value *= std::sin(in.angle(at));
    if (at >= out.begin && out.begin < out.end) value *= std::cos(out.angle(at));
    return static_cast<float>(value);
  }

  // Adds what sounds in the block [begin, begin + stereo.size() / 2).
  void mix(PcmFrame begin, std::span<float> stereo) {
    const PcmFrame end = begin + static_cast<PcmFrame>(stereo.size() / 2);
    const PcmFrame from = std::max(begin, voice.begin());
    const PcmFrame to = std::min(end, voice.end());
    if (from >= to) return;
    const auto samples = voice.next(to - from);
    const auto target = stereo.subspan(2 * static_cast<std::size_t>(from - begin));
    const bool fades = from < in.end || (to > out.begin && out.begin < out.end);
    float factor = static_cast<float>(gain);
    for (std::size_t i = 0; i < samples.size(); i += 2) {
      if (fades) factor = gain_at(from + static_cast<PcmFrame>(i / 2));
      target[i] += factor * samples[i];
      target[i + 1] += factor * samples[i + 1];
    }
  }
};

// One side of a blend, from output PCM frame `begin` on.
struct Blended {
  std::shared_ptr<const BlendAudio> audio;
  const std::vector<float>* side;
  PcmFrame begin;

  PcmFrame end() const { return begin + static_cast<PcmFrame>(side->size() / 2); }

  void mix(PcmFrame block, std::span<float> stereo) const {
    const PcmFrame from = std::max(begin, block);
    const PcmFrame to = std::min(end(), block + static_cast<PcmFrame>(stereo.size() / 2));
    for (PcmFrame i = 2 * from; i < 2 * to; ++i)
      stereo[static_cast<std::size_t>(i - 2 * block)] +=
          (*side)[static_cast<std::size_t>(i - 2 * begin)];
  }
};

}  // namespace

void verify_sources(const Plan& plan) {
  std::map<std::size_t, std::size_t> first_placement;  // by source
  for (std::size_t i = 0; i < plan.placements.size(); ++i) {
    first_placement.emplace(plan.placements[i].source, i);
  }
  const std::vector<std::pair<std::size_t, std::size_t>> used(first_placement.begin(),
                                                              first_placement.end());
  std::vector<std::string> problems(used.size());
  parallel_for(used.size(), 0, [&](std::size_t i) {
    const PlanSource& source = plan.sources[used[i].first];
    try {
      if (hash_audio_packets(source.path) != source.track) {
        problems[i] = "is no longer the music that the plan was made from";
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      problems[i] = error.problem();
    }
  });
  // The first in order of sources is told, whichever thread was faster.
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (problems[i].empty()) continue;
    throw Error(ErrorKind::input,
                problems[i] + " (placement " + std::to_string(used[i].second) + " plays it)",
                plan.sources[used[i].first].path, "put the file back as it was or make a new mix");
  }
}

struct Renderer::State {
  Plan plan;
  std::vector<PcmFrame> seams;
  SourcePool pool;
  TruePeakLimiter limiter;
  std::vector<Plain> plains;  // that sound now, in order of placements
  std::vector<Blended> blended;
  std::size_t upcoming = 0;        // placement
  std::size_t upcoming_blend = 0;  // transition
  PcmFrame rendered = 0;           // before the limiter
  PcmFrame position = 0;           // given out
  std::vector<float> block;
  std::vector<float> ready;
  std::size_t given = 0;  // samples of `ready`
  BlendMaker maker;

  explicit State(const Plan& given_plan)
      : plan(given_plan),
        seams(plan.seams()),
        limiter(plan.sample_rate, 2, plan.ceiling_dbtp - kMeterTolerance),
        maker(plan, seams) {}

  bool blends(std::size_t transition) const {
    return transition < plan.transitions.size() && plan.transitions[transition].is_blend();
  }

  // Where placement i sounds by itself: beyond blends, but in crossfades.
  PcmFrame begin_of(std::size_t i) const {
    if (i == 0) return 0;
    if (blends(i - 1)) return seams[i] + plan.transitions[i - 1].reach_after();
    return seams[i] - plan.transitions[i - 1].before;
  }
  PcmFrame end_of(std::size_t i) const {
    if (i + 1 == seams.size()) return plan.length;
    if (blends(i)) return seams[i + 1] - plan.transitions[i].reach_before();
    return seams[i + 1] + plan.transitions[i].after;
  }

  PcmFrame edge_fade() const {
    return std::min(static_cast<PcmFrame>(kEdgeFade * plan.sample_rate), plan.length / 2);
  }

  // Whether a transition is a crossfade too short for what it joins: that would click.
  bool is_abrupt(std::size_t transition) const {
    const Transition& crossfade = plan.transitions[transition];
    if (crossfade.is_blend() || crossfade.before + crossfade.after >= edge_fade()) return false;
    const Placement &out = plan.placements[transition], &in = plan.placements[transition + 1];
    const bool plays_on = in.source == out.source && in.start == out.start + out.length &&
                          in.gain_db == out.gain_db && in.inverted == out.inverted;
    return !plays_on;
  }

  Fade fade_in(std::size_t i) const {
    if (i > 0 && blends(i - 1)) return {};
    if (i > 0 && is_abrupt(i - 1)) return {begin_of(i), std::min(begin_of(i) + edge_fade(), end_of(i))};
    if (i > 0) return {begin_of(i), seams[i] + plan.transitions[i - 1].after};
    return {0, plan.placements[0].start == 0 ? 0 : edge_fade()};
  }

  Fade fade_out(std::size_t i) const {
    if (blends(i)) return {};
    if (i + 1 < seams.size() && is_abrupt(i))
      return {std::max(end_of(i) - edge_fade(), begin_of(i)), end_of(i)};
    if (i + 1 < seams.size()) return {seams[i + 1] - plan.transitions[i].before, end_of(i)};
    const Placement& last = plan.placements[i];
    const PlanSource& source = plan.sources[last.source];
    const double whole = static_cast<double>(last.length) * plan.sample_rate / source.sample_rate;
    const bool to_its_end = last.start + last.length == source.pcm_frames &&
                            static_cast<double>(plan.length - seams[i]) > whole - 1;
    return {plan.length - (to_its_end ? 0 : edge_fade()), plan.length};
  }

  void start_parts(PcmFrame before) {
    for (; upcoming < seams.size() && begin_of(upcoming) < before; ++upcoming) {
      const std::size_t i = upcoming;
      if (begin_of(i) >= end_of(i)) continue;
      plains.push_back({Voice(plan, i, seams[i], begin_of(i), end_of(i), pool),
                        gain_of(plan.placements[i]), fade_in(i), fade_out(i)});
    }
    for (; upcoming_blend < plan.transitions.size(); ++upcoming_blend) {
      const std::size_t i = upcoming_blend;
      if (!blends(i)) continue;
      const PcmFrame out_begin = seams[i + 1] - plan.transitions[i].reach_before();
      if (out_begin >= before) break;
      const auto audio = maker.get(i);
      blended.push_back({audio, &audio->out, out_begin});
      blended.push_back({audio, &audio->in, seams[i + 1] - plan.transitions[i].before});
    }
  }

  void render_block() {
    throw_if_interrupted();
    const PcmFrame frames = std::min(kBlock, plan.length - rendered);
    block.assign(2 * static_cast<std::size_t>(frames), 0.0f);
    start_parts(rendered + frames);
    for (Plain& plain : plains) plain.mix(rendered, block);
    for (const Blended& side : blended) side.mix(rendered, block);
    rendered += frames;
    std::erase_if(plains, [this](const Plain& plain) { return plain.voice.end() <= rendered; });
    std::erase_if(blended, [this](const Blended& side) { return side.end() <= rendered; });
    limiter.process(block, ready);
    if (rendered == plan.length) limiter.finish(ready);
  }
};

Renderer::Renderer(const Plan& plan) {
  plan.validate();
  verify_sources(plan);
  state_ = std::make_unique<State>(plan);
}

Renderer::~Renderer() = default;

PcmFrame Renderer::position() const noexcept { return state_->position; }

PcmFrame Renderer::read(std::span<float> interleaved) {
  auto& ready = state_->ready;
  std::size_t written = 0;
  const std::size_t wanted = interleaved.size() / 2 * 2;
  while (written < wanted) {
    if (state_->given == ready.size()) {
      ready.clear();
      state_->given = 0;
      if (state_->rendered == state_->plan.length) break;
      state_->render_block();
      continue;
    }
    const std::size_t count = std::min(ready.size() - state_->given, wanted - written);
    std::copy_n(ready.begin() + static_cast<std::ptrdiff_t>(state_->given), count,
                interleaved.begin() + static_cast<std::ptrdiff_t>(written));
    state_->given += count;
    written += count;
  }
  const auto frames = static_cast<PcmFrame>(written / 2);
  state_->position += frames;
  return frames;
}

}  // namespace segue
