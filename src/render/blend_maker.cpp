#include "render/blend_maker.hpp"

#include "render/blend_sound.hpp"
#include "render/voice.hpp"

namespace segue {
namespace {

std::vector<float> make_side(const Plan& plan, std::size_t placement, PcmFrame begin, PcmFrame seam,
                             const Transition& transition, BlendEnd end, SourcePool& pool) {
  const PcmRange needs = blend_needs(transition, end, plan.sample_rate);
  Voice voice(plan, placement, begin, seam + needs.begin, seam + needs.end, pool);
  const std::span<const float> source = voice.next(needs.size());
  const Placement& played = plan.placements[placement];
  std::vector<float> side = blend_side(transition, end, source, 2, plan.sample_rate, played.gain_db);
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
  even_out(transition, audio->out, audio->in, 2, plan.sample_rate);
  return audio;
}

}  // namespace

BlendMaker::BlendMaker(const Plan& plan, const std::vector<PcmFrame>& seams)
    : plan_(plan), seams_(seams) {
  begin(0);
}

BlendMaker::~BlendMaker() {
  if (future_.valid()) future_.wait();
}

void BlendMaker::begin(std::size_t i) {
  while (i < plan_.transitions.size() && !plan_.transitions[i].is_blend()) ++i;
  coming_ = i;
  future_ = {};
  if (i < plan_.transitions.size())
    future_ = std::async(std::launch::async, [this, i] { return make_blend(plan_, seams_, i); });
}

std::shared_ptr<const BlendAudio> BlendMaker::get(std::size_t i) {
  if (audio_ && made_ == i) return audio_;
  if (!future_.valid() || coming_ != i) begin(i);
  audio_ = future_.get();
  made_ = i;
  begin(i + 1);
  return audio_;
}

}  // namespace segue
