#include "planning/critic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/paths.hpp"
#include "evaluation/seam_sets.hpp"
#include "library/fragment_loudness.hpp"
#include "model/plugin.hpp"
#include "planning/levels.hpp"
#include "planning/meeting.hpp"

namespace segue {
namespace fs = std::filesystem;

namespace {
constexpr float kMostOdds = 1000;  // either way
}  // namespace

std::vector<float> CriticSet::odds(std::span<const SeamWindow> windows) const {
  std::vector<float> sum(windows.size(), 0.0f);
  for (const auto& critic : critics) {
    const std::vector<float> some = critic->score(windows);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += some[i] / static_cast<float>(critics.size());
  }
  return sum;
}

fs::path user_critics_folder() { return user_data_folder() / "critics"; }
std::vector<fs::path> critics_folders() {
  return {user_critics_folder(), find_shipped("models/critics")};
}

std::shared_ptr<const CriticSet> find_critics(Seconds fade, const fs::path& folder) {
  const std::vector<fs::path> folders = folder.empty() ? critics_folders() : std::vector{folder};
  const auto place = nearest_set(fade, folders, [fade](Seconds kind) {
    return covers(kind, fade) || std::abs((kind - fade).count()) <= 0.15;
  });
  return place ? load_critics(place->folder, place->transition) : nullptr;
}

std::vector<std::shared_ptr<const CriticSet>> find_join_critics(const fs::path& folder) {
  const std::vector<fs::path> folders = folder.empty() ? critics_folders() : std::vector{folder};
  std::vector<std::shared_ptr<const CriticSet>> sets;
  for (const SeamSet& place : seam_sets(folders)) {
    const std::vector<Seconds> lengths = ProposalConfig{}.lengths;
    if (std::none_of(lengths.begin(), lengths.end(),
                     [&](Seconds length) { return covers(place.transition, length); }))
      continue;
    const bool known = std::any_of(sets.begin(), sets.end(),
                                   [&](const auto& set) { return set->transition == place.transition; });
    if (!known) sets.push_back(load_critics(place.folder, place.transition));
  }
  return sets;
}

std::shared_ptr<const CriticSet> require_critics(Seconds fade, const fs::path& folder) {
  if (auto critics = find_critics(fade, folder)) return critics;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", fade.count());
  throw Error(
      ErrorKind::model, std::string("no critic has learnt crossfades of ") + seconds + " s", folder,
      std::string("teach one: segue judge --learn --critic MUSIC… --split FILE --crossfade ") + seconds);
}

std::shared_ptr<const CriticSet> load_critics(const fs::path& folder, Seconds transition) {
  auto set = std::make_shared<CriticSet>();
  set->transition = transition;
  set->folder = folder;
  std::vector<fs::path> weights;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
    if (it->path().extension() == ".safetensors") weights.push_back(it->path());
  std::sort(weights.begin(), weights.end());
  for (const fs::path& file : weights) {
    try {
      set->critics.push_back(learning_plugin().load_detector(file));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::model) throw;
      throw Error(ErrorKind::model, error.problem(), error.file(),
                  "teach critics again with segue judge --learn --critic, or mix with --critic off");
    }
  }
  if (set->critics.empty()) {
    throw Error(ErrorKind::model, "holds no critic", folder, "remove it, or teach critics again");
  }
  return set;
}

namespace {

bool follows(const PoolFragment& after, const PoolFragment& before) {
  return after.track == before.track && after.position == before.position + 1;
}

// A fragment with those that lie directly before it, until `reach` is filled; or those after it.
FragmentSpan stretch_before(const FragmentPool& pool, std::size_t fragment, Seconds reach) {
  const auto& all = pool.fragments();
  const Hop end = all[fragment].span.end();
  while (fragment > 0 && end - all[fragment].span.start < to_hops(reach) &&
         follows(all[fragment], all[fragment - 1]))
    --fragment;
  return {all[fragment].span.start, end - all[fragment].span.start};
}
FragmentSpan stretch_after(const FragmentPool& pool, std::size_t fragment, Seconds reach) {
  const auto& all = pool.fragments();
  const Hop start = all[fragment].span.start;
  while (fragment + 1 < all.size() && all[fragment].span.end() - start < to_hops(reach) &&
         follows(all[fragment + 1], all[fragment]))
    ++fragment;
  return {start, all[fragment].span.end() - start};
}

}  // namespace

std::pair<double, double> gains_between(const FragmentPool& pool, std::size_t from, std::size_t to,
                                        double target_lufs, Seconds reach) {
  std::vector<LevelledPiece> pieces;
  for (const std::size_t i : {from, to}) {
    const PoolFragment& fragment = pool.fragments()[i];
    const PoolTrack& track = pool.tracks()[fragment.track];
    const FragmentSpan heard =
        i == from && pieces.empty() ? stretch_before(pool, from, reach) : stretch_after(pool, to, reach);
    const auto momentary = blocks_inside(track.features->loudness(), heard);
    pieces.push_back({heard == fragment.span ? fragment.loudness_lufs : gated_loudness(momentary),
                      track.track->record.integrated_lufs, momentary});
  }
  const std::vector<double> gains = level(pieces, target_lufs);
  return {gains[0], gains[1]};
}

Critic::Critic(const FragmentPool& pool, std::shared_ptr<const CriticSet> set,
               const CriticConfig& config)
    : pool_(pool), set_(std::move(set)), config_(config) {}

// Other seams may lie where what plays of the track begins and ends.
Seconds Critic::heard_of(std::size_t fragment, Side side) const {
  const FragmentSpan plays = side == Side::before ? stretch_before(pool_, fragment, config_.reach)
                                                  : stretch_after(pool_, fragment, config_.reach);
  return std::min(kSeamFlank, hops_to_seconds(plays.length) - config_.fade);
}

bool Critic::has_opinion(std::size_t fragment, Side side) const {
  return heard_of(fragment, side) >= kLeastHeard;
}

SeamWindow Critic::preview(std::size_t from, std::size_t to) const {
  const auto [gain_from, gain_to] = gains_between(pool_, from, to, config_.target_lufs, config_.reach);
  const PoolFragment& a = pool_.fragments()[from];
  const PoolFragment& b = pool_.fragments()[to];
  return preview_seam(
      {pool_.tracks()[a.track].features.get(), a.span.end(), gain_from},
      {pool_.tracks()[b.track].features.get(), b.span.start, gain_to},
      {config_.fade, set_->transition, heard_of(from, Side::before), heard_of(to, Side::after)});
}

std::vector<float> Critic::odds(std::size_t from, std::span<const std::size_t> to) {
  if (known_.size() > config_.kept) known_.clear();
  const auto key = [&](std::size_t candidate) {
    return static_cast<std::uint64_t>(from) * pool_.fragments().size() + candidate;
  };
  std::vector<std::size_t> missing;
  for (const std::size_t candidate : to)
    if (!known_.contains(key(candidate))) missing.push_back(candidate);
  std::vector<SeamWindow> windows(missing.size());
  parallel_for(missing.size(), config_.threads,
               [&](std::size_t i) { windows[i] = preview(from, missing[i]); });
  const std::vector<float> heard = missing.empty() ? std::vector<float>() : set_->odds(windows);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!std::isfinite(heard[i]))
      throw Error(ErrorKind::model, "the critic gave odds that are no number", set_->folder,
                  "teach critics again, or choose with --critic off");
    known_[key(missing[i])] = std::round(std::clamp(heard[i], -kMostOdds, kMostOdds) * 256) / 256;
  }
  std::vector<float> result;
  for (const std::size_t candidate : to) result.push_back(known_.at(key(candidate)));
  return result;
}

void Critic::judge(std::size_t last, std::span<Candidate> ranked) {
  const auto change_of = [&](float odds) {
    return std::llround(config_.weight * log_unheard(odds) / kScoreUnit);
  };
  std::vector<std::size_t> heard, fragments, too_short;  // places in `ranked`, but for fragments
  std::size_t end = 0;
  for (; end < ranked.size() && heard.size() < config_.heard; ++end) {
    const std::size_t fragment = ranked[end].fragment;
    const bool audible = has_opinion(last, Side::before) && has_opinion(fragment, Side::after);
    (audible ? heard : too_short).push_back(end);
    if (audible) fragments.push_back(fragment);
  }
  const std::vector<float> seams = odds(last, fragments);
  std::int64_t least = 0, sum = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const std::int64_t change = change_of(seams[i]);
    ranked[heard[i]].score += change;
    least = std::min(least, change);
    sum += change;
  }
  const std::int64_t usual =
      heard.empty() ? change_of(0) : sum / static_cast<std::int64_t>(heard.size());
  for (const std::size_t i : too_short) ranked[i].score += usual;
  for (std::size_t i = end; i < ranked.size(); ++i) ranked[i].score += least;
}

}  // namespace segue
