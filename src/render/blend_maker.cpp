#include "render/blend_maker.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "render/blend_sound.hpp"
#include "render/voice.hpp"

namespace segue {
namespace {

constexpr std::size_t kMostAhead = 2;  // blends; one takes some 20 MB

std::vector<float> make_side(const Plan& plan, std::size_t placement, PcmFrame begin, PcmFrame seam,
                             const Transition& transition, BlendEnd end, SourcePool& pool) {
  const PcmRange range = blend_range(transition, end);
  const PcmRange needs = blend_needs(transition, end, plan.sample_rate, range);
  Voice voice(plan, placement, begin, seam + needs.begin, seam + needs.end, pool);
  const std::span<const float> source = voice.next(needs.size());
  const Placement& played = plan.placements[placement];
  std::vector<float> side =
      blend_side(transition, end, range, source, 2, plan.sample_rate, played.gain_db);
  if (played.inverted)
    for (float& value : side) value = -value;
  return side;
}

std::shared_ptr<const BlendAudio> make_blend(const Plan& plan, const std::vector<PcmFrame>& seams,
                                             std::size_t i) {
  SourcePool pool;
  const Transition& transition = plan.transitions[i];
  auto audio = std::make_shared<BlendAudio>();
  audio->out = make_side(plan, i, seams[i], seams[i + 1], transition, BlendEnd::out, pool);
  audio->in = make_side(plan, i + 1, seams[i + 1], seams[i + 1], transition, BlendEnd::in, pool);
  const PcmFrame release = transition.reach_before() - transition.before;
  even_out(transition, std::span(audio->out).subspan(2 * static_cast<std::size_t>(release)), audio->in,
           2, plan.sample_rate);
  return audio;
}

}  // namespace

BlendMaker::BlendMaker(const Plan& plan, const std::vector<PcmFrame>& seams)
    : plan_(plan), seams_(seams) {
  begin_more();
}

void BlendMaker::begin_more() {
  const std::size_t ahead = std::min<std::size_t>(kMostAhead, core_count());
  for (; next_ < plan_.transitions.size() && coming_.size() < ahead; ++next_) {
    if (!plan_.transitions[next_].is_blend()) continue;
    coming_.push_back({next_, std::async(std::launch::async,
                                         [this, i = next_] { return make_blend(plan_, seams_, i); })});
  }
}

std::shared_ptr<const BlendAudio> BlendMaker::get(std::size_t i) {
  if (audio_ && made_ == i) return audio_;
  while (!coming_.empty() && coming_.front().transition < i) {
    coming_.pop_front();
    begin_more();
  }
  if (coming_.empty() || coming_.front().transition != i)
    throw Error(ErrorKind::internal, "blends are asked for out of order", {}, "report this");
  Coming now = std::move(coming_.front());
  coming_.pop_front();
  audio_ = now.audio.get();
  made_ = i;
  begin_more();
  return audio_;
}

}  // namespace segue
