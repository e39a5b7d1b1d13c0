// segue mix: choose, join, write.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "adaptation/adapted_weights.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/bound_flags.hpp"
#include "cli/command.hpp"
#include "cli/mix_report.hpp"
#include "cli/targets.hpp"
#include "features/cutting.hpp"
#include "model/registry.hpp"
#include "output/companions.hpp"
#include "output/mix_writer.hpp"
#include "planning/planner.hpp"
#include "planning/seam_ear.hpp"

namespace segue::cli {
namespace {

constexpr const char *kPlanEnding = ".plan.json", *kCueEnding = ".cue", *kPlaylistEnding = ".m3u8",
                     *kLabelsEnding = ".labels.txt", *kTracklistEnding = ".tracks.txt";
constexpr std::size_t kMixBeam = 4, kMixHeard = 16;
constexpr std::size_t kDraftCandidates = 20;
constexpr Seconds kDraftRelease{6};

struct Options {
  std::vector<std::string> music;
  std::string output = "mix.flac";
  std::string length = "3:00";
  std::string fragment;  // empty: bars, or 3 for a collage
  std::string style = "mix";
  bool draft = false;
  BoundFlags bounds;
  std::string model = kDefaultModel;
  bool adapt = false;
  std::string start;
  std::string plan;
  std::string save_plan;
  bool plan_only = false;
  double track_share = MixConfig{}.track_share;
  const CLI::Option* share_flag = nullptr;  // that fills it
  std::optional<std::size_t> candidates;
  std::optional<std::size_t> beam;
  std::string critic = "auto";
  std::string critics;
  std::optional<std::size_t> critic_heard;
  double critic_weight = MixConfig{}.critic_weight;
  double edge_weight = MixConfig{}.edge_weight;
  double crossfade = MixConfig{}.crossfade.count();
  std::string join = "auto";
  bool shift_keys = false;
  int rate = 0;
  double loudness = MixConfig{}.target_lufs;
  double ceiling = MixConfig{}.ceiling_dbtp;
  int bits = EncodingConfig{}.bits;
  double quality = EncodingConfig{}.quality;
  Tags tags;
  bool cue = false;
  bool playlist = false;
  bool labels = false;
  bool tracklist = false;
  bool chapters = false;
  std::vector<const CLI::Option*> choosing;  // flags that say how to choose
};

// A file that is named after the mix.
fs::path beside(const Options& options, const char* ending) {
  return fs::path(options.output).replace_extension(ending);
}

// Where the plan goes; nowhere if it was there before.
fs::path plan_file_of(const Options& options) {
  if (!options.save_plan.empty()) return options.save_plan;
  return options.plan.empty() ? beside(options, kPlanEnding) : fs::path();
}

// All that will be written.
std::vector<Target> targets_of(const Options& options) {
  std::vector<Target> targets;
  if (!options.plan_only) targets.push_back({options.output, "--output"});
  if (const fs::path plan = plan_file_of(options); !plan.empty())
    targets.push_back({plan, options.save_plan.empty() ? "--output" : "--save-plan"});
  if (options.plan_only) return targets;
  for (const auto& [wanted, ending] :
       {std::pair(options.cue, kCueEnding), std::pair(options.playlist, kPlaylistEnding),
        std::pair(options.labels, kLabelsEnding), std::pair(options.tracklist, kTracklistEnding)})
    if (wanted) targets.push_back({beside(options, ending), "--output"});
  return targets;
}

EncodingConfig encoding_of(const Options& options) {
  EncodingConfig encoding;
  encoding.container = EncodingConfig::container_for(options.output);
  encoding.bits = options.bits;
  encoding.quality = options.quality;
  encoding.sample_rate = options.rate;
  if (options.rate == 0)
    encoding.sample_rate = encoding.container == Container::ogg_opus ? 48000 : 44100;
  encoding.tags = options.tags;
  if (encoding.tags.title.empty()) {
    // A plan that is rendered again keeps the title, so that the file has the same bits.
    const std::string plan = fs::path(options.plan).filename().native();
    const bool again = plan.ends_with(kPlanEnding) && plan != kPlanEnding;
    encoding.tags.title = to_valid_utf8(again ? plan.substr(0, plan.rfind(kPlanEnding))
                                              : fs::path(options.output).stem().native());
  }
  encoding.validate();
  if (options.chapters && most_chapters(encoding.container) == 0)
    throw Error(ErrorKind::usage, "cannot hold chapter marks", options.output,
                "use .flac, .ogg, .opus or .mp3, or leave --chapters out");
  return encoding;
}

// "FILE@1:30" or "FILE": the track whose file it is and the moment in it.
StartPoint start_of(const std::string& text, const Library& library,
                    const std::vector<LibraryTrack>& tracks) {
  StartPoint start;
  std::error_code code;
  fs::path file = text;
  if (const std::size_t at = text.rfind('@'); at != std::string::npos && !fs::exists(file, code)) {
    file = text.substr(0, at);
    start.at = parse_time(text.substr(at + 1));
  }
  const LibraryTrack& track = track_of(file, library, tracks);
  if (start.at >= track.record.duration()) {
    throw Error(ErrorKind::usage, "lasts only " + format_time(track.record.duration()), file,
                "choose an earlier start");
  }
  start.track = track.record.id;
  return start;
}

MixConfig config_of(const Options& options, const Context& context, const EncodingConfig& encoding) {
  MixConfig config;
  config.length = parse_time(options.length);
  if (options.style != "mix" && options.style != "collage") {
    throw Error(ErrorKind::usage, "there is no style '" + options.style + "'", {},
                "choose mix or collage");
  }
  config.style = options.style == "mix" ? Style::mix : Style::collage;
  const bool mixes = config.style == Style::mix;
  const std::string fragment = !options.fragment.empty() ? options.fragment : mixes ? "bars" : "3";
  config.segmentation = Segmentation::parse(fragment, context.seed);
  if (mixes) {
    if (options.share_flag != nullptr && options.share_flag->count() > 0 && options.track_share < 1)
      throw Error(ErrorKind::usage, "a mix does not share its time out among tracks", {},
                  "use --track-seconds, or --style collage");
    config.bounds = bounds_of(options.bounds, config.length);
  } else {
    refuse_bounds(options.bounds);
  }
  config.seed = context.seed;
  config.track_share = options.track_share;
  if (mixes) config.beam = kMixBeam;
  if (options.draft) {
    config.beam = config.exits = 1;
    config.candidates = kDraftCandidates;
    config.most_release = kDraftRelease;
  }
  if (options.beam) config.beam = *options.beam;
  if (options.candidates) config.candidates = options.candidates;
  if (mixes) config.critic_heard = kMixHeard;
  if (options.critic_heard) config.critic_heard = *options.critic_heard;
  config.critic_weight = options.critic_weight;
  config.edge_weight = options.edge_weight;
  config.crossfade = Seconds(options.crossfade);
  config.blends = options.join == "auto";
  config.shift_keys = options.shift_keys;
  config.sample_rate = encoding.sample_rate;
  config.target_lufs = options.loudness;
  config.ceiling_dbtp = options.ceiling;
  config.validate();
  return config;
}

// Who chooses: the model asked for, or what it becomes with this music.
std::string model_of(const Options& options, const Context& context, Library& library,
                     const std::vector<LibraryTrack>& tracks) {
  if (!options.adapt) return options.model;
  AdaptedWeightsConfig config;
  config.model = options.model;
  config.command = context.command_line();
  return adapted_weights(config, library, tracks).native();
}

// The report's systems choose without a critic unless they are told to.
std::shared_ptr<const CriticSet> critics_of(const Options& options, const Segmentation& cuts,
                                            const ModelCard& card) {
  const bool must = options.critic == "on" || !options.critics.empty();
  if (options.critic == "off" || (options.draft && !must) || (!must && card.system != "successor"))
    return nullptr;
  const Seconds fade(options.crossfade);
  const bool alone = options.style == "collage";  // else more of the track plays
  if (alone && hops_to_seconds(longest_fragment(cuts)) - fade < EarConfig::kLeastHeard) {  // no opinion
    if (!must) return nullptr;
    throw Error(ErrorKind::usage, "fragments are too short for the critic beside the crossfade", {},
                "give a longer --fragment, or --critic off");
  }
  return must ? require_critics(fade, options.critics) : find_critics(fade);
}

Plan choose(const Options& options, const Context& context, const EncodingConfig& encoding) {
  MixConfig config = config_of(options, context, encoding);
  // A wrong name should not cost an analysis.
  if (options.adapt) {
    require_adaptable(options.model);
  } else {
    find_card(options.model);
  }
  Library library(context.library_folder);
  const std::vector<LibraryTrack> tracks = tracks_of(library, to_paths(options.music), "mix");
  refuse_music_as_targets(targets_of(options), library);
  if (!options.start.empty()) config.start = start_of(options.start, library, tracks);
  add_tracks(options.bounds, library, tracks, config.bounds);
  const std::unique_ptr<SuccessorModel> model = load_model(model_of(options, context, library, tracks));
  config.critics = critics_of(options, config.segmentation, model->card());
  if (config.style == Style::mix && config.blends && options.critic != "off" && !options.draft)
    config.join_critics = find_join_critics(options.critics);
  return plan_mix(config, library, tracks, *model);
}

// What was chosen is not lost when the mix cannot be written.
MixReport write_or_tell(const Plan& plan, const fs::path& output, const EncodingConfig& encoding,
                        const fs::path& plan_file) {
  try {
    return write_mix(plan, output, encoding);
  } catch (const Error&) {
    if (!plan_file.empty()) {
      log_warning("the plan is kept; to write its mix: segue mix --plan '" + printable(plan_file) + "'");
    }
    throw;
  }
}

void write_companions(const Options& options, const Plan& plan) {
  const auto write = [&](const char* ending, const std::string& text) {
    write_text_file(beside(options, ending), text);
  };
  if (options.cue) write(kCueEnding, cue_sheet(plan, options.output));
  if (options.playlist) write(kPlaylistEnding, playlist_of(plan));
  if (options.labels) write(kLabelsEnding, label_track(plan));
  if (options.tracklist) write(kTracklistEnding, tracklist(plan));
}

void mix(const Options& options, const Context& context) {
  const EncodingConfig asked = encoding_of(options);
  if (options.plan_only && !options.plan.empty()) {
    throw Error(ErrorKind::usage, "--plan is a plan already", {}, "leave --plan-only out to render it");
  }
  if (!options.plan.empty() && !options.music.empty()) {
    throw Error(ErrorKind::usage, "--plan names its own music", {}, "leave the other files out");
  }
  for (const CLI::Option* flag : options.choosing) {
    if (options.plan.empty() || flag->count() == 0) continue;
    const std::string name = flag->get_name(false, true);
    throw Error(ErrorKind::usage, "says already what " + name + " would decide", options.plan,
                "leave " + name + " out, or compose a new mix from its music");
  }
  // Finding out after ten minutes of work that the folder is read-only would be a pity.
  const std::vector<Target> targets = targets_of(options);
  std::vector<fs::path> read = to_paths(options.music);
  if (!options.plan.empty()) read.emplace_back(options.plan);
  check_targets(targets, read);
  refuse_music_as_targets(targets, context.library_folder);
  EncodingConfig encoding = asked;
  const bool again = !options.plan.empty();
  const Plan plan = again ? Plan::read(options.plan) : choose(options, context, asked);
  if (again && options.rate != 0 && options.rate != plan.sample_rate) {
    throw Error(ErrorKind::usage, "is made for " + std::to_string(plan.sample_rate) + " Hz",
                options.plan, "leave --rate out");
  }
  encoding.sample_rate = plan.sample_rate;
  if (options.chapters) encoding.chapters = chapters_of(plan, most_chapters(encoding.container));
  encoding.comment = "segue " + plan.model + ", seed " + std::to_string(plan.seed);
  try {
    encoding.validate();
  } catch (const Error& error) {  // what was asked for has passed: it is the rate
    if (!again) throw;
    throw Error(ErrorKind::usage,
                "is made for " + std::to_string(plan.sample_rate) + " Hz, which " +
                    fs::path(options.output).extension().string() + " cannot hold",
                options.plan, "choose another format, such as .flac");
  }
  for (const PlanSource& source : plan.sources) read.push_back(source.path);
  check_targets(targets, read);

  const fs::path plan_file = plan_file_of(options);
  if (!plan_file.empty()) plan.write(plan_file);
  if (options.plan_only) {
    if (context.json) {
      to_stdout(nlohmann::json(plan));
    } else {
      to_stdout(printable(fs::absolute(plan_file)));
    }
    return;
  }
  const MixReport report = write_or_tell(plan, options.output, encoding, plan_file);
  write_companions(options, plan);
  if (context.json) {
    to_stdout(to_json(plan, report, options.output, plan_file));
  } else if (context.quiet) {
    to_stdout(printable(fs::absolute(options.output)));
  } else {
    tell(plan, report, options.output, plan_file);
  }
}

void add_choice_flags(CLI::App& command, Options& options) {
  command.add_option("--length", options.length, "How long the result is: 90, 10:00 or 1:30:00")
      ->capture_default_str();
  command.add_option("--fragment", options.fragment,
                     std::string(kFragmentHelp) + " (default: bars, or 3 in a collage)");
  command
      .add_option(
          "--style", options.style,
          "mix: tracks play for a while, as a DJ plays them; collage: neighbours of one track never "
          "meet again")
      ->capture_default_str();
  command.add_flag("--draft", options.draft, "Choose at once: fewer alternatives, and no seam is heard");
  command
      .add_option("--model,--system", options.model,
                  "Who chooses: a bundled name, random, edge or a weights file")
      ->capture_default_str();
  command.add_flag(
      "--adapt", options.adapt,
      "Let the network learn from this music first; kept, so that it takes minutes only once");
  command.add_option("--start", options.start, "Where to begin: FILE@1:30");
  options.share_flag = command
                           .add_option("--track-share", options.track_share,
                                       "No track fills more of a collage than this share, 0 … 1")
                           ->capture_default_str();
  command
      .add_option(
          "--candidates", options.candidates,
          "Fragments heard for each choice; 0 = all (default: successor the nearest 50, which an "
          "index finds; others 1024 drawn evenly over the tracks)")
      ->check(whole_number(0, 1'000'000'000));
  command
      .add_option("--beam", options.beam,
                  "Sequences tried side by side, the best of which becomes the mix; 1 = always the best "
                  "next (default: 4, or 8 in a collage)")
      ->check(whole_number(1, 1000));
  command
      .add_option("--critic", options.critic,
                  "Hear the seams of the best alternatives before choosing: on, off, or auto (on for "
                  "successor)")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->capture_default_str();
  command.add_option("--critics", options.critics,
                     "Folder of critics (default: yours and those of segue)");
  command
      .add_option("--critic-heard", options.critic_heard,
                  "Alternatives of each choice that the critic hears (default: 16, or 20 in a collage)")
      ->check(whole_number(1, 64));
  command
      .add_option("--critic-weight", options.critic_weight,
                  "What an inaudible seam counts beside the network's score")
      ->capture_default_str();
  command
      .add_option("--edge-weight", options.edge_weight,
                  "What the distance of the edges counts beside the network's score")
      ->capture_default_str();
  command
      .add_option(
          "--join", options.join,
          "How tracks go over in a mix: auto (as a DJ would: tempo, beat, level and spectrum meet; "
          "what is heard least is taken) or fade (--crossfade everywhere)")
      ->check(CLI::IsMember({"auto", "fade"}))
      ->capture_default_str();
  command.add_flag(
      "--shift-keys", options.shift_keys,
      "Let transitions shift what comes in by a semitone, and glide back, where keys then go "
      "together and it is heard less");
  command.add_option("--crossfade", options.crossfade, "Seconds of crossfade at plain seams")
      ->capture_default_str();
  command.add_option("--loudness", options.loudness, "LUFS of the whole")->capture_default_str();
  command.add_option("--ceiling", options.ceiling, "dBTP that no peak exceeds")->capture_default_str();
}

void add_output_flags(CLI::App& command, Options& options) {
  command.add_option("-o,--output", options.output, "The mix: .flac .wav .ogg .opus .mp3")
      ->capture_default_str();
  command.add_option("--plan", options.plan, "Render this plan again");
  command.add_option("--save-plan", options.save_plan, "Where the plan goes (default: beside the mix)");
  command.add_flag("--plan-only", options.plan_only, "Make the plan and no mix");
  command.add_option("--rate", options.rate, "Hz of the mix; 0 = 44100, or 48000 for Opus")
      ->capture_default_str();
  command.add_option("--bits", options.bits, "Of FLAC and WAV: 16 or 24")->capture_default_str();
  command.add_option("--quality", options.quality, "Of Ogg, Opus and MP3, 0 … 1")->capture_default_str();
  command.add_option("--title", options.tags.title, "Title tag (default: the file's name)");
  command.add_option("--artist", options.tags.artist, "Artist tag");
  command.add_option("--album", options.tags.album, "Album tag");
  command.add_option("--genre", options.tags.genre, "Genre tag");
  command.add_flag("--cue", options.cue, "Write a CUE sheet beside the mix");
  command.add_flag("--playlist", options.playlist, "Write the tracks as M3U8 playlist beside the mix");
  command.add_flag("--labels", options.labels, "Write a label track for Audacity beside the mix");
  command.add_flag("--chapters", options.chapters, "Put chapter marks into the mix (not WAV)");
  command.add_flag("--tracklist", options.tracklist, "Write the tracks and their times beside the mix");
}

}  // namespace

void add_mix(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("mix", "Compose a mix from music");
  command->add_option("music", options->music, "Files, folders, playlists (default: the whole library)");
  add_choice_flags(*command, *options);
  add_bound_flags(*command, options->bounds);
  for (const CLI::Option* flag : command->get_options())
    if (!flag->get_lnames().empty() && !flag->check_lname("help")) options->choosing.push_back(flag);
  add_output_flags(*command, *options);
  set_example(*command, "segue mix ~/Music --length 10:00 -o set.flac");
  command->callback(
      [options, &context] { context.action = [options, &context] { mix(*options, context); }; });
}

void make_mix(Context& context, const std::vector<fs::path>& music, const std::string& length,
              const fs::path& output) {
  Options options;
  for (const fs::path& path : music) options.music.push_back(path.native());
  options.length = length;
  options.output = output.native();
  mix(options, context);
}

}  // namespace segue::cli
