#include "planning/seam_search.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string>

namespace segue {
namespace {

constexpr Seconds kTellBusy{0.5};
constexpr std::size_t kHeard = 4;  // ways that are heard as sound, of those that are sketched

// Of so long a blend it matters little at which bar it lies, and a sketch of it costs more than others:
// every second place will do.
bool is_tried(std::size_t exit, std::size_t entry, const Proposal& way) {
  return way.duration() <= kLongBlend || (exit % 2 == 0 && entry % 2 == 0);
}

// In steps, so that they do not hang on the BLAS.
float stepped(float odds) { return std::round(odds * 256) / 256; }

// What it counts that two busy passages meet for longer than they would in such a blend anyhow, or for
// less. Critics' odds hardly hang on it (docs/architecture.md). So little that it decides only
// among ways that they hear as nearly equal.
float collision(Seconds both_busy, const BandFade& middle) {
  constexpr double kBusy = 0.2;     // of log odds, a second
  constexpr double kAnyhow = 0.41;  // of the fade: 2/π · (atan 2 − atan ½)
  const Seconds fade = to_seconds(middle.end - middle.begin, Meeting::kRate);
  return static_cast<float>(kBusy * (both_busy - kAnyhow * fade).count());
}

// Reads a part of a track once, for meetings at several places of it.
AudioReader kept(const AudioReader& audio, PcmFrame begin, PcmFrame end) {
  constexpr int rate = Meeting::kRate;
  const auto all = std::make_shared<const std::vector<float>>(
      audio(to_seconds(begin, rate), to_seconds(end - begin, rate), rate));
  return [all, begin](Seconds start, Seconds length, int) {
    std::vector<float> some(static_cast<std::size_t>(to_pcm_frames(length, rate)));
    const PcmFrame skipped = to_pcm_frames(start, rate) - begin;
    std::copy_n(all->begin() + skipped, some.size(), some.begin());
    return some;
  };
}

// Places to hear by themselves, all at once.
class Untouched {
 public:
  // `into` stays where it is until hear(); nothing is put there where the track is too short.
  void add(const MeetingPlace& place, const CriticSet& critics, std::optional<float>& into) {
    auto window = untouched(place, critics.transition);
    if (!window) return;
    windows_.push_back({&critics, std::move(*window)});
    into_.push_back(&into);
  }

  void hear() {
    const std::vector<float> odds = odds_of(std::move(windows_));
    for (std::size_t i = 0; i < odds.size(); ++i) *into_[i] = odds[i];
  }

 private:
  std::vector<HeardBy> windows_;
  std::vector<std::optional<float>*> into_;  // of each
};

std::string both_busy(Seconds time) {
  if (time < kTellBusy) return "";
  char text[48];
  std::snprintf(text, sizeof text, ", both busy for %.1f s", time.count());
  return text;
}

std::string on_beat(const Proposal& proposal) { return proposal.on_beat ? ", on the beat" : ""; }

}  // namespace

std::vector<OddsByItself> odds_by_itself(const CriticSets& critics,
                                         std::span<const MeetingPlace> places) {
  std::vector<OddsByItself> odds(places.size());
  Untouched heard;
  for (std::size_t i = 0; i < places.size(); ++i)
    for (const auto& set : critics) heard.add(places[i], *set, odds[i][set.get()]);
  heard.hear();
  return odds;
}

SeamSearch::SeamSearch(SeamPlaces places, const CriticSets& critics, const ProposalConfig& config)
    : places_(std::move(places)),
      critics_(critics),
      config_(config),
      sketches_(critics.empty() ? 0 : places_.exits.size()) {
  for (const Seconds length : config_.lengths) longest_ = std::max(longest_, length);
  if (critics_.empty()) return;
  for (MeetingPlace& place : places_.exits)
    place.cues = Meeting::cues_at(place, BlendEnd::out, longest_);
  for (MeetingPlace& place : places_.entries)
    place.cues = Meeting::cues_at(place, BlendEnd::in, longest_);
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
  Untouched heard;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t other = 0; other < others; ++other) {
      const Meeting sketched = exits ? meeting(i, other, false) : meeting(other, i, false);
      for (const Proposal& way : sketched.proposals(config_)) {
        const CriticSet* critics = set_for(critics_, way.duration());
        if (critics == nullptr || !is_tried(exits ? i : other, exits ? other : i, way)) continue;
        const int middle = middle_of(way, places[i], exits);
        const auto [known, is_new] = odds[i].try_emplace({critics, middle});
        if (!is_new) continue;
        MeetingPlace moved = places[i];
        moved.at += Seconds(middle / 2.0);
        heard.add(moved, *critics, known->second);
      }
    }
  }
  heard.hear();
}

float SeamSearch::beside(const Sketch& sketch, float odds) const {
  return stepped(sketch.collides +
                 sketch.critics->beside(odds, exits_[sketch.exit].at({sketch.critics, sketch.out_at}),
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
      if (!is_tried(exit, entry, ways[way])) continue;
      const CriticSet* critics = set_for(critics_, ways[way].duration());
      all.push_back({exit, entry, way, critics, ways[way].step > Proposal::kMostStep,
                     middle_of(ways[way], places_.exits[exit], true),
                     middle_of(ways[way], places_.entries[entry], false), ways[way].lengthens(),
                     ways[way].leaves_at()});
      if (critics == nullptr) continue;
      BlendSketch sketch = sketched.sketch(ways[way], critics->transition);
      all.back().both_busy = sketch.both_busy;
      all.back().collides = collision(sketch.both_busy, ways[way].transition.blend.mid);
      windows.push_back({critics, std::move(sketch.window)});
      of.push_back(all.size() - 1);
    }
  }
  const std::vector<float> odds = odds_of(std::move(windows));
  for (std::size_t i = 0; i < odds.size(); ++i) all[of[i]].odds = odds[i];
}

// The places of all, so that each track is decoded once.
SeamPlaces SeamSearch::audible(std::span<const Sketch> some) const {
  SeamPlaces heard = places_;
  for (const BlendEnd end : {BlendEnd::out, BlendEnd::in}) {
    std::vector<MeetingPlace>& places = end == BlendEnd::out ? heard.exits : heard.entries;
    if (!places.front().audio) continue;
    const auto [back, on] = Meeting::around(end, longest_);
    Seconds first = Seconds::max(), last = Seconds::min();
    for (const Sketch& one : some) {
      const Seconds at = places[end == BlendEnd::out ? one.exit : one.entry].at;
      first = std::min(first, at);
      last = std::max(last, at);
    }
    const AudioReader audio = kept(places.front().audio, to_pcm_frames(first - back, Meeting::kRate) - 1,
                                   to_pcm_frames(last + on, Meeting::kRate) + 1);
    for (MeetingPlace& place : places) place.audio = audio;
  }
  return heard;
}

Proposal SeamSearch::best() const {
  auto heard = best(SeamRoom{});
  return heard ? std::move(*heard) : unheard();
}

std::optional<Proposal> SeamSearch::best(const SeamRoom& room) const {
  std::vector<Sketch> all;
  for (const auto& some : sketches_)
    std::copy_if(some.begin(), some.end(), std::back_inserter(all), [&](const Sketch& one) {
      return one.lengthens >= room.least && one.lengthens <= room.most && one.leaves_at <= room.latest;
    });
  if (all.empty()) return std::nullopt;
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
  const SeamPlaces heard = audible(all);
  std::shared_ptr<const Meeting> sounding, of_best;
  std::vector<Proposal> ways;
  std::optional<Proposal> best;
  Sketch taken;
  float least = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Sketch& one = all[i];
    if (i == 0 || one.exit != all[i - 1].exit || one.entry != all[i - 1].entry) {
      sounding =
          std::make_shared<const Meeting>(heard.exits[one.exit], heard.entries[one.entry], longest_);
      ways = sounding->proposals(config_);
    }
    Proposal& way = ways.at(one.way);
    float odds = one.odds;
    if (one.critics != nullptr) {
      const SeamWindow window = sounding->hear(way, one.critics->transition);
      odds = beside(one, one.critics->odds(std::span(&window, 1))[0]);
    }
    if (best && odds >= least) continue;
    least = odds;
    taken = one;
    best = way;
    of_best = sounding;
  }
  if (!best) return std::nullopt;
  of_best->even_levels(*best);
  best->odds = least - taken.collides;
  char text[96];
  std::snprintf(text, sizeof text, "heard least of %zu (%+.2f)", count,
                static_cast<double>(*best->odds));
  best->transition.why = text + both_busy(taken.both_busy) + on_beat(*best);
  return best;
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
