#include "planning/seam_search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>

namespace segue {
namespace {

constexpr std::size_t kHeard = 4;  // ways that are heard as sound, of those that are sketched

// In steps, so that they do not hang on the BLAS.
float stepped(float odds) { return std::round(odds * 256) / 256; }

std::string on_beat(const Proposal& proposal) { return proposal.on_beat ? ", on the beat" : ""; }

}  // namespace

SeamSearch::SeamSearch(SeamPlaces places, std::span<const std::shared_ptr<const CriticSet>> critics,
                       const ProposalConfig& config)
    : places_(std::move(places)),
      critics_(critics),
      config_(config),
      sketches_(critics.empty() ? 0 : places_.exits.size()) {
  std::erase_if(config_.lengths, [&](Seconds length) {
    return critics.empty() ? length > kUnheardLength : set_for(critics, length) == nullptr;
  });
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
  } else if (task == places_.exits.size()) {
    exits_ = by_itself(places_.exits);
  } else {
    entries_ = by_itself(places_.entries);
  }
}

SeamSearch::ByItself SeamSearch::by_itself(const std::vector<MeetingPlace>& places) const {
  ByItself all(places.size());
  for (const auto& set : critics_) {
    std::vector<SeamWindow> windows;
    std::vector<std::size_t> of;
    for (std::size_t i = 0; i < places.size(); ++i) {
      auto window = untouched(places[i], set->transition);
      if (!window) continue;
      windows.push_back(std::move(*window));
      of.push_back(i);
    }
    if (windows.empty()) continue;
    const std::vector<float> odds = set->odds(windows);
    for (std::size_t i = 0; i < odds.size(); ++i) all[of[i]][set.get()] = odds[i];
  }
  return all;
}

float SeamSearch::beside(const CriticSet& critic, const Sketch& sketch, float odds) const {
  const auto at = [&](const std::map<const CriticSet*, float>& place) {
    const auto found = place.find(&critic);
    return found == place.end() ? std::nullopt : std::optional(found->second);
  };
  return stepped(critic.beside(odds, at(exits_[sketch.exit]), at(entries_[sketch.entry])));
}

void SeamSearch::sketch(std::size_t exit) {
  std::map<const CriticSet*, std::pair<std::vector<SeamWindow>, std::vector<std::size_t>>> kinds;
  std::vector<Sketch>& all = sketches_[exit];
  for (std::size_t entry = 0; entry < places_.entries.size(); ++entry) {
    const Meeting sketched = meeting(exit, entry, false);
    const std::vector<Proposal> ways = sketched.proposals(config_);
    for (std::size_t way = 0; way < ways.size(); ++way) {
      const CriticSet* critic = set_for(critics_, ways[way].duration());
      all.push_back({exit, entry, way, critic, 0});
      if (critic == nullptr) continue;
      kinds[critic].first.push_back(sketched.hear(ways[way], critic->transition));
      kinds[critic].second.push_back(all.size() - 1);
    }
  }
  for (const auto& [critic, heard] : kinds) {
    const std::vector<float> odds = critic->odds(heard.first);
    for (std::size_t i = 0; i < odds.size(); ++i) all[heard.second[i]].odds = odds[i];
  }
}

Proposal SeamSearch::best() const {
  if (critics_.empty()) return unheard();
  std::vector<Sketch> all;
  for (const auto& some : sketches_) all.insert(all.end(), some.begin(), some.end());
  const std::size_t count = all.size();
  for (Sketch& one : all) one.odds = one.critic == nullptr ? 0 : beside(*one.critic, one, one.odds);
  std::stable_sort(all.begin(), all.end(),
                   [](const Sketch& a, const Sketch& b) { return a.odds < b.odds; });
  all.resize(std::min(all.size(), kHeard));
  // Those that meet at the same places one after the other.
  std::stable_sort(all.begin(), all.end(), [](const Sketch& a, const Sketch& b) {
    return std::pair(a.exit, a.entry) < std::pair(b.exit, b.entry);
  });
  std::optional<Meeting> sounding;
  std::vector<Proposal> ways;
  std::optional<Proposal> best;
  float least = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Sketch& one = all[i];
    if (i == 0 || one.exit != all[i - 1].exit || one.entry != all[i - 1].entry) {
      sounding.emplace(meeting(one.exit, one.entry, true));
      ways = sounding->proposals(config_);
    }
    if (one.way >= ways.size()) continue;
    Proposal& way = ways[one.way];
    float odds = one.odds;
    if (const CriticSet* critic = set_for(critics_, way.duration())) {
      const SeamWindow window = sounding->hear(way, critic->transition);
      odds = beside(*critic, one, critic->odds(std::span(&window, 1))[0]);
    }
    if (best && odds >= least) continue;
    least = odds;
    best = way;
    sounding->even_levels(*best);
  }
  if (!best) return unheard();
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
  std::snprintf(text, sizeof text, "the longest of %zu up to %g s", ways.size(), kUnheardLength.count());
  best.transition.why = text + on_beat(best);
  return best;
}

}  // namespace segue
