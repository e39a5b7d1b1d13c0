#include "planning/planner.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/log.hpp"
#include "planning/chooser.hpp"
#include "planning/critic.hpp"
#include "planning/feasibility.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/library_index.hpp"
#include "planning/plan_builder.hpp"
#include "planning/run_chooser.hpp"
#include "planning/second_opinion.hpp"

namespace segue {
namespace {

void require(bool sound, const std::string& problem, const std::string& remedy) {
  if (!sound) throw Error(ErrorKind::usage, problem, {}, remedy);
}

// What a decision hears by itself.
constexpr std::size_t kNearest = 50, kDrawn = 1024;

// Those who decide, opened for one mix.
class Deciding {
 public:
  Deciding(const MixConfig& config, const FragmentPool& pool, const SuccessorModel& model)
      : config_(config),
        pool_(pool),
        model_(model),
        session_(model.open_session(pool.set())),
        ranker_(*session_, pool, opinion_of(config, pool)),
        candidates_(config.candidates.value_or(session_->embedding_size() > 0 ? kNearest : kDrawn)) {}

  // wanted: fragments that may follow at all.
  Hearing open(Library& library, std::vector<std::size_t> wanted) {
    if (session_->embedding_size() > 0 && candidates_ > 0)
      index_.emplace(library, pool_, std::move(wanted),
                     IndexKey{model_.card().weights, config_.segmentation.key()}, *session_);
    return {*session_, ranker_, model_.context_length(), candidates_, index_ ? &*index_ : nullptr};
  }

 private:
  static SecondOpinion opinion_of(const MixConfig& config, const FragmentPool& pool) {
    OpinionConfig opinion{config.edge_weight, config.critics, {}, {}, {}};
    opinion.critic.heard = config.critic_heard;
    opinion.critic.weight = config.critic_weight;
    opinion.ear.fade = config.crossfade;
    opinion.ear.target_lufs = config.target_lufs;
    if (config.style == Style::mix) {
      opinion.ear.reach = config.bounds.least;
      // Half of what a track plays belongs to the seam at each of its ends.
      opinion.ear.room = (config.bounds.least + config.bounds.most) / 4;
      if (config.blends && config.critics) opinion.blends = config.join_critics;
    }
    return second_opinion(pool, opinion);
  }

  const MixConfig& config_;
  const FragmentPool& pool_;
  const SuccessorModel& model_;
  std::unique_ptr<ScoringSession> session_;
  Ranker ranker_;
  std::size_t candidates_;
  std::optional<LibraryIndex> index_;
};

std::vector<Run> choose_collage(const MixConfig& config, Library& library, const FragmentPool& pool,
                                const SuccessorModel& model) {
  Deciding deciding(config, pool, model);
  const Hearing hearing = deciding.open(library, all_of(pool));
  std::vector<Run> runs;
  for (Choice& choice : Chooser(config, pool, hearing).choose()) {
    const std::size_t fragment = choice.taken().fragment;
    runs.push_back({fragment,
                    fragment,
                    runs.empty() ? nullptr : std::move(choice.ranking),
                    choice.rank,
                    {},
                    nullptr});
  }
  return runs;
}

// Says what a listener may wonder about.
void tell_groups(const std::vector<std::vector<std::size_t>>& groups, const BoundKeeper& bounds,
                 const std::vector<Run>& runs) {
  std::map<std::size_t, std::size_t> group_of;  // a track
  for (std::size_t group = 0; group < groups.size(); ++group)
    for (const std::size_t track : groups[group]) group_of[track] = group;
  std::size_t changes = 0, others = 0;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const std::size_t before = bounds.track_of(runs[i - 1].first),
                      after = bounds.track_of(runs[i].first);
    if (group_of[before] != group_of[after]) {
      ++changes;
    } else {
      others += !bounds.fit_together(before, after);
    }
  }
  const auto seams = [](std::size_t count) {
    return std::to_string(count) + (count == 1 ? " seam" : " seams");
  };
  if (changes > 0)
    log_info("tempo and metre let the tracks fall into " + std::to_string(groups.size()) +
             " groups; the mix goes from one to another at " + seams(changes));
  if (others > 0) log_info("tempo or metre changes by more than asked at " + seams(others));
}

// Where tracks are short, a third of what most of them have will do, as it can lie in many places then;
// but not less than 20 s, unless that is more than half.
void fit_to_short_tracks(Bounds& bounds, const FragmentPool& pool) {
  if (bounds.seconds_are_set) return;
  std::vector<Hop> lengths;
  for (const PoolTrack& track : pool.tracks()) {
    const auto& fragments = pool.fragments();
    lengths.push_back(fragments[track.first + track.count - 1].span.end() -
                      fragments[track.first].span.start);
  }
  if (lengths.empty()) return;
  std::sort(lengths.begin(), lengths.end());
  const Seconds median = hops_to_seconds(lengths[lengths.size() / 2]);
  bounds.least = std::min(bounds.least, std::max(median / 3, std::min(Seconds(20), median / 2)));
}

void require_room(const Bounds& bounds, const FragmentPool& pool) {
  const bool fits =
      std::any_of(pool.fragments().begin(), pool.fragments().end(), [&](const PoolFragment& fragment) {
        return hops_to_seconds(fragment.span.length) <= bounds.most;
      });
  require(fits, "fragments are longer than a track may play",
          "choose a shorter --fragment, or longer --track-seconds");
}

Plan plan_runs(const MixConfig& asked, Library& library, const FragmentPool& pool,
               const SuccessorModel& model) {
  MixConfig config = asked;
  require_feasible(config, pool, track_limit(config, pool));
  fit_to_short_tracks(config.bounds, pool);
  require_room(config.bounds, pool);
  const BoundKeeper bounds(config, pool);
  Deciding deciding(config, pool, model);
  const Hearing hearing = deciding.open(library, {bounds.entries().begin(), bounds.entries().end()});
  const std::vector<Run> runs = RunChooser(config, pool, bounds, hearing).choose();
  const auto groups = bounds.groups();
  tell_groups(groups, bounds, runs);
  Plan plan = build_plan(config, pool, model.card(), runs);
  plan.choosing.groups = groups.size();
  return plan;
}

}  // namespace

void MixConfig::validate() const {
  require(length.count() >= 1 && length.count() <= 24 * 3600.0, "the length is outside 1 s … 24 h",
          "choose another --length");
  require(segmentation.shortest.count() >= 0.5 && segmentation.longest.count() <= 60 &&
              segmentation.shortest <= segmentation.longest,
          "fragments are outside 0.5 … 60 s", "choose another --fragment");
  require(track_share > 0 && track_share <= 1, "the share of a track is outside 0 … 1",
          "choose another --track-share; 1 is no bound");
  require(beam >= 1 && beam <= 1000, "the beam is outside 1 … 1000", "choose another --beam");
  require(crossfade.count() >= 0 && crossfade.count() <= 2, "the crossfade is outside 0 … 2 s",
          "choose another --crossfade");
  require(critic_heard >= 1 && critic_heard <= kRanked, "the alternatives heard are outside 1 … 64",
          "choose another --critic-heard");
  require(critic_weight >= 0 && critic_weight <= 100, "the weight of the critic is outside 0 … 100",
          "choose another --critic-weight");
  require(exits >= 1 && exits <= 64, "the moments to leave are outside 1 … 64", "choose another number");
  bounds.validate();
  require(edge_weight >= 0 && edge_weight <= 100, "the weight of the edges is outside 0 … 100",
          "choose another --edge-weight");
  require(sample_rate >= 8000 && sample_rate <= 192000, "the sample rate is outside 8000 … 192000 Hz",
          "choose another --rate");
  require(target_lufs >= -60 && target_lufs <= -1, "the loudness is outside -60 … -1 LUFS",
          "choose another --loudness");
  require(ceiling_dbtp >= -20 && ceiling_dbtp <= 0, "the ceiling is outside -20 … 0 dBTP",
          "choose another --ceiling");
}

Plan plan_mix(const MixConfig& config, Library& library, const std::vector<LibraryTrack>& tracks,
              const SuccessorModel& model) {
  config.validate();
  const FragmentPool pool(config, library, tracks);
  if (config.style == Style::mix) return plan_runs(config, library, pool, model);
  const Hop limit = track_limit(config, pool);
  require_feasible(config, pool, limit);
  const double share = hops_to_seconds(limit) / config.length;
  if (config.track_share < 1 && share > config.track_share + 0.01) {
    char figures[96];
    std::snprintf(figures, sizeof figures, "%zu tracks: each may fill %.0f %% of the mix, not %.0f %%",
                  pool.tracks().size(), 100 * std::min(1.0, share), 100 * config.track_share);
    log_info(figures);
  }
  return build_plan(config, pool, model.card(), choose_collage(config, library, pool, model));
}

}  // namespace segue
