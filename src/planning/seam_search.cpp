#include "planning/seam_search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace segue {
namespace {

constexpr std::size_t kHeard = 4;  // ways that are heard as sound, of those that are sketched

// In steps, so that they do not hang on the BLAS.
float stepped(float odds) { return std::round(odds * 256) / 256; }

std::string on_beat(const Proposal& proposal) { return proposal.on_beat ? ", on the beat" : ""; }

}  // namespace

std::vector<OddsByItself> odds_by_itself(const CriticSets& critics,
                                         std::span<const MeetingPlace> places) {
  std::vector<OddsByItself> odds(places.size());
  std::vector<HeardBy> windows;
  std::vector<std::optional<float>*> known;  // of each
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (const auto& set : critics) {
      std::optional<float>& place = odds[i][set.get()];
      auto window = untouched(places[i], set->transition);
      if (!window) continue;
      windows.push_back({set.get(), std::move(*window)});
      known.push_back(&place);  // maps leave their values where they are
    }
  }
  const std::vector<float> heard = odds_of(std::move(windows));
  for (std::size_t k = 0; k < heard.size(); ++k) *known[k] = heard[k];
  return odds;
}

SeamSearch::SeamSearch(SeamPlaces places, const CriticSets& critics, const ProposalConfig& config)
    : places_(std::move(places)),
      critics_(critics),
      config_(config),
      sketches_(critics.empty() ? 0 : places_.exits.size()) {
  for (const Seconds length : config_.lengths) longest_ = std::max(longest_, length);
}

Meeting SeamSearch::meeting(std::size_t exit, std::size_t entry, bool sounds) const {
  MeetingPlace out = places_.exits[exit], in = places_.entries[entry];
  if (!sounds) out.audio = in.audio = {};
  return {out, in, longest_};
}

void SeamSearch::run(std::size_t task) {
  if (task < places_.exits.size()) {
    sketch(task);
  } else {
    hear_by_themselves(task == places_.exits.size());
  }
}

int SeamSearch::middle_of(const Proposal& proposal, const MeetingPlace& place, bool leaves) const {
  const Transition& transition = proposal.transition;
  const double middle = to_seconds(transition.after - transition.before, Meeting::kRate).count() / 2;
  return static_cast<int>(
      std::lround(2 * ((leaves ? proposal.out_at : proposal.in_at) - place.at).count() + 2 * middle));
}

void SeamSearch::hear_by_themselves(bool exits) {
  const std::vector<MeetingPlace>& places = exits ? places_.exits : places_.entries;
  const std::size_t others = (exits ? places_.entries : places_.exits).size();
  std::vector<ByItself>& odds = exits ? exits_ : entries_;
  odds.resize(places.size());
  std::vector<HeardBy> windows;
  std::vector<std::optional<float>*> known;  // of each
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t other = 0; other < others; ++other) {
      const Meeting sketched = exits ? meeting(i, other, false) : meeting(other, i, false);
      for (const Proposal& way : sketched.proposals(config_)) {
        const CriticSet* critics = set_for(critics_, way.duration());
        if (critics == nullptr) continue;
        const int middle = middle_of(way, places[i], exits);
        const auto [place, is_new] = odds[i].try_emplace({critics, middle});
        if (!is_new) continue;
        MeetingPlace moved = places[i];
        moved.at += Seconds(middle / 2.0);
        auto window = untouched(moved, critics->transition);
        if (!window) continue;
        windows.push_back({critics, std::move(*window)});
        known.push_back(&place->second);  // maps leave their values where they are
      }
    }
  }
  const std::vector<float> heard = odds_of(std::move(windows));
  for (std::size_t k = 0; k < heard.size(); ++k) *known[k] = heard[k];
}

float SeamSearch::beside(const Sketch& sketch, float odds) const {
  return stepped(sketch.critics->beside(odds, exits_[sketch.exit].at({sketch.critics, sketch.out_at}),
                                        entries_[sketch.entry].at({sketch.critics, sketch.in_at})));
}

void SeamSearch::sketch(std::size_t exit) {
  std::vector<HeardBy> windows;
  std::vector<std::size_t> of;  // number of the sketch, of each
  std::vector<Sketch>& all = sketches_[exit];
  for (std::size_t entry = 0; entry < places_.entries.size(); ++entry) {
    const Meeting sketched = meeting(exit, entry, false);
    const std::vector<Proposal> ways = sketched.proposals(config_);
    for (std::size_t way = 0; way < ways.size(); ++way) {
      const CriticSet* critics = set_for(critics_, ways[way].duration());
      all.push_back({exit, entry, way, critics, ways[way].step > Proposal::kMostStep,
                     middle_of(ways[way], places_.exits[exit], true),
                     middle_of(ways[way], places_.entries[entry], false), 0});
      if (critics == nullptr) continue;
      windows.push_back({critics, sketched.hear(ways[way], critics->transition)});
      of.push_back(all.size() - 1);
    }
  }
  const std::vector<float> odds = odds_of(std::move(windows));
  for (std::size_t i = 0; i < odds.size(); ++i) all[of[i]].odds = odds[i];
}

Proposal SeamSearch::best() const {
  if (critics_.empty()) return unheard();
  std::vector<Sketch> all;
  for (const auto& some : sketches_) all.insert(all.end(), some.begin(), some.end());
  const std::size_t count = all.size();
  for (Sketch& one : all) one.odds = one.critics == nullptr ? 0 : beside(one, one.odds);
  std::stable_sort(all.begin(), all.end(), [](const Sketch& a, const Sketch& b) {
    return std::pair(a.steps, a.odds) < std::pair(b.steps, b.odds);
  });
  all.resize(std::min(all.size(), kHeard));
  if (!all.front().steps) std::erase_if(all, [](const Sketch& one) { return one.steps; });
  // Those that meet at the same places one after the other.
  std::stable_sort(all.begin(), all.end(), [](const Sketch& a, const Sketch& b) {
    return std::pair(a.exit, a.entry) < std::pair(b.exit, b.entry);
  });
  std::shared_ptr<const Meeting> sounding, of_best;
  std::vector<Proposal> ways;
  std::optional<Proposal> best;
  float least = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Sketch& one = all[i];
    if (i == 0 || one.exit != all[i - 1].exit || one.entry != all[i - 1].entry) {
      sounding = std::make_shared<const Meeting>(meeting(one.exit, one.entry, true));
      ways = sounding->proposals(config_);
    }
    if (one.way >= ways.size()) continue;
    Proposal& way = ways[one.way];
    float odds = one.odds;
    if (one.critics != nullptr) {
      const SeamWindow window = sounding->hear(way, one.critics->transition);
      odds = beside(one, one.critics->odds(std::span(&window, 1))[0]);
    }
    if (best && odds >= least) continue;
    least = odds;
    best = way;
    of_best = sounding;
  }
  if (!best) return unheard();
  of_best->even_levels(*best);
  char text[96];
  std::snprintf(text, sizeof text, "heard least of %zu (%+.2f)", count, static_cast<double>(least));
  best->transition.why = text + on_beat(*best);
  return std::move(*best);
}

Proposal SeamSearch::unheard() const {
  const Meeting sounding = meeting(0, 0, true);
  std::vector<Proposal> ways = sounding.proposals(config_);
  Proposal best = *std::max_element(ways.begin(), ways.end(), [](const Proposal& a, const Proposal& b) {
    return a.duration() < b.duration();
  });
  sounding.even_levels(best);
  char text[96];
  std::snprintf(text, sizeof text, "the longest of %zu up to %g s", ways.size(), longest_.count());
  best.transition.why = text + on_beat(best);
  return best;
}

}  // namespace segue
