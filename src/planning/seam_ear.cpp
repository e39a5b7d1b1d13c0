#include "planning/seam_ear.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/parallel.hpp"
#include "library/fragment_loudness.hpp"
#include "planning/levels.hpp"
#include "planning/seam_preview.hpp"
#include "planning/seam_search.hpp"

namespace segue {
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

class CrossfadeEar : public SeamEar {
 public:
  CrossfadeEar(const FragmentPool& pool, std::shared_ptr<const CriticSet> set, const EarConfig& config)
      : pool_(pool), set_(std::move(set)), config_(config) {}

  bool has_opinion(std::size_t from, std::size_t to) const override {
    return std::min(before(from), after(to)) >= EarConfig::kLeastHeard;
  }

  std::vector<float> odds(std::span<const FragmentSeam> seams) override {
    std::vector<SeamWindow> windows(seams.size());
    parallel_for(seams.size(), config_.threads, [&](std::size_t i) { windows[i] = preview(seams[i]); });
    return set_->odds(windows);
  }

 private:
  // Other seams may lie where what plays of the track begins and ends.
  Seconds before(std::size_t from) const { return heard(stretch_before(pool_, from, config_.reach)); }
  Seconds after(std::size_t to) const { return heard(stretch_after(pool_, to, config_.reach)); }
  Seconds heard(const FragmentSpan& plays) const {
    return std::min(kSeamFlank, hops_to_seconds(plays.length) - config_.fade);
  }

  SeamWindow preview(const FragmentSeam& seam) const {
    const auto [from, to] = seam;
    const auto [gain_from, gain_to] = gains_between(pool_, from, to, config_.target_lufs, config_.reach);
    const PoolFragment& a = pool_.fragments()[from];
    const PoolFragment& b = pool_.fragments()[to];
    return preview_seam({pool_.tracks()[a.track].features.get(), a.span.end(), gain_from},
                        {pool_.tracks()[b.track].features.get(), b.span.start, gain_to},
                        {config_.fade, set_->transition, before(from), after(to)});
  }

  const FragmentPool& pool_;
  std::shared_ptr<const CriticSet> set_;
  EarConfig config_;
};

class BlendEar : public SeamEar {
 public:
  BlendEar(const FragmentPool& pool, CriticSets sets, const EarConfig& config)
      : pool_(pool), sets_(std::move(sets)), config_(config) {
    std::erase_if(ways_.lengths, [&](Seconds length) { return set_for(sets_, length) == nullptr; });
    const auto is_long = [](Seconds length) { return length > kLongBlend; };
    if (!std::all_of(ways_.lengths.begin(), ways_.lengths.end(), is_long))
      std::erase_if(ways_.lengths, is_long);
    std::erase_if(sets_, [&](const auto& set) {
      return std::none_of(ways_.lengths.begin(), ways_.lengths.end(),
                          [&](Seconds length) { return set_for(sets_, length) == set.get(); });
    });
    for (const Seconds length : ways_.lengths) longest_ = std::max(longest_, length);
    ways_.shares = {.5};  // the arranger tries the others, and longer ones
  }

  bool has_opinion(std::size_t, std::size_t) const override { return true; }

  std::vector<float> odds(std::span<const FragmentSeam> seams) override {
    learn(seams);
    std::vector<float> least(seams.size(), kUnknown);
    // Parts of always the same size, so that threads make no difference.
    const std::size_t parts = (seams.size() + kAtOnce - 1) / kAtOnce;
    parallel_for(parts, config_.threads, [&](std::size_t part) {
      const std::size_t begin = part * kAtOnce, count = std::min(seams.size() - begin, kAtOnce);
      hear(seams.subspan(begin, count), std::span(least).subspan(begin, count));
    });
    return least;
  }

 private:
  static constexpr float kUnknown = 100;  // where nobody has learnt the only ways that there are
  static constexpr std::size_t kAtOnce = 4;

  void hear(std::span<const FragmentSeam> seams, std::span<float> least) const {
    std::vector<HeardBy> sketches;
    std::vector<std::size_t> of;  // number of the seam, of each
    for (std::size_t i = 0; i < seams.size(); ++i) {
      sketch(seams[i], sketches);
      of.resize(sketches.size(), i);
    }
    std::vector<const CriticSet*> critics;
    critics.reserve(sketches.size());
    for (const HeardBy& one : sketches) critics.push_back(one.critics);
    const std::vector<float> odds = odds_of(std::move(sketches));
    for (std::size_t k = 0; k < odds.size(); ++k) {
      const auto by_itself = [&](std::size_t fragment, bool ends) {
        return by_itself_[ends].at(fragment).at(critics[k]);
      };
      const auto [from, to] = seams[of[k]];
      least[of[k]] = std::min(least[of[k]],
                              critics[k]->beside(odds[k], by_itself(from, true), by_itself(to, false)));
    }
  }

  void sketch(const FragmentSeam& seam, std::vector<HeardBy>& sketches) const {
    const auto [from, to] = seam;
    const auto [gain_from, gain_to] = gains_between(pool_, from, to, config_.target_lufs, config_.reach);
    const Meeting meeting(place(from, true, gain_from), place(to, false, gain_to), longest_);
    for (const Proposal& proposal : meeting.proposals(ways_))
      if (const CriticSet* set = set_for(sets_, proposal.duration()))
        sketches.push_back({set, meeting.hear(proposal, set->transition)});
  }

  // What the places of these seams sound like by themselves.
  void learn(std::span<const FragmentSeam> seams) {
    struct Place {
      std::size_t fragment;
      bool ends;
    };
    std::vector<Place> missing;
    for (const FragmentSeam& seam : seams)
      for (const Place& place : {Place{seam.from, true}, Place{seam.to, false}})
        if (by_itself_[place.ends].try_emplace(place.fragment).second) missing.push_back(place);
    const std::size_t parts = (missing.size() + kAtOnce - 1) / kAtOnce;
    parallel_for(parts, config_.threads, [&](std::size_t part) {
      const std::size_t begin = part * kAtOnce, end = std::min(missing.size(), begin + kAtOnce);
      std::vector<MeetingPlace> places;
      for (std::size_t i = begin; i < end; ++i) {
        const auto [fragment, ends] = missing[i];
        const double gain = config_.target_lufs - pool_.track_of(fragment).record.integrated_lufs;
        places.push_back(place(fragment, ends, gain));
      }
      std::vector<OddsByItself> odds = odds_by_itself(sets_, places);
      for (std::size_t i = begin; i < end; ++i)
        by_itself_[missing[i].ends].at(missing[i].fragment) = std::move(odds[i - begin]);
    });
  }

  MeetingPlace place(std::size_t fragment, bool leaves, double gain_db) const {
    const PoolTrack& track = pool_.tracks()[pool_.fragments()[fragment].track];
    const TrackRecord& record = track.track->record;
    MeetingPlace place;
    place.features = track.features.get();
    place.has_beat = record.traits.has_beat();
    place.key = record.traits.key;
    place.at = to_seconds(leaves ? pool_.pcm_end(fragment) : pool_.pcm_start(fragment),
                          record.format.sample_rate);
    place.length = to_seconds(record.pcm_frames, record.format.sample_rate);
    if (record.traits.sound_end > 0)
      place.length = std::min(place.length, Seconds(record.traits.sound_end));
    place.gain_db = gain_db;
    place.room = config_.room;
    return place;
  }

  const FragmentPool& pool_;
  CriticSets sets_;
  EarConfig config_;
  ProposalConfig ways_;
  Seconds longest_{0};  // of the ways
  // Of music that goes on at the beginnings and at the ends of fragments.
  std::array<std::unordered_map<std::size_t, OddsByItself>, 2> by_itself_;
};

}  // namespace

std::unique_ptr<SeamEar> crossfade_ear(const FragmentPool& pool, std::shared_ptr<const CriticSet> set,
                                       const EarConfig& config) {
  return std::make_unique<CrossfadeEar>(pool, std::move(set), config);
}

std::unique_ptr<SeamEar> blend_ear(const FragmentPool& pool, CriticSets sets, const EarConfig& config) {
  return std::make_unique<BlendEar>(pool, std::move(sets), config);
}

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

}  // namespace segue
