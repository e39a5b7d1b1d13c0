#include "planning/plan_builder.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "analysis/analyzer.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "library/fragment_loudness.hpp"
#include "planning/arranger.hpp"
#include "planning/critic_sets.hpp"
#include "planning/crossfades.hpp"
#include "planning/levels.hpp"

namespace segue {
namespace {

constexpr std::size_t kRunnersUp = 5;

class PlanBuilder {
 public:
  PlanBuilder(const MixConfig& config, const FragmentPool& pool, const ModelCard& card)
      : config_(config), pool_(pool), card_(card) {}

  Plan build(std::span<const Run> runs) {
    plan_.segue_version = version();
    plan_.system = card_.system;
    plan_.model = card_.name;
    plan_.weights = card_.weights.hex();
    plan_.choosing = {config_.beam, config_.edge_weight, 0, 0, {}, 0};
    if (config_.critics) {
      plan_.choosing.critic_weight = config_.critic_weight;
      plan_.choosing.critic_heard = config_.critic_heard;
      tell_critics(*config_.critics);
    }
    plan_.analysis_version = kAnalysisVersion;
    plan_.style = config_.style == Style::mix ? "mix" : "collage";
    plan_.segmentation = config_.segmentation;
    plan_.seed = config_.seed;
    plan_.sample_rate = config_.sample_rate;
    plan_.length = to_pcm_frames(config_.length, config_.sample_rate);
    plan_.target_lufs = config_.target_lufs;
    plan_.ceiling_dbtp = config_.ceiling_dbtp;
    plan_.tracks_to_choose = pool_.tracks().size();
    // Sources in the order in which they are heard; runners-up may name further ones.
    for (const Run& run : runs) source_of(run.first);
    for (const Run& run : runs) place(run);
    plan_.transitions = fit_crossfades(plan_, config_.crossfade);
    set_gains(runs);
    if (config_.style == Style::mix && config_.blends) join(runs);
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
                               record.tags.artist, record.traits.tempo_bpm,
                               record.traits.key ? name_of(*record.traits.key) : ""});
      known_.push_back(card_.knows_any(source.recording));
    }
    return place->second;
  }

  void place(const Run& run) {
    Placement placement;
    placement.source = source_of(run.first);
    placement.start = pool_.pcm_start(run.first);
    placement.length = pool_.pcm_end(run.last) - placement.start;
    placement.known = known_[placement.source];
    placement.why = "start";
    if (run.ranking) tell_choice(run, placement);
    if (run.allowed) placement.bounds = told(*run.allowed);
    plan_.placements.push_back(std::move(placement));
  }

  void tell_choice(const Run& run, Placement& placement) {
    const Ranking& ranking = *run.ranking;
    placement.score = static_cast<double>(ranking.best[run.rank].score) * kScoreUnit;
    const std::string of = " of " + std::to_string(ranking.heard) +
                           (config_.critics ? " heard, the best of them seam by seam" : " heard");
    placement.why = "best" + of;
    if (run.rank > 0) {
      placement.why = "number " + std::to_string(run.rank + 1) + of + ": the better ones lead " +
                      (config_.beam > 1 ? "on less well or nowhere" : "nowhere");
    }
    if (config_.style == Style::mix)
      placement.why = why_left(run) + (run.rank > 0 ? " but " + std::to_string(run.rank) : "") + of;
    for (std::size_t i = 0; i < ranking.best.size(); ++i) {
      if (i == run.rank || placement.runners_up.size() == kRunnersUp) continue;
      const Candidate& other = ranking.best[i];
      placement.runners_up.push_back({source_of(other.fragment), pool_.pcm_start(other.fragment),
                                      static_cast<double>(other.score) * kScoreUnit});
    }
  }

  // How what follows compares with the track's own next fragment.
  std::string why_left(const Run& run) const {
    if (!run.own) return "the track was over; the best";
    char odds[160];
    std::snprintf(
        odds, sizeof odds,
        "the best moment found to leave (%+.2f against the track's own next fragment%s): the best",
        static_cast<double>(run.ranking->best[run.rank].score - *run.own) * kScoreUnit,
        config_.critics ? ", with what the critic says" : "");
    return odds;
  }

  static SeamBounds told(const Allowed& allowed) {
    SeamBounds bounds;
    bounds.left = allowed.count;
    for (std::size_t i = 0; i < kBounds; ++i) {
      const std::string name = segue::name_of(static_cast<Bound>(i));
      if (allowed.cut[i] > 0) bounds.cut.emplace_back(name, allowed.cut[i]);
      if (allowed.relaxed[i]) bounds.relaxed.push_back(name);
    }
    std::sort(bounds.cut.begin(), bounds.cut.end());
    return bounds;
  }

  void set_gains(std::span<const Run> runs) {
    const PcmFrame last_seam = plan_.seams().back();
    std::vector<LevelledPiece> pieces;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const PoolFragment& first = pool_.fragments()[runs[i].first];
      const PoolTrack& track = pool_.tracks()[first.track];
      FragmentSpan heard{first.span.start,
                         pool_.fragments()[runs[i].last].span.end() - first.span.start};
      if (i + 1 == runs.size()) {  // the end of the mix may cut it
        const Hop left = to_hops(to_seconds(plan_.length - last_seam, plan_.sample_rate));
        heard.length = std::min(heard.length, left);
      }
      const double loudness = runs[i].first == runs[i].last
                                  ? first.loudness_lufs
                                  : gated_loudness(blocks_inside(track.features->loudness(), heard));
      pieces.push_back({loudness, track.track->record.integrated_lufs,
                        blocks_inside(track.features->loudness(), heard)});
    }
    const std::vector<double> gains = level(pieces, config_.target_lufs);
    for (std::size_t i = 0; i < gains.size(); ++i) plan_.placements[i].gain_db = gains[i];
  }

  void join(std::span<const Run> runs) {
    std::vector<ArrangedSource> sources;
    for (const Run& run : runs) {
      const PoolTrack& track = pool_.tracks()[pool_.fragments()[run.first].track];
      const MusicTraits& traits = track.track->record.traits;
      sources.push_back(
          {track.features.get(), traits.has_beat(), traits.key, Seconds(traits.sound_end)});
    }
    ArrangeConfig arranging;
    arranging.critics = config_.join_critics;
    arranging.proposals.shift = config_.shift_keys;
    if (config_.most_release) arranging.proposals.most_release = *config_.most_release;
    arranging.least = config_.bounds.least;
    arranging.most = config_.bounds.most;
    arranging.end_stays = config_.bounds.end.has_value();
    arrange(plan_, sources, arranging);
    for (const auto& set : config_.join_critics) tell_critics(*set);
  }

  void tell_critics(const CriticSet& set) {
    std::vector<std::string>& told = plan_.choosing.critics;
    for (const auto& critic : set.critics) {
      const std::string weights = critic->card().weights.hex();
      if (std::find(told.begin(), told.end(), weights) == told.end()) told.push_back(weights);
    }
  }

  const MixConfig& config_;
  const FragmentPool& pool_;
  const ModelCard& card_;
  Plan plan_;
  std::map<std::size_t, std::size_t> sources_;  // of a pool track, in plan_.sources
  std::vector<bool> known_;                     // a source each
};

}  // namespace

Plan build_plan(const MixConfig& config, const FragmentPool& pool, const ModelCard& card,
                std::span<const Run> runs) {
  return PlanBuilder(config, pool, card).build(runs);
}

}  // namespace segue
