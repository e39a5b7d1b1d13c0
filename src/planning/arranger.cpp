#include "planning/arranger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "evaluation/seam_sets.hpp"
#include "library/audio_reader.hpp"
#include "plan/output_clock.hpp"

namespace segue {
namespace {

constexpr std::size_t kSeamsAtOnce = 16;  // whose alternatives are in memory
constexpr Seconds kLeastEnd{0.2};         // that the last placement plays
constexpr Seconds kBarely{1};             // that hardly shortens a mix
constexpr Seconds kUnheardLength{12};     // of what is taken where nobody can choose

Seconds longest_of(const std::vector<Seconds>& lengths) {
  return *std::max_element(lengths.begin(), lengths.end());
}

class Arranger {
 public:
  Arranger(Plan& plan, std::span<const ArrangedSource> sources, const ArrangeConfig& config)
      : plan_(plan), sources_(sources), config_(config), seams_(plan.seams()) {
    ends_ = seams_;
    ends_.erase(ends_.begin());
    ends_.push_back(plan.length);
    if (config_.critics.empty()) {
      std::erase_if(config_.proposals.lengths, [](Seconds length) { return length > kUnheardLength; });
    } else {
      std::erase_if(config_.proposals.lengths,
                    [&](Seconds length) { return critic_of(length) == nullptr; });
    }
  }

  void run() {
    if (config_.proposals.lengths.empty()) return;
    Plan before = plan_;
    Chosen chosen = choose_all();
    apply(chosen);
    if (missing() > 0) leave_later(before, chosen);
    // Placements that moved may leave too little still: then the last seams stay as they were.
    for (std::size_t i = chosen.size(); i-- > 0 && missing() > 0;) {
      chosen[i].reset();
      before.transitions[i].why = "plain, as the mix needs all of the music";
      plan_ = before;
      apply(chosen);
    }
  }

 private:
  using Chosen = std::vector<std::optional<Proposal>>;  // of each seam; none: it stays as it was

  // Tracks that are left early make the mix shorter: as few as needed are not.
  void leave_later(const Plan& before, Chosen& chosen) {
    std::vector<std::size_t> early;
    const auto won = [&](std::size_t i) { return place_in(before, i, true).at - chosen[i]->out_at; };
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (won(i) > kBarely) early.push_back(i);
    if (early.empty()) return;
    std::stable_sort(early.begin(), early.end(),
                     [&](std::size_t a, std::size_t b) { return won(a) > won(b); });
    config_.proposals.leave_early = false;
    for (const std::size_t i : early) {
      plan_ = before;
      chosen[i] = choose(i, i + 1).front();
      apply(chosen);
      if (missing() <= 0) return;
    }
  }

  Chosen choose_all() {
    const std::size_t count = plan_.transitions.size();
    Progress progress("joining", static_cast<double>(count), "seams");
    Chosen chosen;
    for (std::size_t begin = 0; begin < count; begin += kSeamsAtOnce) {
      throw_if_interrupted();
      const std::size_t end = std::min(count, begin + kSeamsAtOnce);
      for (Proposal& proposal : choose(begin, end)) chosen.emplace_back(std::move(proposal));
      progress.set(static_cast<double>(end));
    }
    return chosen;
  }

  void apply(const Chosen& chosen) {
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (chosen[i]) put(i, *chosen[i]);
    keep_end();
    extend();
  }

  struct Alternative {
    Proposal proposal;
    SeamWindow window;
    float odds = 0;
  };

  const CriticSet* critic_of(Seconds length) const {
    const CriticSet* nearest = nullptr;
    for (const auto& set : config_.critics) {
      if (!covers(set->transition, length)) continue;
      if (nearest == nullptr || std::abs((set->transition - length).count()) <
                                    std::abs((nearest->transition - length).count()))
        nearest = set.get();
    }
    return nearest;
  }

  MeetingPlace place(std::size_t i, bool leaves) const { return place_in(plan_, i, leaves); }

  MeetingPlace place_in(const Plan& plan, std::size_t i, bool leaves) const {
    const Placement& placement = plan.placements[i];
    const PlanSource& source = plan.sources[placement.source];
    MeetingPlace place;
    place.features = sources_[i].features;
    place.audio = audio_reader(source.path);
    place.has_beat = sources_[i].has_beat;
    place.key = sources_[i].key;
    place.at = to_seconds(placement.start + (leaves ? placement.length : 0), source.sample_rate);
    place.length = to_seconds(source.pcm_frames, source.sample_rate);
    if (sources_[i].sound_end > Seconds(0)) place.length = std::min(place.length, sources_[i].sound_end);
    place.gain_db = placement.gain_db;
    const bool first = leaves && i == 0;
    place.room = to_seconds(ends_[i] - seams_[i], plan.sample_rate) / (first ? 1 : 2);
    return place;
  }

  // The best for seams [begin, end).
  std::vector<Proposal> choose(std::size_t begin, std::size_t end) {
    std::vector<std::vector<Alternative>> seams(end - begin);
    parallel_for(seams.size(), config_.threads, [&](std::size_t s) {
      const Meeting meeting(place(begin + s, true), place(begin + s + 1, false),
                            longest_of(config_.proposals.lengths));
      for (Proposal& proposal : meeting.proposals(config_.proposals)) {
        const CriticSet* critic = critic_of(proposal.duration());
        Alternative one{std::move(proposal), {}, 0};
        if (critic != nullptr) one.window = meeting.hear(one.proposal, critic->transition);
        seams[s].push_back(std::move(one));
      }
    });
    judge(seams);
    std::vector<Proposal> best;
    best.reserve(seams.size());
    for (auto& alternatives : seams) best.push_back(best_of(alternatives));
    return best;
  }

  void judge(std::vector<std::vector<Alternative>>& seams) const {
    std::map<const CriticSet*, std::vector<Alternative*>> kinds;
    for (auto& alternatives : seams)
      for (Alternative& one : alternatives)
        if (const CriticSet* critic = critic_of(one.proposal.duration())) kinds[critic].push_back(&one);
    for (const auto& set : config_.critics) {
      const auto kind = kinds.find(set.get());
      if (kind == kinds.end()) continue;
      std::vector<SeamWindow> windows;
      for (Alternative* one : kind->second) windows.push_back(std::move(one->window));
      const std::vector<float> odds = set->odds(windows);
      for (std::size_t i = 0; i < odds.size(); ++i)  // in steps, so that they do not hang on the BLAS
        kind->second[i]->odds = std::round(odds[i] * 256) / 256;
    }
  }

  Proposal best_of(std::vector<Alternative>& alternatives) const {
    const bool heard = !config_.critics.empty();
    const auto better = [&](const Alternative& a, const Alternative& b) {
      if (heard) return a.odds < b.odds;
      return a.proposal.duration() > b.proposal.duration();
    };
    Alternative& best = *std::min_element(alternatives.begin(), alternatives.end(), better);
    best.proposal.transition.why = told(best, alternatives.size(), heard);
    return std::move(best.proposal);
  }

  static std::string told(const Alternative& best, std::size_t count, bool heard) {
    char text[160];
    if (heard) {
      std::snprintf(text, sizeof text, "heard least of %zu (%+.2f)", count,
                    static_cast<double>(best.odds));
    } else {
      std::snprintf(text, sizeof text, "the longest of %zu up to %g s", count, kUnheardLength.count());
    }
    return std::string(text) + (best.proposal.on_beat ? ", on the beat" : "");
  }

  void put(std::size_t i, const Proposal& proposal) {
    Placement &out = plan_.placements[i], &in = plan_.placements[i + 1];
    const PcmFrame left = to_pcm_frames(proposal.out_at, plan_.sources[out.source].sample_rate);
    const PcmFrame entered = to_pcm_frames(proposal.in_at, plan_.sources[in.source].sample_rate);
    out.length = left - out.start;
    in.length += in.start - entered;
    in.start = entered;
    in.inverted = proposal.inverted != out.inverted;
    plan_.transitions[i] = at_rate(proposal.transition, Meeting::kRate, plan_.sample_rate);
  }

  // Changes of tempo may have moved the last seams towards the end of the mix, or beyond.
  void keep_end() {
    const auto least = to_pcm_frames(kLeastEnd, plan_.sample_rate);
    while (plan_.placements.size() > 1 && plan_.seams().back() + least > plan_.length) {
      plan_.placements.pop_back();
      plan_.transitions.pop_back();
    }
    if (plan_.transitions.empty()) return;
    Transition& last = plan_.transitions.back();
    if (plan_.seams().back() + last.reach_after() <= plan_.length) return;
    last.blend.out = last.blend.in = {};
    last.before = std::min(last.before, least / 2);
    last.after = std::min(last.after, least / 2);
    last.blend.low = last.blend.mid = last.blend.high = {-last.before, last.after};
    last.why = "short, as the mix ends";
  }

  // Output PCM frames by which the placements fall short of the mix.
  PcmFrame missing() const {
    OutputClock clock(plan_.sample_rate);
    for (std::size_t i = 0; i < plan_.placements.size(); ++i) {
      const Placement& placement = plan_.placements[i];
      const Stretch head = plan_.head(i), tail = plan_.tail(i);
      clock.add(placement.length - head.source - tail.source,
                plan_.sources[placement.source].sample_rate);
      clock.add_output(head.output + tail.output);
    }
    return plan_.length - clock.now();
  }

  // Lets the last placement play on as far as the mix lasts and its source allows.
  void extend() {
    const PcmFrame short_by = missing();
    if (short_by <= 0) return;
    Placement& last = plan_.placements.back();
    const PlanSource& source = plan_.sources[last.source];
    const auto wanted = static_cast<PcmFrame>(
        std::ceil(static_cast<double>(short_by) * source.sample_rate / plan_.sample_rate) + 1);
    last.length += std::min(wanted, source.pcm_frames - last.start - last.length);
  }

  Plan& plan_;
  std::span<const ArrangedSource> sources_;
  ArrangeConfig config_;
  std::vector<PcmFrame> seams_, ends_;  // of the placements, before anything is moved
};

}  // namespace

void arrange(Plan& plan, std::span<const ArrangedSource> sources, const ArrangeConfig& config) {
  if (plan.transitions.empty()) return;
  Arranger(plan, sources, config).run();
}

}  // namespace segue
