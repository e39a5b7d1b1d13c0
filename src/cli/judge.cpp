// segue judge: how audible joins are.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "audio/decoder.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/targets.hpp"
#include "evaluation/seam_sets.hpp"
#include "features/split.hpp"
#include "judge/judge_joins.hpp"
#include "judge/seam_measures.hpp"
#include "judge/seam_page.hpp"
#include "model/registry.hpp"
#include "planning/critic_sets.hpp"

namespace segue::cli {
namespace {

constexpr std::size_t kBlendRound = 700;
constexpr int kManySteps = 2400;  // with more they hear less of what they do not know

struct JudgeFlags {
  std::vector<std::string> music;
  std::vector<std::string> plans;
  std::vector<std::string> references;  // with plans
  std::string page;
  std::vector<std::string> joins;
  std::vector<std::string> also;  // with learn
  bool learn = false;
  bool critic = false;  // with learn
  std::string output;   // of --learn
  std::string split;
  std::string fragment = "3";
  double crossfade = 0.1;
  std::size_t count = 250;
  std::string detectors;
  std::string critics;
  double edge_weight = JudgeConfig{}.edge_weight;
  std::size_t threads = 0;
  bool allow_known = false;
};

JudgeConfig config_of(const JudgeFlags& options, const Context& context) {
  JudgeConfig config;
  config.segmentation = Segmentation::parse(options.fragment, context.seed);
  config.fade = Seconds(options.crossfade);
  config.count = options.count;
  config.seed = context.seed;
  config.threads = options.threads;
  config.detectors = options.detectors;
  config.critics = options.critics;
  config.edge_weight = options.edge_weight;
  config.allow_known = options.allow_known;
  return config;
}

std::string interval_text(const DetectorFigure& figure) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f (%.3f … %.3f)", figure.auc, figure.interval.low,
                figure.interval.high);
  return text;
}

void tell(const Verdict& verdict) {
  char line[200];
  std::snprintf(line, sizeof line, "transitions of %g s, %zu tracks, detectors %s", verdict.fade.count(),
                verdict.n_tracks, verdict.kind.c_str());
  to_stdout(std::string(line));
  for (const DetectorControl& control : verdict.controls) {
    std::snprintf(line, sizeof line,
                  "  %-9s hears hard cuts %.3f, takes the fade alone for a join %.3f: %s",
                  control.detector.c_str(), control.hard_cuts, control.continuation,
                  control.valid() ? "valid" : "NOT valid");
    to_stdout(std::string(line));
  }
  if (!verdict.valid()) {
    to_stdout(std::string(
        "It cannot be told how audible the joins are: no detector hears hard cuts at .95 or more "
        "and the true continuation at .57 or less on this music."));
  }
  to_stdout(
      std::string("AUC of joins against music that goes on (.5 = cannot be heard), 95 % intervals"));
  for (const SeamFigure& figure : verdict.figures) {
    std::string text =
        "  " + figure.joins + std::string(figure.joins.size() < 14 ? 14 - figure.joins.size() : 1, ' ');
    text += figure.strongest ? interval_text(*figure.strongest) : "–";
    for (const DetectorFigure& each : figure.detectors) {
      std::snprintf(line, sizeof line, "  %s %.3f", each.detector.c_str(), each.auc);
      text += line;
    }
    to_stdout(text + "  " + std::to_string(figure.n_joins) + " joins");
  }
}

// One line a measure, a column a recording; human DJs last.
void tell(const std::vector<std::pair<std::string, RecordingMeasures>>& recordings) {
  char text[200];
  std::string head = "Share of seams with …";
  head.resize(52, ' ');
  std::vector<MeasureSummary> summaries;
  for (const auto& [name, measures] : recordings) {
    summaries.push_back(summarize(measures));
    std::snprintf(text, sizeof text, "%18.18s", name.c_str());
    head += text;
  }
  to_stdout(head + "   human DJs");
  for (std::size_t row = 0; row < summaries[0].shares.size(); ++row) {
    std::string line = std::string("  ") + summaries[0].shares[row].name;
    line.resize(std::max<std::size_t>(52, line.size()), ' ');
    for (const MeasureSummary& summary : summaries) {
      const MeasureSummary::Share& share = summary.shares[row];
      if (share.of == 0) {
        std::snprintf(text, sizeof text, "%18s", "–");
      } else {
        std::snprintf(text, sizeof text, "%9.1f %% of %3zu", 100 * share.share, share.of);
      }
      line += text;
    }
    const double human = summaries[0].shares[row].human;
    std::snprintf(text, sizeof text, "%9.1f %%", 100 * human);
    to_stdout(line + (human < 0 ? "          –" : text));
  }
  for (const auto& [name, measures] : recordings) {
    std::string line = "  " + name + ": " + format_time(measures.duration) + ", " +
                       count_of(measures.seams.size(), "seam");
    std::snprintf(text, sizeof text, ", %.1f LUFS, true peak %.1f dBTP", measures.integrated_lufs,
                  measures.true_peak_dbtp);
    line += text;
    if (const std::string told = told_diversity(measures); !told.empty()) line += ", " + told;
    to_stdout(line);
  }
}

using Measured = std::vector<std::pair<std::string, RecordingMeasures>>;

void tell_measured(const JudgeFlags& options, const Context& context,
                   const std::vector<Recording>& recordings, const RecordingVerdict& verdict,
                   const Measured& measured) {
  if (context.json) {
    nlohmann::json json = {{"n_seams", verdict.seams}, {"n_unjudged", verdict.unjudged}};
    json["kinds"] = verdict.kinds;
    if (!verdict.why_not.empty()) json["why_not"] = verdict.why_not;
    json["recordings"] = json["references"] = nlohmann::json::array();
    for (std::size_t i = 0; i < measured.size(); ++i) {
      const bool own = i < recordings.size();
      nlohmann::json one = measured[i].second;
      for (std::size_t k = 0; own && k < one["seams"].size(); ++k)
        if (const auto heard = verdict.heard_at(i, measured[i].second.seams[k].time.middle()))
          one["seams"][k]["heard"] = *heard;
      one["file"] =
          path_to_json(own ? recordings[i].file : fs::path(options.references[i - recordings.size()]));
      json[own ? "recordings" : "references"].push_back(std::move(one));
    }
    to_stdout(json);
    return;
  }
  for (const Verdict& kind : verdict.kinds) tell(kind);
  if (!verdict.why_not.empty())
    to_stdout("How audible the seams are cannot be said: " + verdict.why_not);
  if (verdict.unjudged > 0 && verdict.why_not.empty())
    to_stdout(count_of(verdict.unjudged, "seam") + " of " + std::to_string(verdict.seams) +
              " not judged: too few of a kind, or too close together");
  tell(measured);
}

void judge_file(const JudgeFlags& options, const Context& context) {
  if (options.music.size() != options.plans.size()) {
    throw Error(ErrorKind::usage, "there must be as many recordings as plans, one for each", {},
                "give each file its plan, in the same order");
  }
  std::vector<Recording> recordings;
  for (std::size_t i = 0; i < options.music.size(); ++i)
    recordings.push_back({options.music[i], Plan::read(options.plans[i])});
  // What is missing is found before long work.
  std::vector<std::vector<SeamTime>> reference_seams;
  for (const std::string& name : options.references) {
    AudioDecoder::open(name, 1);  // says what is wrong with the file itself
    reference_seams.push_back(seam_times_beside(name));
    if (reference_seams.back().empty())
      throw Error(ErrorKind::input, "nothing beside it says when its tracks begin", name,
                  "put a CUE sheet (.cue) or an Audacity label track (.txt) of the same name there");
  }
  if (!options.page.empty()) {
    std::vector<fs::path> read = to_paths(options.music);
    for (const std::vector<std::string>& more : {options.plans, options.references})
      read.insert(read.end(), more.begin(), more.end());
    for (const Recording& recording : recordings)
      for (const PlanSource& source : recording.plan.sources) read.push_back(source.path);
    const std::vector<Target> page = {{options.page, "--page"}};
    check_targets(page, read);
    refuse_music_as_targets(page, context.library_folder);
  }
  RecordingVerdict verdict;
  if (!recordings.empty()) verdict = judge_recordings(recordings, config_of(options, context));
  Measured measured;
  for (const auto& [file, plan] : recordings)
    measured.emplace_back(printable(file.filename()),
                          measure_recording(file, seam_times(plan), &plan, options.threads));
  for (std::size_t i = 0; i < options.references.size(); ++i) {
    const fs::path name = options.references[i];
    measured.emplace_back(printable(name.filename()),
                          measure_recording(name, reference_seams[i], nullptr, options.threads));
  }
  tell_measured(options, context, recordings, verdict, measured);
  if (!options.page.empty())
    write_seam_page(options.page, recordings[0].file, recordings[0].plan, measured[0].second, verdict);
}

// The tracks of one fold of a split, or all.
std::vector<LibraryTrack> chosen(const std::vector<LibraryTrack>& tracks,
                                 const std::function<bool(const LibraryTrack&)>& wanted) {
  std::vector<LibraryTrack> some;
  for (const LibraryTrack& track : tracks)
    if (wanted(track)) some.push_back(track);
  return some;
}

std::vector<LibraryTrack> chosen(const std::vector<LibraryTrack>& tracks, const Split& split,
                                 Side side) {
  return chosen(tracks, [&](const LibraryTrack& track) {
    return split.side_of(track.record.id, track.file.stem()) == side;
  });
}

void judge_made(const JudgeFlags& options, const Context& context) {
  Library library(context.library_folder);
  std::vector<LibraryTrack> tracks = tracks_of(library, to_paths(options.music), "judge");
  if (!options.split.empty()) {
    const Split split = Split::read(options.split);
    tracks = chosen(tracks, split, Side::test);
    if (tracks.empty()) {
      throw Error(ErrorKind::input, "there is no track to judge", options.split,
                  "give music that the split puts on its test side");
    }
  }
  const Verdict verdict = judge_joins(options.joins, library, tracks, config_of(options, context));
  if (context.json) {
    to_stdout(nlohmann::json(verdict));
  } else {
    tell(verdict);
  }
}

void learn(const JudgeFlags& options, const Context& context) {
  const std::string fold = options.critic ? kCriticFold : kDetectorFold;
  if (options.split.empty()) {
    throw Error(ErrorKind::usage, "--learn needs --split", {},
                "give a split whose fold '" + fold + "' teaches and whose side 'val' measures");
  }
  const Split split = Split::read(options.split);
  Library library(context.library_folder);
  const std::vector<LibraryTrack> tracks = tracks_of(library, to_paths(options.music), "judge --learn");
  DetectorTraining training;
  training.critic = options.critic;
  training.tracks = chosen(tracks, [&](const LibraryTrack& track) {
    return split.in_fold(fold, track.record.id, track.file.stem());
  });
  training.validation = chosen(tracks, split, Side::validation);
  if (!options.also.empty()) training.also = tracks_of(library, to_paths(options.also), "judge --learn");
  for (const LibraryTrack& track : training.also) {
    if (!split.side_of(track.record.id, track.file.stem())) continue;
    throw Error(ErrorKind::input, "is named by the split", track.file, "leave it out of --also");
  }
  // Hard cuts are judged by what has learnt the shortest fades.
  training.transition = whole_milliseconds(Seconds(options.crossfade == 0 ? 0.1 : options.crossfade));
  training.systems = {"edge", kDefaultModel};
  if (training.blends()) {  // which cost much more to hear
    training.round = kBlendRound;
  } else {
    training.systems = bundled_models();
    training.systems.insert(training.systems.begin(), "edge");
  }
  if (options.critic || training.blends()) training.steps = kManySteps;
  training.seed = context.seed;
  training.threads = options.threads;
  training.command = context.command_line();
  const fs::path folder = !options.output.empty()
                              ? fs::path(options.output)
                              : (options.critic ? user_critics_folder() : user_detectors_folder());
  const std::vector<LearningPoint> curve = train_detectors(training, library, folder);
  const fs::path set = folder / kind_name(training.transition);
  if (!context.json) {
    to_stdout(set.string());
    return;
  }
  nlohmann::json json = {{"folder", path_to_json(set)}};
  json["curve"] = curve;
  to_stdout(json);
}

void judge(const JudgeFlags& options, const Context& context) {
  const bool measures = !options.plans.empty() || !options.references.empty();
  const int tasks = int{measures} + int{!options.joins.empty()} + int{options.learn};
  if (tasks != 1) {
    throw Error(ErrorKind::usage, "it takes one of --plan (or --reference), --joins and --learn", {},
                "see segue judge --help");
  }
  if (options.plans.empty() && !options.page.empty())
    throw Error(ErrorKind::usage, "--page belongs to --plan", {}, "give the plan");
  if (options.critic && !options.learn) {
    throw Error(ErrorKind::usage, "--critic says what --learn teaches", {},
                "add --learn, or ask for --joins NAME+critic");
  }
  if (!options.also.empty() && !options.learn)
    throw Error(ErrorKind::usage, "--also says what else --learn hears", {}, "add --learn");
  if (options.learn) {
    learn(options, context);
  } else if (!measures) {
    judge_made(options, context);
  } else {
    judge_file(options, context);
  }
}

}  // namespace

void add_judge(CLI::App& app, Context& context) {
  auto options = std::make_shared<JudgeFlags>();
  CLI::App* command = app.add_subcommand("judge", "Measure how audible joins are");
  command->add_option(
      "music", options->music,
      "A recording (with --plan), or files, folders, playlists (default: the whole library)");
  command
      ->add_option("--plan", options->plans,
                   "Judge the seams of a mix by the plan it was made from; of several recordings one "
                   "plan each, in the same order")
      ->allow_extra_args(false);
  command->add_option(
      "--reference", options->references,
      "Measure recordings of sets that somebody mixed, beside that of a plan or alone; a CUE sheet or "
      "an Audacity label track of the same name says when their tracks begin");
  command->add_option(
      "--page", options->page,
      "With --plan: write a page (HTML) with a picture, figures and a player of every seam of "
      "the first recording");
  command
      ->add_option(
          "--joins", options->joins,
          "Make joins and judge them: random, edge, true (the true continuation), a model's name, "
          "NAME+critic (its best alternatives are heard), NAME+edge, NAME+edge+critic; several with "
          "commas")
      ->delimiter(',');
  command->add_flag("--learn", options->learn, "Teach detectors for crossfades of this length");
  command->add_flag("--critic", options->critic,
                    "With --learn: teach what helps to choose, from the fold 'critic'");
  command->add_option("--split", options->split,
                      "Judge its test side only; learn from its fold 'detector' (or 'critic')");
  command->add_option("--also", options->also,
                      "With --learn: more music to learn from, which the split does not name");
  command->add_option("--crossfade", options->crossfade, "Seconds that a transition lasts")
      ->check(CLI::Range(0.0, 64.0))
      ->capture_default_str();
  command->add_option("--count", options->count, "Joins of each sort")
      ->check(whole_number(20, 100000))
      ->capture_default_str();
  command->add_option("--fragment", options->fragment, kFragmentHelp)->capture_default_str();
  command->add_option("--detectors", options->detectors,
                      "Folder of detectors (default: those of segue and yours)");
  command
      ->add_option("--edge-weight", options->edge_weight,
                   "What the distance of the edges counts in NAME+edge")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--critics", options->critics,
                      "Folder of critics (default: yours and those of segue)");
  command->add_option("-o,--output", options->output,
                      "Where --learn leaves them (default: the folder of the user's data)");
  command->add_option("--threads", options->threads, "Threads; 0 = all cores")
      ->check(whole_number(0, kMostThreads))
      ->capture_default_str();
  command->add_flag("--allow-known", options->allow_known,
                    "Judge tracks that the detectors have heard too");
  set_example(*command, "segue judge mix.flac --plan mix.plan.json");
  command->callback(
      [options, &context] { context.action = [options, &context] { judge(*options, context); }; });
}

}  // namespace segue::cli
