#include "planning/run_chooser.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <tuple>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"
#include "planning/library_index.hpp"

namespace segue {
namespace {

constexpr std::size_t kBranches = 3;  // tracks that are followed of each answer
constexpr std::size_t kMostStarts = 8;
// What a wrong key counts against: as much as that critics give a seam .78 to be heard.
constexpr double kWrongKey = 45 / kScoreUnit;
constexpr double kSlack = 0.05;  // seconds, so that rounding to frames leaves no gap at the end

__extension__ using Wide = __int128;

// Of an answer beside the track's own next bar, where it has one.
std::int64_t gain_of(const Ranking& ranking, std::size_t rank, std::optional<std::int64_t> own) {
  return own ? ranking.best[rank].score - *own : ranking.gain(rank);
}

}  // namespace

RunChooser::RunChooser(const MixConfig& config, const FragmentPool& pool, const BoundKeeper& bounds,
                       const Hearing& hearing)
    : config_(config),
      pool_(pool),
      bounds_(bounds),
      hearing_(hearing),
      wishes_(config, pool, bounds),
      length_(config.length + Seconds(kSlack)),
      number_of_(pool.fragments().size(), std::numeric_limits<std::size_t>::max()) {
  for (std::size_t i = 0; i < bounds.entries().size(); ++i) number_of_[bounds.entries()[i]] = i;
}

std::vector<Run> RunChooser::choose() {
  Progress progress("choosing", config_.length.count(), "s of the mix");
  // From the track that was drawn; from another where that one leads nowhere.
  for (const Step& first : start()) {
    layers_ = {{first}};
    while (!layers_.back().empty()) {
      throw_if_interrupted();
      layers_.push_back(grow());
      if (!layers_.back().empty()) progress.set(layers_.back().front().begin.count());
    }
    if (!finished_.empty()) break;
  }
  if (finished_.empty()) refuse();
  return std::move(finished_);
}

// By lot, as the report does: a track, then the phrase with which it begins.
std::vector<RunChooser::Step> RunChooser::start() {
  std::vector<Step> steps;
  if (config_.start) {
    Step step;
    step.entry = pool_.at(*config_.start);
    steps.push_back(step);
    return steps;
  }
  const Allowed allowed = bounds_.allowed({}, Seconds(0), wishes_.eligible({}, Seconds(0)));
  note(allowed, Seconds(0));
  std::vector<std::size_t> first_of_tracks;
  for (std::size_t i = 0; i < allowed.entries.size(); ++i) {
    const std::size_t entry = bounds_.entries()[i];
    const bool another =
        first_of_tracks.empty() || bounds_.track_of(first_of_tracks.back()) != bounds_.track_of(entry);
    if (allowed.entries[i] != 0 && another) first_of_tracks.push_back(entry);
  }
  Random random(derive_seed(config_.seed, 0));
  random.shuffle(std::span(first_of_tracks));
  for (const std::size_t entry : first_of_tracks) {
    if (steps.size() == kMostStarts) break;
    Step step;
    step.entry = entry;
    steps.push_back(step);
  }
  return steps;
}

std::vector<RunChooser::Step> RunChooser::grow() {
  left_.clear();
  std::vector<Leaving> leavings;
  for (std::size_t i = 0; i < layers_.back().size(); ++i) follow(i, leavings);
  std::vector<Question> questions;
  questions.reserve(leavings.size());
  for (const Leaving& leaving : leavings) questions.push_back(leaving.question);
  std::vector<Ranking> rankings = hearing_.ranker.rank(questions);
  free_keys(leavings, rankings);
  std::vector<Step> next;
  for (std::size_t i = 0; i < leavings.size(); ++i) leave(leavings[i], std::move(rankings[i]), next);
  const auto key = [&](const Step& step) {
    return std::make_tuple(-step.total, pool_.fragments()[step.entry].tie, step.entry, step.left,
                           step.parent);
  };
  std::sort(next.begin(), next.end(), [&](auto& a, auto& b) { return key(a) < key(b); });
  // Sequences that differ by nothing but where the last run was left would crowd out the others.
  std::vector<Step> kept;
  for (Step& step : next) {
    const bool again = std::any_of(kept.begin(), kept.end(), [&](const Step& other) {
      return other.entry == step.entry && other.parent == step.parent;
    });
    if (!again) kept.push_back(std::move(step));
    if (kept.size() == config_.beam) break;
  }
  return kept;
}

// Where all that keys leave would be heard, what they cut is asked for too.
void RunChooser::free_keys(std::vector<Leaving>& leavings, std::vector<Ranking>& rankings) {
  std::vector<Leaving> others;
  std::vector<Question> questions;
  for (std::size_t i = 0; i < leavings.size(); ++i) {
    const Leaving& leaving = leavings[i];
    if (leaving.exit.told->relaxed[static_cast<std::size_t>(Bound::key)]) continue;
    if (!rankings[i].best.empty() &&
        static_cast<double>(gain_of(rankings[i], 0, own_of(leaving))) > -kWrongKey)
      continue;
    std::vector<PlayedRun> history = history_of(layers_.size() - 1, leaving.parent);
    history.back().last = leaving.exit.last;
    history.back().end = leaving.exit.at;
    Exit exit = leaving.exit;
    exit.allowed = std::make_shared<const Allowed>(
        bounds_.allowed(history, exit.at, wishes_.eligible(history, exit.at), true));
    const Allowed& all = *exit.allowed;
    exit.told = std::make_shared<const Allowed>(Allowed{{}, all.count, all.cut, all.relaxed});
    std::vector<std::size_t> heard = candidates(leaving.question.context, exit);
    if (heard.empty()) continue;
    questions.push_back({leaving.question.context, heard});
    others.push_back({leaving.parent, exit, {leaving.question.context, std::move(heard)}});
  }
  if (others.empty()) return;
  std::vector<Ranking> more = hearing_.ranker.rank(questions);
  std::move(others.begin(), others.end(), std::back_inserter(leavings));
  std::move(more.begin(), more.end(), std::back_inserter(rankings));
}

// How the track itself would go on, if it does.
std::optional<std::int64_t> RunChooser::own_of(const Leaving& leaving) {
  const Step& step = layers_.back()[leaving.parent];
  if (leaving.exit.last >= bounds_.stretch_end(step.entry)) return std::nullopt;
  return hearing_.ranker.score(leaving.question.context, leaving.exit.last + 1);
}

std::vector<PlayedRun> RunChooser::history_of(std::size_t layer, std::size_t step) const {
  std::vector<const Step*> chain;  // latest first
  for (const Step* at = &layers_[layer][step];; at = &layers_[--layer][at->parent]) {
    chain.push_back(at);
    if (layer == 0) break;
  }
  std::vector<PlayedRun> runs;
  for (std::size_t i = chain.size(); i-- > 0;) {
    const bool plays_still = i == 0;
    runs.push_back({chain[i]->entry, plays_still ? chain[i]->entry : chain[i - 1]->left, chain[i]->begin,
                    plays_still ? chain[i]->begin : chain[i - 1]->begin});
  }
  return runs;
}

// The last fragment that it may play: where the track has a gap, or what has been heard begins.
std::size_t RunChooser::run_end(const Step& step, std::span<const PlayedRun> history) const {
  std::size_t end = bounds_.stretch_end(step.entry);
  for (const PlayedRun& run : history.first(history.size() - 1))
    if (run.first > step.entry) end = std::min(end, run.first - 1);
  return end;
}

void RunChooser::follow(std::size_t number, std::vector<Leaving>& leavings) {
  const std::size_t layer = layers_.size() - 1;
  const Step step = layers_[layer][number];
  const std::vector<PlayedRun> history = history_of(layer, number);
  const std::size_t end = run_end(step, history);
  const bool fills =
      step.begin + bounds_.seconds_of(step.entry, end) >= length_ && wishes_.may_end_with(history);
  if (fills && step.begin + config_.bounds.most >= config_.length) {
    finish(number, end);
    if (config_.bounds.end) return;
  }
  std::vector<Exit> exits = exits_of(step, end);
  const std::size_t before = leavings.size();
  if (!exits.empty()) {
    find_allowed(exits, history);
    choose_exits(step, exits);
    for (Exit& exit : exits) {
      const Allowed& all = *exit.allowed;  // of a long mix, the entries of all steps would be much
      exit.told = std::make_shared<const Allowed>(Allowed{{}, all.count, all.cut, all.relaxed});
      const std::vector<std::size_t> context = context_of(step.entry, exit.last);
      std::vector<std::size_t> heard = candidates(context, exit);
      if (!heard.empty()) leavings.push_back({number, exit, {context, std::move(heard)}});
    }
  }
  // Nothing may follow: it plays on, if there is enough of it, and nobody minds.
  if (leavings.size() == before && fills && step.begin + config_.bounds.most < config_.length &&
      !config_.bounds.seconds_are_set)
    finish(number, end);
}

std::vector<std::size_t> RunChooser::context_of(std::size_t entry, std::size_t last) const {
  const std::size_t length = std::max<std::size_t>(1, hearing_.context_length);
  std::vector<std::size_t> context;
  for (std::size_t i = last + 1 - std::min(length, last + 1 - entry); i <= last; ++i)
    context.push_back(i);
  return context;
}

void RunChooser::leave(const Leaving& leaving, Ranking&& heard, std::vector<Step>& next) {
  const Step& step = layers_.back()[leaving.parent];
  const Exit& exit = leaving.exit;
  const auto ranking = std::make_shared<const Ranking>(std::move(heard));
  const std::optional<std::int64_t> own = own_of(leaving);
  std::vector<std::size_t> tracks;  // each is followed where it is entered best
  for (std::size_t rank = 0; rank < ranking->best.size() && tracks.size() < kBranches; ++rank) {
    const std::size_t entry = ranking->best[rank].fragment;
    if (std::find(tracks.begin(), tracks.end(), bounds_.track_of(entry)) != tracks.end()) continue;
    tracks.push_back(bounds_.track_of(entry));
    std::int64_t gain = gain_of(*ranking, rank, own);
    // Where keys had to give way, or are not known for sure, sequences that need not come first.
    gain -= std::llround(kWrongKey *
                         bounds_.key_clash(bounds_.track_of(step.entry), bounds_.track_of(entry)));
    next.push_back(
        {leaving.parent, entry, exit.last, exit.at, ranking, rank, own, exit.told, step.total + gain});
  }
}

// Keeps the sequence that ends with this run, if it is the best so far. Means are compared without
// dividing.
void RunChooser::finish(std::size_t number, std::size_t end) {
  const std::size_t layer = layers_.size() - 1;
  const Step& last = layers_[layer][number];
  const auto seams = static_cast<Wide>(std::max<std::size_t>(1, layer));
  const auto best_seams = static_cast<Wide>(std::max<std::size_t>(2, finished_.size()) - 1);
  // A track by itself is no mix, where two have room.
  const bool has_room = config_.length >= 2 * config_.bounds.least;
  const bool had_none = has_room && finished_.size() == 1 && layer > 0;
  if (!finished_.empty() && !had_none &&
      static_cast<Wide>(last.total) * best_seams <= static_cast<Wide>(finished_total_) * seams)
    return;
  finished_total_ = last.total;
  finished_.clear();
  std::size_t run_last = last.entry;
  while (run_last < end && last.begin + bounds_.seconds_of(last.entry, run_last) < length_) ++run_last;
  const Step* step = &last;
  for (std::size_t at = layer;; --at) {
    finished_.push_back({step->entry, run_last, step->ranking, step->rank, step->own, step->allowed});
    if (at == 0) break;
    run_last = step->left;
    step = &layers_[at - 1][step->parent];
  }
  std::reverse(finished_.begin(), finished_.end());
}

void RunChooser::note(const Allowed& allowed, Seconds now) {
  if (now < furthest_) return;
  furthest_ = now;
  last_cut_ = allowed;
}

void RunChooser::refuse() const {
  std::string cuts;
  for (std::size_t i = 0; i < kBounds; ++i) {
    if (last_cut_.cut[i] == 0) continue;
    cuts += (cuts.empty() ? ": " : ", ") + std::string(name_of(static_cast<Bound>(i))) + " cuts " +
            std::to_string(last_cut_.cut[i]);
  }
  throw Error(ErrorKind::infeasible,
              "the bounds leave nothing to go on with after " + format_time(furthest_) + " of " +
                  format_time(config_.length) + " (of " + std::to_string(bounds_.entries().size()) +
                  " phrases" + cuts + ")",
              {}, "loosen them, add music, or shorten --length");
}

}  // namespace segue
