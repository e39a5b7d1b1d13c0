#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "base/random.hpp"
#include "base/scratch_file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "evaluation/auc.hpp"
#include "features/split.hpp"
#include "judge/detectors.hpp"
#include "judge/join_examples.hpp"
#include "model/plugin.hpp"
#include "model/registry.hpp"

namespace segue {
namespace fs = std::filesystem;
namespace {

constexpr double kBringsNothing = 0.005;  // of AUC
constexpr std::size_t kLeastTracks = 4;   // that teach

double auc_of(const JoinExamples& examples, const std::vector<float>& scores, Sound joins,
              Sound against) {
  std::vector<float> positives, negatives;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (examples.sounds[i] == joins) positives.push_back(scores[i]);
    if (examples.sounds[i] == against) negatives.push_back(scores[i]);
  }
  return auc(positives, negatives);
}

DetectorLesson lesson_of(const DetectorTraining& training, const std::string& family,
                         const JoinExamples& examples, int steps) {
  DetectorLesson lesson;
  lesson.family = family;
  lesson.transition = training.transition;
  lesson.windows = examples.windows;
  lesson.joined = examples.joined;
  lesson.steps = steps;
  lesson.seed = derive_seed(training.seed, 1000);
  lesson.threads = training.threads;
  return lesson;
}

// Writes one set, family by family.
class SetWriter {
 public:
  SetWriter(const DetectorTraining& training, fs::path folder)
      : training_(training), folder_(std::move(folder)) {
    make_folders(folder_);
  }

  LearningPoint teach(const std::string& family, const JoinExamples& examples,
                      const JoinExamples& validation, int steps) {
    const fs::path weights = weights_of(family);
    learning_plugin().train_detector(lesson_of(training_, family, examples, steps), weights);
    write_card(family, examples, {});
    const std::vector<float> scores =
        learning_plugin().load_detector(weights)->score(validation.windows);
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (validation.sounds[i] != Sound::passage) continue;
      sum += static_cast<double>(scores[i]);
      ++count;
    }
    passages_[family] = count > 0 ? sum / count : 0;
    const auto figure = [&](Sound joins, Sound against) {
      return auc_of(validation, scores, joins, against);
    };
    return {family,
            examples.joins(),
            figure(Sound::random, Sound::passage),
            figure(Sound::chosen, Sound::passage),
            figure(Sound::hard_cut, Sound::passage),
            figure(Sound::faded, Sound::untouched)};
  }

  void write_card(const std::string& family, const JoinExamples& examples,
                  const std::vector<LearningPoint>& curve) {
    ModelCard card;
    card.name = family + "-" + kind_name(training_.transition);
    card.system = family;
    card.command = training_.command;
    card.segue_version = version();
    card.weights = hash_file(weights_of(family));
    card.segmentation = training_.blends() ? "bars" : "3 and 2-5";
    card.recipe = {{"transition_s", training_.transition.count()},
                   {"flank_s", kSeamFlank.count()},
                   {"joins", examples.joins()},
                   {"passages", examples.windows.size() - examples.joins()},
                   {"systems", training_.systems},
                   {"steps", training_.steps},
                   {"seed", training_.seed}};
    card.metrics = {{"curve", nlohmann::json::array()}};
    for (const LearningPoint& point : curve)
      if (point.family == family) card.metrics["curve"].push_back(point);
    if (const auto known = passages_.find(family); known != passages_.end())
      card.metrics["odds_of_passages"] = known->second;
    const auto add = [&](const std::vector<LibraryTrack>& tracks, const char* side) {
      for (const LibraryTrack& track : tracks)
        card.tracks.push_back({track.record.id, to_valid_utf8(track.file.stem().native()), side,
                               track.record.tags.licence});
    };
    add(training_.tracks, "train");
    add(training_.also, "train");
    add(training_.validation, "val");
    card.write(card_path(weights_of(family)));
  }

  void write_curve(const std::vector<LearningPoint>& curve) const {
    std::string text = "family,joins,auc_random,auc_chosen,auc_hard_cuts,auc_continuation\n";
    for (const LearningPoint& point : curve) {
      char line[160];
      std::snprintf(line, sizeof line, "%s,%zu,%.4f,%.4f,%.4f,%.4f\n", point.family.c_str(), point.joins,
                    point.random, point.chosen, point.hard_cuts, point.continuation);
      text += line;
    }
    write_text_file(folder_ / "curve.csv", text);
  }

 private:
  fs::path weights_of(const std::string& family) const { return folder_ / (family + ".safetensors"); }

  const DetectorTraining& training_;
  fs::path folder_;
  std::map<std::string, double> passages_;  // mean log odds of those of the validation, by family
};

// At the last number of joins over the one before, as a mean over the families: of the systems' choices
// or of hard cuts, whichever gained more.
double last_gain(const std::vector<LearningPoint>& curve) {
  constexpr std::size_t families = std::size(kDetectorFamilies);
  if (curve.size() < 2 * families) return 1;
  const auto gain = [&](double LearningPoint::*figure) {
    double sum = 0;
    for (std::size_t i = curve.size() - families; i < curve.size(); ++i)
      sum += curve[i].*figure - curve[i - families].*figure;
    return sum / families;
  };
  return std::max(gain(&LearningPoint::chosen), gain(&LearningPoint::hard_cuts));
}

// From how long one round of joins took to make, and a few steps of learning. 2 rounds are the least.
std::string expected_duration(const DetectorTraining& training, const JoinExamples& round,
                              Seconds making) {
  constexpr int kTried = 10;
  const ScratchFile scratch(".safetensors");
  Seconds learning{0};
  for (const char* family : kDetectorFamilies) {
    const auto began = std::chrono::steady_clock::now();
    learning_plugin().train_detector(lesson_of(training, family, round, kTried), scratch.path());
    learning += (std::chrono::steady_clock::now() - began) * training.steps / kTried;
  }
  double times = 0;  // of teaching
  for (std::size_t rounds = 1; rounds <= training.most_rounds; rounds *= 2)
    times += training.critic && 2 * rounds <= training.most_rounds ? 0.25 : 1;
  const Seconds least = 2 * making + std::min(2.0, times) * learning;
  const Seconds most = static_cast<double>(training.most_rounds) * making + times * learning;
  const std::string what = "teaching " + std::to_string(std::size(kDetectorFamilies)) +
                           (training.critic ? " critics on " : " detectors on ") +
                           std::to_string(training.tracks.size()) + " tracks takes ";
  if (training.critic) return what + format_time(most) + " here or somewhat more";
  return what + format_time(least) + " to " + format_time(most) +
         " here, by how soon more joins bring nothing";
}

// What chooses by ear would flatter itself before what measures, had both learnt from the same track.
void refuse_shared(const DetectorTraining& training) {
  std::vector<LibraryTrack> teaching = training.tracks;
  teaching.insert(teaching.end(), training.also.begin(), training.also.end());
  for (const SeamSet& set : seam_sets(training.critic ? detectors_folders() : critics_folders())) {
    for (const char* family : kDetectorFamilies) {
      const fs::path file = card_path(set.folder / (std::string(family) + ".safetensors"));
      std::error_code code;
      if (!fs::exists(file, code)) continue;
      const ModelCard card = ModelCard::read(file);
      for (const LibraryTrack& track : teaching) {
        for (const CardTrack& taught : card.tracks) {
          if (taught.side != "train" || std::find(track.recording.begin(), track.recording.end(),
                                                  taught.id) == track.recording.end())
            continue;
          throw Error(ErrorKind::input,
                      std::string("has taught the ") + (training.critic ? "detectors" : "critics") +
                          " in " + printable(set.folder),
                      track.file,
                      std::string("leave it out of the split's fold '") +
                          (training.critic ? kCriticFold : kDetectorFold) +
                          "', or remove what it has taught");
        }
      }
    }
  }
}

// Of a round. Music beside the fold is not to outweigh it.
std::vector<LibraryTrack> teachers(const DetectorTraining& training, std::uint64_t seed) {
  std::vector<LibraryTrack> tracks = training.tracks, also = training.also;
  Random(seed).shuffle(std::span(also));
  also.resize(std::min(also.size(), tracks.size()));
  tracks.insert(tracks.end(), also.begin(), also.end());
  return tracks;
}

}  // namespace

void to_json(nlohmann::json& json, const LearningPoint& point) {
  json = {{"detector", point.family},         {"joins", point.joins},
          {"auc_random", point.random},       {"auc_chosen", point.chosen},
          {"auc_hard_cuts", point.hard_cuts}, {"auc_continuation", point.continuation}};
}

std::vector<LearningPoint> train_detectors(const DetectorTraining& training, Library& library,
                                           const fs::path& folder) {
  if (training.tracks.size() < kLeastTracks || training.validation.size() < 2) {
    throw Error(ErrorKind::input,
                (training.critic ? "critics need" : "detectors need") +
                    std::string(" at least 4 tracks to learn from and 2 to be measured on, not ") +
                    std::to_string(training.tracks.size()) + " and " +
                    std::to_string(training.validation.size()),
                {}, "give the music that the split names, or another split");
  }
  refuse_shared(training);
  const fs::path target = folder / kind_name(training.transition);
  const fs::path unfinished = target.native() + ".learning";  // no set until it is whole
  SetWriter writer(training, unfinished);
  const auto began = std::chrono::steady_clock::now();
  // Blends go over bar by bar.
  const auto cut = [&](const char* segmentation, std::uint64_t seed) {
    return Segmentation::parse(training.blends() ? "bars" : segmentation, seed);
  };
  JoinExampleMaker maker(training, library);
  JoinExamples validation, examples;
  maker.add(training.validation, cut("3", 0), training.round, derive_seed(training.seed, 0), true,
            validation);
  log_info(expected_duration(training, validation, std::chrono::steady_clock::now() - began));
  std::vector<LearningPoint> curve;
  std::size_t round = 0;
  for (std::size_t rounds = 1; rounds <= training.most_rounds; rounds *= 2) {
    for (; round < rounds; ++round) {
      // Other cuts give other joins of the same tracks.
      const std::uint64_t seed = derive_seed(training.seed, round + 1);
      maker.add(teachers(training, seed), cut(round == 0 ? "3" : "2-5", seed), training.round, seed,
                false, examples);
      log_info("round " + std::to_string(round + 1) + ": " + std::to_string(examples.joins()) +
               " joins");
    }
    // Learning from long windows takes long.
    if (training.blends() && !training.critic && 2 * rounds <= training.most_rounds) continue;
    // What critics on the way find is only what teaches the next.
    const bool on_the_way = training.critic && 2 * rounds <= training.most_rounds;
    const int steps = on_the_way ? training.steps / 4 : training.steps;
    for (const char* family : kDetectorFamilies) {
      curve.push_back(writer.teach(family, examples, validation, steps));
      char figures[160];
      std::snprintf(
          figures, sizeof figures,
          "%s, %zu joins: AUC of random joins %.3f, chosen %.3f, hard cuts %.3f, continuation %.3f",
          family, curve.back().joins, curve.back().random, curve.back().chosen, curve.back().hard_cuts,
          curve.back().continuation);
      log_info(figures);
    }
    for (const char* family : kDetectorFamilies) writer.write_card(family, examples, curve);
    writer.write_curve(curve);
    if (training.critic) {
      // What fools the critic so far is what the next rounds teach; the planner finds it.
      maker.choose_by(load_critics(unfinished, training.transition));
    } else if (!training.blends() && last_gain(curve) < kBringsNothing) {
      break;
    }
  }
  std::error_code code;
  const fs::path old = target.native() + ".old";
  fs::remove_all(old, code);
  fs::rename(target, old, code);  // there may be none
  fs::rename(unfinished, target, code);
  if (code) {
    std::error_code back;
    fs::rename(old, target, back);  // what was there is no worse than before
    throw Error(ErrorKind::output, "cannot be put in place: " + code.message(), target,
                "check the folder");
  }
  fs::remove_all(old, code);
  return curve;
}

}  // namespace segue
