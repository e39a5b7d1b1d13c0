#include "judge/join_examples.hpp"

#include <cmath>

#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "judge/blend_listener.hpp"
#include "judge/medley.hpp"
#include "model/registry.hpp"
#include "planning/seam_preview.hpp"

namespace segue {
namespace {

constexpr std::uint64_t kSounding = 8;  // of so many blends one is heard as sound, not as a sketch

SeamWindow preview(const FragmentPool& pool, const JoinList& list, const Join& join,
                   Seconds transition) {
  const auto side = [&](const JoinPlace& place) {
    const Seconds at = to_seconds(place.at, list.sources[place.source].sample_rate);
    return PreviewSide{pool.tracks()[place.source].features.get(), to_hops(at), place.gain_db};
  };
  return preview_seam(side(join.out), side(join.in), {join.fade, transition, join.before, join.after});
}

}  // namespace

JoinExampleMaker::JoinExampleMaker(const DetectorTraining& training, Library& library)
    : training_(training), library_(library) {
  // Twice, because what no system chooses is what the detector must know best.
  for (const char* name : {"random", "random"}) add_system(name, Sound::random);
  for (const std::string& name : training.systems) add_system(name, Sound::chosen);
  if (training.critic) planner_ = load_model(kDefaultModel);
}

void JoinExampleMaker::add_system(const std::string& name, Sound sound) {
  systems_.push_back({load_model(name), sound});
}

std::vector<std::optional<SeamWindow>> JoinExampleMaker::hear_all(const FragmentPool& pool,
                                                                  const JoinList& list,
                                                                  std::uint64_t seed) const {
  std::vector<std::optional<SeamWindow>> windows(list.joins.size());
  if (!training_.critic && !training_.blends()) {
    std::vector<SeamWindow> rendered = hear(list, training_.transition, training_.threads);
    std::move(rendered.begin(), rendered.end(), windows.begin());
    return windows;
  }
  BlendListener listener(pool, list.sources, training_.transition);
  if (critics_) listener.choose_by(critics_);
  Progress progress("hearing", static_cast<double>(windows.size()), "joins");
  parallel_for(windows.size(), training_.threads, [&](std::size_t i) {
    const std::uint64_t own = derive_seed(seed, i);
    Random random(derive_seed(own, 1));
    if (training_.blends()) {
      windows[i] = listener.hear(list.joins[i], own, random.below(kSounding) != 0);
    } else if (random.below(2) == 0) {
      windows[i] = listener.hear(list.joins[i], own, true);
    } else {  // as the plain fades of collages
      windows[i] = preview(pool, list, list.joins[i], training_.transition);
    }
    progress.advance(1);
  });
  return windows;
}

void JoinExampleMaker::add(const std::vector<LibraryTrack>& tracks, const Segmentation& segmentation,
                           std::size_t joins, std::uint64_t seed, bool with_controls,
                           JoinExamples& examples) {
  MixConfig cutting;
  cutting.segmentation = segmentation;
  cutting.seed = seed;
  const FragmentPool pool(cutting, library_, tracks);
  JoinList list{sources_of(pool), {}};
  std::vector<Sound> sounds;
  const auto take = [&](const std::vector<Join>& made, Sound sound) {
    list.joins.insert(list.joins.end(), made.begin(), made.end());
    sounds.insert(sounds.end(), made.size(), sound);
  };
  JoinConfig config;
  config.fade = config.kind = training_.transition;
  config.threads = training_.threads;
  config.count = (joins + systems_.size() - 1) / systems_.size();
  const BlendListener tempi(pool, list.sources, training_.transition);
  if (training_.blends())
    config.may_follow = [&](std::size_t from, std::size_t to) { return tempi.may_follow(from, to); };
  for (std::size_t s = 0; s < systems_.size(); ++s) {
    throw_if_interrupted();
    config.seed = derive_seed(seed, s);
    const std::vector<Join> made = choose_joins(pool, *systems_[s].model, config);
    take(made, systems_[s].sound);
    take(continuous_passages(list.sources, made), Sound::passage);
    if (s == 0 && with_controls) {
      take(continuations(list.sources, made, training_.transition), Sound::faded);
      take(continuations(list.sources, made, Seconds(0)), Sound::untouched);
    }
  }
  config.seed = derive_seed(seed, systems_.size());
  config.count *= training_.blends() ? 6 : 2;  // a cut is little of a long window
  std::vector<Join> hard = choose_joins(pool, *systems_[0].model, config);
  for (Join& join : hard) join.fade = Seconds(0);
  take(hard, Sound::hard_cut);
  if (training_.blends()) take(continuations(list.sources, hard, Seconds(0)), Sound::passage);
  for (const bool own_track : {false, true}) {
    if (!planner_) break;
    config.seed = derive_seed(seed, systems_.size() + 1 + std::size_t{own_track});
    config.count = joins / 3;
    config.own_track = own_track;
    if (!training_.blends()) config.critics = critics_;  // none in the first round
    const std::vector<Join> fooling = choose_joins(pool, *planner_, config);
    take(fooling, Sound::chosen);
    take(continuous_passages(list.sources, fooling), Sound::passage);
  }
  std::vector<std::optional<SeamWindow>> windows = hear_all(pool, list, derive_seed(seed, 100));
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (!windows[i]) continue;
    examples.windows.push_back(std::move(*windows[i]));
    examples.joined.push_back(!list.joins[i].continuous());
    examples.sounds.push_back(sounds[i]);
  }
}

}  // namespace segue
