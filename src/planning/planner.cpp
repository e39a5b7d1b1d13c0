#include "planning/planner.hpp"

#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "library/fragment_loudness.hpp"
#include "planning/chooser.hpp"
#include "planning/critic.hpp"
#include "planning/crossfades.hpp"
#include "planning/feasibility.hpp"
#include "planning/fragment_pool.hpp"
#include "planning/levels.hpp"
#include "planning/library_index.hpp"
#include "planning/second_opinion.hpp"

namespace segue {
namespace {

constexpr std::size_t kRunnersUp = 5;

void require(bool sound, const std::string& problem, const std::string& remedy) {
  if (!sound) throw Error(ErrorKind::usage, problem, {}, remedy);
}

// Turns choices into the values of a plan.
class PlanBuilder {
 public:
  PlanBuilder(const MixConfig& config, const FragmentPool& pool, const SuccessorModel& model)
      : config_(config), pool_(pool), card_(model.card()) {}

  Plan build(std::span<const Choice> choices) {
    plan_.segue_version = version();
    plan_.system = card_.system;
    plan_.model = card_.name;
    plan_.weights = card_.weights.hex();
    plan_.choosing = {config_.beam, config_.edge_weight, 0, 0, {}};
    if (config_.critics) {
      plan_.choosing.critic_weight = config_.critic_weight;
      plan_.choosing.critic_heard = config_.critic_heard;
      for (const auto& critic : config_.critics->critics)
        plan_.choosing.critics.push_back(critic->card().weights.hex());
    }
    plan_.analysis_version = kAnalysisVersion;
    plan_.segmentation = config_.segmentation;
    plan_.seed = config_.seed;
    plan_.sample_rate = config_.sample_rate;
    plan_.length = to_pcm_frames(config_.length, config_.sample_rate);
    plan_.target_lufs = config_.target_lufs;
    plan_.ceiling_dbtp = config_.ceiling_dbtp;
    // Sources in the order in which they are heard; runners-up may name further ones.
    for (const Choice& choice : choices) source_of(choice.taken().fragment);
    for (std::size_t i = 0; i < choices.size(); ++i) place(choices[i], i == 0);
    plan_.transitions = fit_crossfades(plan_, config_.crossfade);
    set_gains(choices);
    plan_.validate();
    return std::move(plan_);
  }

 private:
  std::size_t source_of(std::size_t fragment) {
    const std::size_t track = pool_.fragments()[fragment].track;
    const auto [place, first] = sources_.emplace(track, plan_.sources.size());
    if (first) {
      const LibraryTrack& source = pool_.track_of(fragment);
      const TrackRecord& record = source.record;
      const std::string& title = record.tags.title;
      plan_.sources.push_back({record.id, source.file, record.format.sample_rate, record.pcm_frames,
                               title.empty() ? to_valid_utf8(source.file.stem().native()) : title,
                               record.tags.artist});
      known_.push_back(card_.knows_any(source.recording));
    }
    return place->second;
  }

  void place(const Choice& choice, bool is_start) {
    const std::size_t fragment = choice.taken().fragment;
    Placement placement;
    placement.source = source_of(fragment);
    placement.start = pool_.pcm_start(fragment);
    placement.length = pool_.pcm_end(fragment) - placement.start;
    placement.known = known_[placement.source];
    const Ranking& ranking = *choice.ranking;
    placement.score = static_cast<double>(choice.taken().score) * kScoreUnit;
    const std::string of = " of " + std::to_string(ranking.heard) +
                           (config_.critics ? " heard, the best of them seam by seam" : " heard");
    placement.why = is_start ? "start" : "best" + of;
    if (!is_start && choice.rank > 0) {
      placement.why = "number " + std::to_string(choice.rank + 1) + of + ": the better ones lead " +
                      (config_.beam > 1 ? "on less well or nowhere" : "nowhere");
    }
    for (std::size_t i = 0; !is_start && i < ranking.best.size(); ++i) {
      if (i == choice.rank || placement.runners_up.size() == kRunnersUp) continue;
      const Candidate& other = ranking.best[i];
      placement.runners_up.push_back({source_of(other.fragment), pool_.pcm_start(other.fragment),
                                      static_cast<double>(other.score) * kScoreUnit});
    }
    plan_.placements.push_back(std::move(placement));
  }

  void set_gains(std::span<const Choice> choices) {
    const PcmFrame last_seam = plan_.seams().back();
    std::vector<LevelledPiece> pieces;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const PoolFragment& fragment = pool_.fragments()[choices[i].taken().fragment];
      const PoolTrack& track = pool_.tracks()[fragment.track];
      FragmentSpan heard = fragment.span;
      if (i + 1 == choices.size()) {  // the end of the mix may cut it
        const Hop left = to_hops(to_seconds(plan_.length - last_seam, plan_.sample_rate));
        heard.length = std::min(heard.length, left);
      }
      pieces.push_back({fragment.loudness_lufs, track.track->record.integrated_lufs,
                        blocks_inside(track.features->loudness(), heard)});
    }
    const std::vector<double> gains = level(pieces, config_.target_lufs);
    for (std::size_t i = 0; i < gains.size(); ++i) plan_.placements[i].gain_db = gains[i];
  }

  const MixConfig& config_;
  const FragmentPool& pool_;
  const ModelCard& card_;
  Plan plan_;
  std::map<std::size_t, std::size_t> sources_;  // of a pool track, in plan_.sources
  std::vector<bool> known_;                     // a source each
};

// What a decision hears by itself.
constexpr std::size_t kNearest = 50, kDrawn = 1024;

std::vector<Choice> choose(const MixConfig& config, Library& library, const FragmentPool& pool,
                           const SuccessorModel& model) {
  const auto session = model.open_session(pool.set());
  CriticConfig ears;
  ears.heard = config.critic_heard;
  ears.weight = config.critic_weight;
  ears.fade = config.crossfade;
  ears.target_lufs = config.target_lufs;
  const Ranker ranker(*session, pool, second_opinion(pool, {config.edge_weight, config.critics, ears}));
  const bool has_embeddings = session->embedding_size() > 0;
  const std::size_t candidates = config.candidates.value_or(has_embeddings ? kNearest : kDrawn);
  std::optional<LibraryIndex> index;
  if (has_embeddings && candidates > 0)
    index.emplace(library, pool, IndexKey{model.card().weights, config.segmentation.key()}, *session);
  return Chooser(config, pool,
                 {*session, ranker, model.context_length(), candidates, index ? &*index : nullptr})
      .choose();
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
  const Hop limit = track_limit(config, pool);
  require_feasible(config, pool, limit);
  const double share = hops_to_seconds(limit) / config.length;
  if (config.track_share < 1 && share > config.track_share + 0.01) {
    char figures[96];
    std::snprintf(figures, sizeof figures, "%zu tracks: each may fill %.0f %% of the mix, not %.0f %%",
                  pool.tracks().size(), 100 * std::min(1.0, share), 100 * config.track_share);
    log_info(figures);
  }
  return PlanBuilder(config, pool, model).build(choose(config, library, pool, model));
}

}  // namespace segue
