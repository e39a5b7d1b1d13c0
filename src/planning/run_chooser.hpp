// A beam search for the runs of a mix: how long each track plays, and where the next one is entered.
// Internal to planning.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "planning/bound_keeper.hpp"
#include "planning/chooser.hpp"
#include "planning/run.hpp"
#include "planning/wishes.hpp"

namespace segue {

// Wherever a run may end, the network is asked what follows, and how well the track's own next fragment
// does: leaving is good where another track's phrase follows as well as that. What a seam adds to a
// sequence is the logarithm of the network's odds between the two, and what a second opinion says of the
// seam; the sequences with the highest mean over their seams go on. Of systems with embeddings all ends
// are compared by their exits first, and only the best MixConfig::exits are heard.
//
// Tracks are entered at phrases, play between Bounds::least and most, and nothing is heard twice. A run
// goes on beyond its most only where nothing else may follow.
class RunChooser {
 public:
  // All must outlive it.
  RunChooser(const MixConfig& config, const FragmentPool& pool, const BoundKeeper& bounds,
             const Hearing& hearing);

  // Runs that fill the mix. Throws Error(infeasible) saying which bounds left nothing.
  std::vector<Run> choose();

 private:
  struct Step {
    std::size_t parent = 0;  // in the layer before
    std::size_t entry = 0;   // fragment
    std::size_t left = 0;    // fragment with which the run before ends
    Seconds begin{0};        // in the mix
    std::shared_ptr<const Ranking> ranking;
    std::size_t rank = 0;
    std::optional<std::int64_t> own{};  // the score of the left track's own next fragment
    std::shared_ptr<const Allowed> allowed;
    std::int64_t total = 0;
  };
  struct Exit {
    std::size_t last = 0;  // fragment
    Seconds at{0};         // in the mix
    double promise = 0;    // by exits alone
    std::shared_ptr<const Allowed> allowed;
    std::shared_ptr<const Allowed> told{};  // the same, but for the entries
  };

  struct Leaving {
    std::size_t parent = 0;  // in the last layer
    Exit exit;
    Question question;
  };

  std::vector<Step> start();
  std::vector<Step> grow();
  void follow(std::size_t step, std::vector<Leaving>& leavings);
  void free_keys(std::vector<Leaving>& leavings, std::vector<Ranking>& rankings);
  std::optional<std::int64_t> own_of(const Leaving& leaving);
  std::vector<Exit> exits_of(const Step& step, std::size_t end) const;
  void find_allowed(std::vector<Exit>& exits, std::vector<PlayedRun> history);
  static void thin(std::vector<Exit>& exits, std::size_t count);
  void choose_exits(const Step& step, std::vector<Exit>& exits);
  void leave(const Leaving& leaving, Ranking&& ranking, std::vector<Step>& next);
  std::vector<std::size_t> candidates(const std::vector<std::size_t>& context, const Exit& exit);
  void hear_exits(const Step& step, std::span<const Exit> exits);
  bool may_enter(std::size_t fragment, const Exit& exit) const;
  std::vector<std::size_t> context_of(std::size_t entry, std::size_t last) const;
  void finish(std::size_t step, std::size_t end);
  std::vector<PlayedRun> history_of(std::size_t layer, std::size_t step) const;
  std::size_t run_end(const Step& step, std::span<const PlayedRun> history) const;
  void note(const Allowed& allowed, Seconds now);
  [[noreturn]] void refuse() const;

  const MixConfig& config_;
  const FragmentPool& pool_;
  const BoundKeeper& bounds_;
  Hearing hearing_;
  Wishes wishes_;
  Seconds length_;
  std::vector<std::size_t>
      number_of_;  // a fragment each: its number as an entry, or the largest there is
  std::vector<std::vector<Step>> layers_;
  std::vector<Run> finished_;
  std::int64_t finished_total_ = 0;
  std::map<std::vector<std::size_t>, std::vector<float>> left_;  // exits that were heard, by context
  Seconds furthest_{0};                                          // that a sequence came, and …
  Allowed last_cut_;                                             // … what the bounds cut there
};

}  // namespace segue
