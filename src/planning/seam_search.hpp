// How one track goes over into the next: many places and ways are sketched, a few heard as sound, and
// critics choose. Internal to planning.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "planning/critic_sets.hpp"
#include "planning/meeting.hpp"

namespace segue {

// Where the outgoing track may be left and the incoming one entered; at least one each, the first being
// what was planned.
struct SeamPlaces {
  std::vector<MeetingPlace> exits, entries;
};

// How far a way may move what comes after it.
struct SeamRoom {
  Seconds least = Seconds::min(), most = Seconds::max();  // of Proposal::lengthens()
  Seconds latest = Seconds::max();                        // of Proposal::leaves_at()
};

// What music that goes on at a place sounds like, by itself: log odds that it is a join, to each set.
// None where the track is too short about it. Of several places at once, as networks hear many together
// in little more time than one.
using OddsByItself = std::map<const CriticSet*, std::optional<float>>;
std::vector<OddsByItself> odds_by_itself(const CriticSets& critics,
                                         std::span<const MeetingPlace> places);

// Must not outlive the critics.
class SeamSearch {
 public:
  // critics: those that have learnt the lengths that the config names. With none at all the longest
  // blend is taken that there is room for, where it was planned.
  SeamSearch(SeamPlaces places, const CriticSets& critics, const ProposalConfig& config);

  // What is to be done before best(): each task once, in any order and on any thread. It sketches all
  // ways from an exit to all entries (those longer than kLongBlend at every second of both), or what
  // places sound like by themselves, and asks the critics.
  std::size_t tasks() const { return critics_.empty() ? 0 : places_.exits.size() + 2; }
  void run(std::size_t task);

  // Of the best sketches that are heard as sound the one that critics hear least, its levels evened;
  // `why` says so. Those whose loudness steps (Proposal::kMostStep) are taken where there is nothing
  // else. Throws Error(input) if a file cannot be read.
  Proposal best() const;
  // The same of those that there is room for; none where nobody hears, or there is none.
  std::optional<Proposal> best(const SeamRoom& room) const;

 private:
  struct Sketch {
    std::size_t exit = 0, entry = 0, way = 0;
    const CriticSet* critics = nullptr;  // null: nobody has learnt it
    bool steps = false;                  // louder or softer by more than it may
    int out_at = 0, in_at = 0;           // as middle_of()
    Seconds lengthens{0}, leaves_at{0};
    float odds = 0;
    Seconds both_busy{0};
    float collides = 0;  // log odds, for that
  };
  // What a place sounds like by itself, to a set, where the middle of a transition is: it lies up to its
  // half from where the track is left or entered. In half seconds from the place.
  using ByItself = std::map<std::pair<const CriticSet*, int>, std::optional<float>>;

  int middle_of(const Proposal& proposal, const MeetingPlace& place, bool leaves) const;
  void sketch(std::size_t exit);
  void hear_by_themselves(bool exits);
  float beside(const Sketch& sketch, float odds) const;
  SeamPlaces audible(std::span<const Sketch> some) const;
  Proposal unheard() const;
  Meeting meeting(std::size_t exit, std::size_t entry, bool sounds) const;

  SeamPlaces places_;
  const CriticSets& critics_;
  ProposalConfig config_;
  Seconds longest_{0};
  std::vector<std::vector<Sketch>> sketches_;  // by exit
  std::vector<ByItself> exits_, entries_;      // of each place
};

}  // namespace segue
