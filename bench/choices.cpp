// How well critics choose, to ears that they do not know: from random bars to random bars of some other
// tracks the search of the planner finds the ways that critics hear least, and the best of these is
// taken. Detectors hear it as sound, and beside it a way drawn at random, each against the music that
// goes on in both tracks where its middle lies. Mixes have few seams and come to the same pairs again;
// this has as many as are asked for.
//
// choices COUNT PARTNERS SECONDS CRITICS… -- [--split FILE] MUSIC…   (analyzed before: segue analyze)
//   SECONDS: the kind, .1, 1, 12 or 32; CRITICS: folders that hold sets (models/critics);
//   --split: of this split the validation side alone
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string>

#include "bar_place.hpp"
#include "base/parallel.hpp"
#include "base/paths.hpp"
#include "base/random.hpp"
#include "evaluation/auc.hpp"
#include "evaluation/seam_sets.hpp"
#include "features/split.hpp"
#include "judge/detectors.hpp"
#include "judge/join_chooser.hpp"
#include "library/library.hpp"
#include "planning/seam_ear.hpp"
#include "planning/seam_search.hpp"

namespace segue {
namespace {

constexpr Seconds kRoom{20};
constexpr double kTarget = -16;                       // LUFS
constexpr std::size_t kPlaces = 3, kBarsBetween = 4;  // that tracks may be left and entered at

struct Question {
  std::size_t from = 0, to = 0;  // bars
  std::uint64_t seed = 0;
};

class Collection {
 public:
  explicit Collection(Library& library, const std::vector<LibraryTrack>& tracks)
      : pool_(cutting(), library, tracks), sources_(sources_of(pool_)) {}

  std::vector<Question> questions(std::size_t count) const {
    Random random(1);
    std::vector<Question> all;
    while (all.size() < count) {
      const Question one{random.below(pool_.fragments().size()), random.below(pool_.fragments().size()),
                         all.size()};
      if (track(one.from) != track(one.to) && fits(one.from, true) && fits(one.to, false))
        all.push_back(one);
    }
    return all;
  }

  std::size_t track(std::size_t bar) const { return pool_.fragments()[bar].track; }
  std::size_t tracks() const { return pool_.tracks().size(); }

  // Of a question's track and those that this question and the next ones lead to.
  std::vector<std::pair<Question, SeamPlaces>> partners(std::span<const Question> questions,
                                                        std::size_t number, std::size_t count) const {
    std::vector<std::pair<Question, SeamPlaces>> all;
    for (std::size_t i = 0; i < count; ++i) {
      Question one = questions[number];
      one.to = questions[(number + i) % questions.size()].to;
      if (track(one.from) != track(one.to)) all.emplace_back(one, places(one));
    }
    return all;
  }

  // Bars of one track from this one on.
  SeamPlaces places(const Question& question) const {
    const auto [out_gain, in_gain] = gains_between(pool_, question.from, question.to, kTarget, kRoom);
    SeamPlaces places;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const std::size_t out = question.from + i * kBarsBetween, in = question.to + i * kBarsBetween;
      if (out < pool_.fragments().size() && track(out) == track(question.from) && fits(out, true))
        places.exits.push_back(place(out, true, out_gain));
      if (in < pool_.fragments().size() && track(in) == track(question.to) && fits(in, false))
        places.entries.push_back(place(in, false, in_gain));
    }
    return places;
  }

 private:
  static MixConfig cutting() {
    MixConfig config;
    config.segmentation = Segmentation::parse("bars");
    return config;
  }

  MeetingPlace place(std::size_t bar, bool leaves, double gain) const {
    return bar_place(pool_, sources_, bar, leaves, gain, kRoom);
  }

  // With room on both sides.
  bool fits(std::size_t bar, bool leaves) const {
    const MeetingPlace at = place(bar, leaves, 0);
    return at.at > kRoom && at.at + kRoom < at.length;
  }

  FragmentPool pool_;
  std::vector<PlanSource> sources_;
};

// What is heard of a join, and of the music that goes on where its middle lies in either track.
struct Heard {
  SeamWindow join;
  std::vector<SeamWindow> passages;
  std::vector<std::size_t> tracks;  // of the passages
};

Heard hear(const Collection& music, const Question& question, const SeamPlaces& places,
           const Meeting& meeting, const Proposal& way, Seconds kind) {
  Heard heard{meeting.hear(way, kind), {}, {}};
  const Seconds middle = to_seconds(way.transition.after - way.transition.before, Meeting::kRate) / 2;
  const auto add = [&](MeetingPlace place, Seconds at, std::size_t bar) {
    place.at = at + middle;
    auto window = untouched(place, kind);
    if (!window) return;
    heard.passages.push_back(std::move(*window));
    heard.tracks.push_back(music.track(bar));
  };
  add(places.exits.front(), way.out_at, question.from);
  add(places.entries.front(), way.in_at, question.to);
  return heard;
}

// Log odds of each detector, for AUC: groups are the tracks that are left.
void tell(const std::string& what, const Collection& music, std::span<const Question> questions,
          const DetectorSet& detectors, std::vector<std::optional<Heard>> all) {
  std::vector<SeamWindow> joins, passages;
  std::vector<std::size_t> tracks_of_joins, tracks_of_passages;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i]) continue;
    joins.push_back(std::move(all[i]->join));
    tracks_of_joins.push_back(music.track(questions[i].from));
    std::move(all[i]->passages.begin(), all[i]->passages.end(), std::back_inserter(passages));
    tracks_of_passages.insert(tracks_of_passages.end(), all[i]->tracks.begin(), all[i]->tracks.end());
  }
  std::printf("%-34s  %zu joins", what.c_str(), joins.size());
  for (const auto& detector : detectors.detectors) {
    const std::vector<float> heard = detector->score(joins), plain = detector->score(passages);
    std::vector<GroupedScore> scores;
    for (std::size_t i = 0; i < heard.size(); ++i)
      scores.push_back({heard[i], true, tracks_of_joins[i]});
    for (std::size_t i = 0; i < plain.size(); ++i)
      scores.push_back({plain[i], false, tracks_of_passages[i]});
    const Interval interval = auc_interval(scores, music.tracks(), 1);
    std::printf("  %s %.3f (%.3f - %.3f)", detector->card().system.c_str(), auc(heard, plain),
                interval.low, interval.high);
  }
  std::printf("\n");
  std::fflush(stdout);
}

void measure(std::size_t count, std::size_t partners, Seconds kind,
             std::span<const std::filesystem::path> folders, const std::filesystem::path& split,
             const std::vector<std::filesystem::path>& files) {
  Library library(user_data_folder());
  std::vector<LibraryTrack> tracks = library.tracks(files);
  if (!split.empty()) {
    const Split sides = Split::read(split);
    std::erase_if(tracks, [&](const LibraryTrack& track) {
      return sides.side_of(track.record.id, track.file.stem()) != Side::validation;
    });
  }
  const Collection music(library, tracks);
  const std::vector<Question> questions = music.questions(count);
  const DetectorSet detectors = find_detectors(kind);
  ProposalConfig config;
  config.lengths = {kind};
  std::vector<std::optional<Heard>> heard(count);  // none where no way of the kind is there
  parallel_for(count, 0, [&](std::size_t i) {
    const SeamPlaces places = music.places(questions[i]);
    Random random(questions[i].seed);
    const Meeting meeting(places.exits[random.below(places.exits.size())],
                          places.entries[random.below(places.entries.size())], kind);
    std::vector<Proposal> ways = meeting.proposals(config);
    std::erase_if(ways, [&](const Proposal& way) { return !covers(kind, way.duration()); });
    if (ways.empty()) return;
    heard[i] = hear(music, questions[i], places, meeting, ways[random.below(ways.size())], kind);
  });
  std::printf(
      "%zu bars of %zu tracks, %zu partners each, transitions of up to %g s, heard by detectors (AUC)\n",
      count, music.tracks(), partners, kind.count());
  tell("a way at random", music, questions, detectors, std::move(heard));
  for (const std::filesystem::path& folder : folders) {
    const CriticSets critics{require_critics(kind, folder)};
    heard = std::vector<std::optional<Heard>>(count);
    parallel_for(count, 0, [&](std::size_t i) {
      std::optional<float> least;
      for (const auto& [question, places] : music.partners(questions, i, partners)) {
        SeamSearch search(places, critics, config);
        for (std::size_t task = 0; task < search.tasks(); ++task) search.run(task);
        const Proposal best = search.best();
        if (!covers(kind, best.duration()) || (least && best.odds.value_or(0) >= *least)) continue;
        least = best.odds.value_or(0);
        MeetingPlace out = places.exits.front(), in = places.entries.front();
        out.at = best.out_at;
        in.at = best.in_at;
        heard[i] = hear(music, question, places, Meeting(out, in, kind), best, kind);
      }
    });
    tell(folder.string(), music, questions, detectors, std::move(heard));
  }
}

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> folders, music;
  std::filesystem::path split;
  bool files = false;
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") {
      files = true;
    } else if (word == "--split" && i + 1 < argc) {
      split = argv[++i];
    } else {
      (files ? music : folders).emplace_back(word);
    }
  }
  if (music.empty()) {
    std::cerr << "choices COUNT PARTNERS SECONDS CRITICS… -- [--split FILE] MUSIC…\n";
    return 2;
  }
  try {
    segue::measure(std::stoul(argv[1]), std::stoul(argv[2]), segue::Seconds(std::stod(argv[3])), folders,
                   split, music);
  } catch (const std::exception& error) {
    std::cerr << "choices: " << error.what() << '\n';
    return 1;
  }
}
