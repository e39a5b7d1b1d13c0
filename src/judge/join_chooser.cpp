#include "judge/join_chooser.hpp"

#include <algorithm>

#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "judge/medley.hpp"

namespace segue {
namespace {

Seconds needed(const JoinConfig& config) {
  return kSeamFlank + std::max(config.fade, config.kind) / 2 + 2 * kMargin;
}

OpinionConfig opinion_of(const JoinConfig& config) {
  OpinionConfig opinion{config.edge_weight, config.critics, {}, {}, {}};
  opinion.ear.fade = config.fade;
  opinion.ear.target_lufs = config.target_lufs;
  opinion.ear.threads = config.threads;
  return opinion;
}

// Whether a passage can go on through this moment of its source.
bool goes_on(const PlanSource& source, PcmFrame at, const Join& join) {
  // Either way round, as through a fade both sides are this source.
  return reaches_back(source, at, std::max(join.ahead(), join.before + join.tail()) + 2 * kMargin) &&
         reaches_on(source, at, std::max(join.beyond(), join.after + join.lead()) + 2 * kMargin);
}

// The best successors within a pool.
class JoinChooser {
 public:
  JoinChooser(const FragmentPool& pool, const SuccessorModel& model, const JoinConfig& config)
      : pool_(pool),
        config_(config),
        random_(config.seed),
        sources_(sources_of(pool)),
        context_length_(model.context_length()),
        session_(model.open_session(pool.set(), 0, config.threads)),
        ranker_(*session_, pool, second_opinion(pool, opinion_of(config))) {
    for (std::size_t i = 0; i < pool.fragments().size(); ++i) {
      const PlanSource& source = sources_[pool.fragments()[i].track];
      if (reaches_back(source, pool.pcm_start(i), config.fade / 2 + kMargin) &&
          reaches_on(source, pool.pcm_start(i), needed(config)))
        entries_.push_back(i);
    }
  }

  std::vector<Join> choose() {
    std::vector<Join> joins;
    for (const std::size_t from : leaving_places()) {
      throw_if_interrupted();
      const std::vector<std::size_t> candidates = candidates_for(from);
      if (candidates.empty()) continue;
      joins.push_back(join(from, best(from, candidates)));
    }
    return joins;
  }

 private:
  // Fragments with music enough around their ends, one of each track in turn.
  std::vector<std::size_t> leaving_places() {
    std::vector<std::vector<std::size_t>> by_track(sources_.size());
    for (std::size_t i = 0; i < pool_.fragments().size(); ++i) {
      const std::size_t track = pool_.fragments()[i].track;
      const PcmFrame at = pool_.pcm_end(i);
      // Music goes on here for as long as it is heard, so that the true continuation can be too.
      if (reaches_back(sources_[track], at, needed(config_)) &&
          reaches_on(sources_[track], at, needed(config_)))
        by_track[track].push_back(i);
    }
    for (auto& places : by_track) random_.shuffle(std::span(places));
    std::vector<std::size_t> chosen;
    for (std::size_t round = 0; chosen.size() < config_.count; ++round) {
      const std::size_t before = chosen.size();
      for (const auto& places : by_track)
        if (round < places.size() && chosen.size() < config_.count) chosen.push_back(places[round]);
      if (chosen.size() == before) break;
    }
    return chosen;
  }

  std::vector<std::size_t> candidates_for(std::size_t from) {
    std::vector<std::size_t> others;
    for (const std::size_t entry : entries_) {
      const bool own = pool_.fragments()[entry].track == pool_.fragments()[from].track;
      const bool may = !config_.may_follow || config_.may_follow(from, entry);
      if (may && (!own || (config_.own_track && entry != from && !pool_.adjacent(from, entry))))
        others.push_back(entry);
    }
    // Systems with embeddings find the nearest of all, as in a mix.
    const bool drawn = config_.candidates != 0 && session_->embedding_size() == 0;
    if (drawn && others.size() > config_.candidates) {
      random_.shuffle(std::span(others));
      others.resize(config_.candidates);
      std::sort(others.begin(), others.end());
    }
    return others;
  }

  std::size_t best(std::size_t from, const std::vector<std::size_t>& candidates) {
    std::vector<std::size_t> context = {from};
    while (context.size() < context_length_ && context.front() > 0 &&
           pool_.adjacent(context.front() - 1, context.front()))
      context.insert(context.begin(), context.front() - 1);
    return ranker_.rank({context, candidates}).best.front().fragment;
  }

  Join join(std::size_t from, std::size_t to) const {
    const auto [gain_from, gain_to] = gains_between(pool_, from, to, config_.target_lufs);
    Join join;
    join.out = {pool_.fragments()[from].track, pool_.pcm_end(from), gain_from};
    join.in = {pool_.fragments()[to].track, pool_.pcm_start(to), gain_to};
    join.fade = config_.fade;
    join.kind = config_.kind;
    return join;
  }

  const FragmentPool& pool_;
  const JoinConfig& config_;
  Random random_;
  std::vector<PlanSource> sources_;
  std::size_t context_length_;
  std::unique_ptr<ScoringSession> session_;
  Ranker ranker_;
  std::vector<std::size_t> entries_;  // fragments that may be entered
};

}  // namespace

std::vector<PlanSource> sources_of(const FragmentPool& pool) {
  std::vector<PlanSource> sources;
  for (const PoolTrack& track : pool.tracks()) {
    const TrackRecord& record = track.track->record;
    sources.push_back({record.id, track.track->file, record.format.sample_rate, record.pcm_frames,
                       record.tags.title, record.tags.artist});
  }
  return sources;
}

std::vector<Join> choose_joins(const FragmentPool& pool, const SuccessorModel& model,
                               const JoinConfig& config) {
  return JoinChooser(pool, model, config).choose();
}

std::vector<Join> continuous_passages(const std::vector<PlanSource>& sources,
                                      const std::vector<Join>& joins) {
  std::vector<Join> passages;
  for (std::size_t i = 0; i < joins.size(); ++i) {
    Join passage = joins[i];
    if (i / 2 % 2 == 1) passage.fade = Seconds(0);
    const JoinPlace places[] = {joins[i].out, joins[i].in};
    for (std::size_t turn = i; turn < i + 2; ++turn) {
      const JoinPlace& place = places[turn % 2];
      if (!goes_on(sources[place.source], place.at, passage)) continue;
      passage.out = passage.in = place;
      passages.push_back(passage);
      break;
    }
  }
  return passages;
}

std::vector<Join> continuations(const std::vector<PlanSource>& sources, const std::vector<Join>& joins,
                                Seconds fade) {
  std::vector<Join> passages;
  for (Join passage : joins) {
    passage.fade = passage.blend && fade > Seconds(0) ? passage.lead() + passage.tail() : fade;
    for (const JoinPlace place : {passage.out, passage.in}) {
      if (!goes_on(sources[place.source], place.at, passage)) continue;
      passage.out = passage.in = place;
      passages.push_back(passage);
      break;
    }
  }
  return passages;
}

}  // namespace segue
