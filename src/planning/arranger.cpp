#include "planning/arranger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "library/audio_reader.hpp"
#include "plan/output_clock.hpp"
#include "planning/seam_search.hpp"

namespace segue {
namespace {

constexpr std::size_t kSeamsAtOnce = 16;        // whose alternatives are in memory
constexpr Seconds kUnheardLength = kLongBlend;  // at most, of what is taken where nobody can choose
constexpr Seconds kLeastEnd{0.2};               // that the last placement plays
constexpr Seconds kFarthest{12.5};              // that a place moves
constexpr double kSamePlace = 0.3, kStep = 2;   // s; a step where there are no bars
constexpr std::size_t kMostMoved = 10;          // places, beside the planned one
constexpr Seconds kAligning{0.1};  // at most, by which places still move when they are heard

class Arranger {
 public:
  Arranger(Plan& plan, std::span<const ArrangedSource> sources, const ArrangeConfig& config)
      : plan_(plan), sources_(sources), config_(config), seams_(plan.seams()) {
    ends_ = seams_;
    ends_.erase(ends_.begin());
    ends_.push_back(plan.length);
    least_last_ = std::min((plan.length - seams_.back()) * 4 / 5,
                           to_pcm_frames(std::max(kLeastEnd, config.least / 2), plan.sample_rate));
    std::erase_if(config_.proposals.lengths, [&](Seconds length) {
      return config_.critics.empty() ? length > kUnheardLength
                                     : set_for(config_.critics, length) == nullptr;
    });
  }

  void run() {
    if (config_.proposals.lengths.empty()) return;
    Plan before = plan_;
    Chosen chosen = choose_all();
    apply(chosen);
    // Tracks that are left early, entered late or played faster make the mix shorter; others leave its
    // last track too little.
    if (!fits()) mend(before, chosen);
    for (const Moves less : {Moves::to_bars, Moves::none})
      if (!fits()) hold(before, chosen, less);
  }

 private:
  using Chosen = std::vector<Proposal>;  // of each seam

  // Where places may go: anywhere about the planned ones, to the nearest downbeat, nowhere.
  enum class Moves : std::uint8_t { all, to_bars, none };

  // One seam is made in another way so that it fits: of those chosen last, the one that critics then
  // hear least more than before.
  void mend(const Plan& before, Chosen& chosen) {
    const Placement& last = plan_.placements.back();
    const PlanSource& source = plan_.sources[last.source];
    const Seconds unplayed =
        to_seconds(source.pcm_frames - last.start - last.length, source.sample_rate);
    const Seconds shortest = to_seconds(missing(), plan_.sample_rate) - unplayed + kAligning;
    const Seconds latest = to_seconds(spare(), plan_.sample_rate) - kAligning;
    const std::size_t first = chosen.size() - searches_.size();
    std::vector<std::optional<Proposal>> others(searches_.size());
    parallel_for(others.size(), config_.threads, [&](std::size_t s) {
      const Proposal& now = chosen[first + s];
      SeamRoom room;
      room.least = now.lengthens() + shortest;
      // Where the last track is entered does not make it later.
      const bool is_last = s + 1 == others.size();
      (is_last ? room.latest : room.most) = (is_last ? now.leaves_at() : now.lengthens()) + latest;
      others[s] = searches_[s].best(room);
    });
    std::vector<std::tuple<bool, float, std::size_t>> by_loss;
    for (std::size_t s = 0; s < others.size(); ++s) {
      if (!others[s]) continue;
      const float loss = others[s]->odds.value_or(0) - chosen[first + s].odds.value_or(0);
      by_loss.emplace_back(others[s]->step > Proposal::kMostStep, loss, s);
    }
    std::sort(by_loss.begin(), by_loss.end());
    for (const auto& [steps, loss, s] : by_loss) {
      const Proposal former = std::exchange(chosen[first + s], *others[s]);
      plan_ = before;
      apply(chosen);
      if (fits()) return;
      chosen[first + s] = former;
    }
    plan_ = before;
    apply(chosen);
  }

  // Seams are chosen anew, with such moves alone, until it fits: those first that made the mix shorter
  // by most, or longer where it is too long.
  void hold(const Plan& before, Chosen& chosen, Moves moves) {
    const bool was_short = missing() > 0;
    std::vector<std::pair<PcmFrame, std::size_t>> by_change;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      plan_ = before;
      put(i, chosen[i]);
      by_change.emplace_back(was_short ? -missing() : missing(), i);
    }
    std::sort(by_change.begin(), by_change.end());
    const ProposalConfig proposals = config_.proposals;
    config_.proposals.leave_early = false;
    config_.proposals.most_stretch = 0;
    config_.proposals.move = moves != Moves::none;
    for (const auto& [change, i] : by_change) {
      plan_ = before;
      moves_ = moves;
      chosen[i] = choose(i, i + 1).front();
      moves_ = Moves::all;
      apply(chosen);
      if (fits()) break;
    }
    config_.proposals = proposals;
  }

  Chosen choose_all() {
    const std::size_t count = plan_.transitions.size();
    Progress progress("joining", static_cast<double>(count), "seams");
    Chosen chosen;
    const std::size_t parts = (count + kSeamsAtOnce - 1) / kSeamsAtOnce;  // all alike
    for (std::size_t part = 0; part < parts; ++part) {
      throw_if_interrupted();
      const std::size_t begin = count * part / parts, end = count * (part + 1) / parts;
      for (Proposal& proposal : choose(begin, end)) chosen.push_back(std::move(proposal));
      progress.set(static_cast<double>(end));
    }
    return chosen;
  }

  void apply(const Chosen& chosen) {
    for (std::size_t i = 0; i < chosen.size(); ++i) put(i, chosen[i]);
    if (!is_late()) keep_end();
    extend();
  }

  MeetingPlace place(std::size_t i, bool leaves) const {
    const Placement& placement = plan_.placements[i];
    const PlanSource& source = plan_.sources[placement.source];
    MeetingPlace place;
    place.features = sources_[i].features;
    place.audio = audio_reader(source.path);
    place.sides = audio_reader(source.path, AudioSignal::sides);
    place.has_beat = sources_[i].has_beat;
    place.key = sources_[i].key;
    place.at = to_seconds(placement.start + (leaves ? placement.length : 0), source.sample_rate);
    place.length = to_seconds(source.pcm_frames, source.sample_rate);
    if (sources_[i].sound_end > Seconds(0)) place.length = std::min(place.length, sources_[i].sound_end);
    place.gain_db = placement.gain_db;
    const bool first = leaves && i == 0;
    place.room = to_seconds(ends_[i] - seams_[i], plan_.sample_rate) / (first ? 1 : 2);
    if (last_room_) place.room = leaves ? last_room_->first : last_room_->second;
    return place;
  }

  // Where a placement may end, or begin: where it was planned, and at bars about that, as long as it
  // plays long enough and not too long, and nothing is heard twice.
  std::vector<MeetingPlace> places(std::size_t i, bool leaves) const {
    const MeetingPlace planned = place(i, leaves);
    std::vector<MeetingPlace> all = {planned};
    const bool fixed = config_.most == Seconds(0) || moves_ >= Moves::to_bars ||
                       (config_.end_stays && i + 1 == ends_.size());
    if (config_.critics.empty() || fixed) return all;
    const double share = leaves && i == 0 ? 1 : .5;  // of the placement that belongs to this seam
    const Seconds shorter = std::min(kFarthest, planned.room - share * config_.least);
    const Seconds longer =
        std::min({kFarthest, share * config_.most - planned.room, free_beyond(i, leaves) / 2});
    const Seconds back = std::max(Seconds(0), leaves ? shorter : longer),
                  on = std::max(Seconds(0), leaves ? longer : shorter);
    for (const double at : bars_about(planned, back, on)) {
      MeetingPlace moved = planned;
      moved.at = Seconds(at);
      moved.room += leaves ? moved.at - planned.at : planned.at - moved.at;
      all.push_back(moved);
    }
    return all;
  }

  // Of a placement's source, until something is played that is heard elsewhere, or the source ends.
  Seconds free_beyond(std::size_t i, bool leaves) const {
    const Placement& placement = plan_.placements[i];
    const PcmFrame begin = placement.start, end = placement.start + placement.length;
    const PlanSource& source = plan_.sources[placement.source];
    PcmFrame free = leaves ? source.pcm_frames - end : begin;
    for (std::size_t k = 0; k < plan_.placements.size(); ++k) {
      const Placement& other = plan_.placements[k];
      if (k == i || other.source != placement.source) continue;
      if (leaves && other.start >= end) free = std::min(free, other.start - end);
      if (!leaves && other.start + other.length <= begin)
        free = std::min(free, begin - other.start - other.length);
    }
    return to_seconds(free, source.sample_rate);
  }

  static std::vector<double> bars_about(const MeetingPlace& place, Seconds back, Seconds on) {
    std::vector<double> moments;
    const double from = (place.at - back).count(), to = (place.at + on).count();
    const auto add = [&](double at) {
      if (at >= from && at <= to && std::abs(at - place.at.count()) > kSamePlace) moments.push_back(at);
    };
    if (place.has_beat) {
      for (const Beat& beat : place.features->music().beats)
        if (beat.place == 0) add(beat.seconds);
    } else {
      for (double off = -kFarthest.count(); off <= kFarthest.count(); off += kStep)
        add(place.at.count() + off);
    }
    std::stable_sort(moments.begin(), moments.end(), [&](double a, double b) {
      return std::abs(a - place.at.count()) < std::abs(b - place.at.count());
    });
    if (moments.size() > kMostMoved) moments.resize(kMostMoved);
    return moments;
  }

  // The best for seams [begin, end).
  std::vector<Proposal> choose(std::size_t begin, std::size_t end) {
    std::vector<SeamSearch> seams;
    std::vector<std::pair<std::size_t, std::size_t>> tasks;
    for (std::size_t i = begin; i < end; ++i) {
      seams.emplace_back(SeamPlaces{places(i, true), places(i + 1, false)}, config_.critics,
                         config_.proposals);
      for (std::size_t task = 0; task < seams.back().tasks(); ++task)
        tasks.emplace_back(i - begin, task);
    }
    parallel_for(tasks.size(), config_.threads,
                 [&](std::size_t i) { seams[tasks[i].first].run(tasks[i].second); });
    std::vector<Proposal> best(seams.size());
    parallel_for(seams.size(), config_.threads, [&](std::size_t s) { best[s] = seams[s].best(); });
    if (moves_ == Moves::all) searches_ = std::move(seams);
    return best;
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

  // PCM frames that the last track plays beyond what it is to play at least; below 0, too late.
  PcmFrame spare() const { return plan_.length - plan_.seams().back() - least_last_; }
  bool is_late() const { return spare() < 0; }

  // The last transition may not have given everything back when the mix ends.
  void keep_end() {
    if (ends_in_time()) return;
    // What was chosen gives back in time what it can.
    const Moves moves = std::exchange(moves_, Moves::to_bars);
    const std::vector<PcmFrame> seams = plan_.seams();
    const std::size_t seam = plan_.transitions.size() - 1;
    const PcmFrame free = seam == 0 ? 0 : seams[seam] + plan_.transitions[seam - 1].reach_after();
    last_room_ = {to_seconds(seams.back() - free, plan_.sample_rate),
                  to_seconds(plan_.length - seams.back(), plan_.sample_rate)};
    put(seam, choose(seam, seam + 1).front());
    last_room_.reset();
    moves_ = moves;
    if (ends_in_time()) return;
    const auto least = to_pcm_frames(kLeastEnd, plan_.sample_rate);
    Transition& last = plan_.transitions.back();
    last.blend.out = last.blend.in = {};
    last.before = std::min(last.before, least / 2);
    last.after = std::min(last.after, least / 2);
    last.blend.low = last.blend.mid = last.blend.high = {-last.before, last.after};
    last.why = "short, as the mix ends";
  }

  bool ends_in_time() const {
    return plan_.seams().back() + plan_.transitions.back().reach_after() <= plan_.length;
  }

  // Whether there is music for the whole mix, and the last track is heard.
  bool fits() const { return missing() <= 0 && !is_late(); }

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
  PcmFrame least_last_ = 0;             // that the last placement plays
  Moves moves_ = Moves::all;
  std::vector<SeamSearch> searches_;  // of the seams that were chosen last, the last one among them
  std::optional<std::pair<Seconds, Seconds>>
      last_room_;  // about the last seam, while only that is chosen
};

}  // namespace

void arrange(Plan& plan, std::span<const ArrangedSource> sources, const ArrangeConfig& config) {
  if (plan.transitions.empty()) return;
  Arranger(plan, sources, config).run();
}

}  // namespace segue
